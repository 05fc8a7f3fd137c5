"""Runs the readings under their limits and lays their values out as one statistics document."""

import logging
import platform
import secrets
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from collector import __version__
from collector.connection import Document, time_limit
from collector.errors import DatabaseError
from collector.reading import Absent, Reading, Values
from collector.sources import Sources

log = logging.getLogger(__name__)

# A production server is asked at most this many things at once.
AT_ONCE = 2

_METEOR_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"
_ID_LENGTH = 17

Progress = Callable[["Outcome"], None]


@dataclass(frozen=True)
class Outcome:
    """What became of one reading: its values, or the error that cost it them."""

    reading: Reading
    seconds: float
    values: Values = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Circumstances:
    """What a snapshot says of itself. A snapshot on demand has no slot."""

    workspace: str
    timezone: str
    slot: datetime | None = None
    origin: str = "collected"


def take(
    readings: Iterable[Reading], sources: Sources, about: Circumstances, progress: Progress = lambda _: None
) -> Document:
    """One statistics document, computed now; nothing is stored. A failed reading costs only its own values."""
    started = now()
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="reading") as pool:
        for outcome in pool.map(partial(run, sources=sources.at(started)), readings):
            progress(outcome)
            outcomes.append(outcome)
    return lay_out(outcomes, about, started, now())


def run(reading: Reading, sources: Sources) -> Outcome:
    """One reading under its time limit. The run record's error is in our words, the log has the cause."""
    begun = time.perf_counter()
    try:
        with time_limit(reading.limit):
            values = reading.read(sources.labelled(f"rcstats {reading.name}"))
        _check_keys(reading, values)
    except Exception as error:  # noqa: BLE001  one of the two edges: a reading must not cost the snapshot
        log.warning("reading %s failed: %r", reading.name, error.__cause__ or error)
        return Outcome(reading, _since(begun), error=_in_our_words(error))
    return Outcome(reading, _since(begun), values)


def lay_out(outcomes: Iterable[Outcome], about: Circumstances, started: datetime, finished: datetime) -> Document:
    """The document: id, the statistics in their order, the dates, and our own account under `collector`."""
    document: Document = {"_id": new_id()}
    own = _account(about, started, finished)
    for outcome in outcomes:
        own["readings"][outcome.reading.name] = _record(outcome)
        for key, value in _values(outcome).items():
            if isinstance(value, Absent):
                place(own["unavailable"], key, value.reason)
            elif key.startswith("collector."):
                place(own, key.removeprefix("collector."), value)
            else:
                place(document, key, value)
    return document | {"createdAt": finished, "_updatedAt": finished, "collector": own}


def place(document: Document, path: str, value: Any) -> None:
    """Puts a value at a dotted path, making the documents on the way."""
    *parents, last = path.split(".")
    for parent in parents:
        document = document.setdefault(parent, {})
    document[last] = value


def new_id() -> str:
    """A random id as Meteor makes them: 17 characters that are not easily mistaken for one another."""
    return "".join(secrets.choice(_METEOR_ALPHABET) for _ in range(_ID_LENGTH))


def now() -> datetime:
    """The time with the milliseconds that a BSON date can hold, so that a document reads back as it was."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _account(about: Circumstances, started: datetime, finished: datetime) -> Document:
    return {
        "version": __version__,
        "host": platform.node(),
        "workspace": about.workspace,
        "origin": about.origin,
        **({"slot": about.slot} if about.slot else {}),
        "timezone": about.timezone,
        "startedAt": started,
        "finishedAt": finished,
        "seconds": round((finished - started).total_seconds(), 3),
        "readings": {},
        "unavailable": {},
    }


def _values(outcome: Outcome) -> Values:
    if not outcome.error:
        return outcome.values
    failed = Absent(f"the reading {outcome.reading.name} failed: {outcome.error}")
    return {statistic.key: failed for statistic in outcome.reading.statistics}


def _record(outcome: Outcome) -> Document:
    record: Document = {"ok": not outcome.error, "seconds": outcome.seconds}
    return record | ({"error": outcome.error} if outcome.error else {})


def _check_keys(reading: Reading, values: Values) -> None:
    declared = {statistic.key for statistic in reading.statistics}
    if declared != set(values):
        raise ValueError(f"declared and returned keys differ in {sorted(declared ^ set(values))}")


def _in_our_words(error: Exception) -> str:
    """What clients may see of it; an unexpected error's text can hold anything."""
    return str(error) if isinstance(error, DatabaseError) else f"unexpected {type(error).__name__}"


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 4)
