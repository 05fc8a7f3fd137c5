"""Runs the readings under their limits and lays their values out as one statistics document."""

import logging
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from collector import __version__
from collector.errors import AbandonedError, DatabaseError, UnreachableError
from collector.key_paths import Document, at, place
from collector.meteor_id import new_id
from collector.mongodb.connection import time_limit
from collector.sources import Sources
from collector.statistics.bounds import hold, size
from collector.statistics.reading import Absent, Noted, Reading, Values, noted

log = logging.getLogger(__name__)

# Seconds that a whole snapshot may take.
BUDGET = 180.0

# A production server is asked at most this many things at once.
AT_ONCE = 2

# Bytes of what a reading is settled by; by more it is not settled.
_LONGEST_KEY = 1024

Progress = Callable[["Outcome"], None]


@dataclass(frozen=True)
class Outcome:
    """What became of one reading: its values, or the error that cost it all or some of them.

    `settled_by` is what the values depend on, where the reading names it; `carried`: they are those of the last time.
    """

    reading: Reading
    seconds: float
    values: Values = field(default_factory=dict)
    error: str = ""
    settled_by: Document | None = None
    carried: bool = False


@dataclass(frozen=True)
class SnapshotContext:
    """What a snapshot says of itself. A snapshot on demand has no slot."""

    workspace: str
    timezone: str
    slot: datetime | None = None
    origin: str = "collected"


def take(
    readings: Iterable[Reading],
    sources: Sources,
    about: SnapshotContext,
    progress: Progress = lambda _: None,
    previous: Document | None = None,
    abandoned: Callable[[], bool] = lambda: False,
) -> Document:
    """One statistics document, computed now; nothing is stored. A failed reading costs only its own values.

    From `previous`, the last snapshot, the values of settled readings are carried over.

    Raises:
        UnreachableError: the workspace's MongoDB went away; half a document is none.
        AbandonedError: `abandoned` has come true.
    """
    started = now()
    runner = Runner(sources.at(started), previous, time.monotonic() + BUDGET, abandoned)
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="reading") as pool:
        for outcome in _in_order(pool, runner, list(readings)):
            progress(outcome)
            outcomes.append(outcome)
    return lay_out(outcomes, about, started, now())


def _in_order(pool: ThreadPoolExecutor, runner: "Runner", readings: list[Reading]) -> Iterator[Outcome]:
    """The outcomes in the order of the readings; the costly ones are begun first, so that none of them ends last."""
    costly_first = sorted(range(len(readings)), key=lambda n: -readings[n].limit)
    futures = {n: pool.submit(runner.run, readings[n]) for n in costly_first}
    try:
        yield from (futures[n].result() for n in range(len(readings)))
    finally:
        for future in futures.values():
            future.cancel()


@dataclass(frozen=True)
class Runner:
    """Runs readings under their time limits, and under what is left of the snapshot's own."""

    sources: Sources
    previous: Document | None
    deadline: float
    abandoned: Callable[[], bool]

    def run(self, reading: Reading) -> Outcome:
        """One reading. The run record's error is in our words; the log has the cause."""
        begun = time.perf_counter()
        try:
            outcome = self._outcome(reading)
        except (UnreachableError, AbandonedError):
            raise
        except Exception as error:  # noqa: BLE001  one of the two edges: a reading must not cost the snapshot
            log.warning("reading %s failed: %r", reading.name, error.__cause__ or error)
            outcome = Outcome(reading, 0, error=_in_our_words(error))
        return replace(outcome, seconds=round(time.perf_counter() - begun, 4))

    def _outcome(self, reading: Reading) -> Outcome:
        if self.abandoned():
            raise AbandonedError("the snapshot was given up")
        left = self.deadline - time.monotonic()
        if left <= 0:
            return Outcome(reading, 0, error=f"the snapshot's {BUDGET:g} s were used up")
        sources = self.sources.labelled(f"rcstats {reading.name}")
        with time_limit(min(reading.limit, left)):
            key = _settled_by(reading, sources)
            values = carried(reading, key, self.previous) if key and self.previous else {}
            is_carried = bool(values)
            values = values or reading.read(sources)
        _check_keys(reading, values)
        held, error = hold(values, reading.most_bytes)
        if error:
            log.warning("value refused reading=%s reason=%r", reading.name, error)
        return Outcome(reading, 0, held, error, key, is_carried)


def _settled_by(reading: Reading, sources: Sources) -> Document | None:
    """What the reading's values depend on; None if it is nothing that the run record can keep."""
    key = reading.settled_by(sources) if reading.settled_by else None
    return key if key and size(key) <= _LONGEST_KEY else None


def carried(reading: Reading, key: Document, previous: Document) -> Values:
    """The reading's values in the previous snapshot, if they were settled by the same and by this release; else {}."""
    readings = at(previous, "collector.readings")
    record = readings.get(reading.name) if isinstance(readings, dict) else None
    is_good = isinstance(record, dict) and record.get("ok") and record.get("settledBy") == key
    if not is_good or at(previous, "collector.version") != __version__:
        return {}
    return {statistic.key: _last_value(previous, statistic.key) for statistic in reading.statistics}


def _last_value(previous: Document, key: str) -> Any:
    """The value of the previous snapshot, zero and empty ones too; or the reason that it gave for having none."""
    value = at(previous, key)
    if value is None:
        return Absent(str(at(previous, f"collector.unavailable.{key}")))
    return noted(value, at(previous, f"collector.notes.{key}"))


def lay_out(outcomes: Iterable[Outcome], about: SnapshotContext, started: datetime, finished: datetime) -> Document:
    """The document: id, the statistics in their order, the dates, and our own account under `collector`."""
    document: Document = {"_id": new_id()}
    own = _account(about, started, finished)
    for outcome in outcomes:
        own["readings"][outcome.reading.name] = _record(outcome)
        put(document, own, _values(outcome))
    return document | {"createdAt": finished, "_updatedAt": finished, "collector": own}


def put(document: Document, own: Document, values: Values) -> None:
    """Puts values into a document, and what has to be said of them into the collector's own account of it."""
    for key, value in values.items():
        match value:
            case Absent():
                place(own["unavailable"], key, value.reason)
            case Noted():
                place(own.setdefault("notes", {}), key, value.note)
                put(document, own, {key: value.value})
            case _ if key.startswith("collector."):
                place(own, key.removeprefix("collector."), value)
            case _:
                place(document, key, value)


def now() -> datetime:
    """The time with the milliseconds that a BSON date can hold, so that a document reads back as it was."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _account(about: SnapshotContext, started: datetime, finished: datetime) -> Document:
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
    if outcome.values or not outcome.error:
        return outcome.values
    failed = Absent(f"the reading {outcome.reading.name} failed: {outcome.error}")
    return {statistic.key: failed for statistic in outcome.reading.statistics}


def _record(outcome: Outcome) -> Document:
    record: Document = {"ok": not outcome.error, "seconds": outcome.seconds}
    if outcome.error:
        record["error"] = outcome.error
    if outcome.settled_by:
        record |= {"settledBy": outcome.settled_by, "carried": outcome.carried}
    return record


def _check_keys(reading: Reading, values: Values) -> None:
    declared = {statistic.key for statistic in reading.statistics}
    if declared != set(values):
        raise ValueError(f"declared and returned keys differ in {sorted(declared ^ set(values))}")


def _in_our_words(error: Exception) -> str:
    """What clients may see of it; an unexpected error's text can hold anything."""
    return str(error) if isinstance(error, DatabaseError) else f"unexpected {type(error).__name__}"
