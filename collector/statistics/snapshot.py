"""Owns the making of a snapshot: runs the readings under limits, and lays out their values as one document."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from collector import __version__
from collector.errors import AbandonedError, DatabaseError, MissingIndexError, UnreachableError
from collector.key_paths import Document, place, place_parents
from collector.limits import usage
from collector.meteor_id import new_id
from collector.mongodb.connection import time_limit
from collector.sources import Sources
from collector.statistics.bounds import hold
from collector.statistics.daily_scan import daily_scan
from collector.statistics.reading import Reading, of_release
from collector.statistics.releases import NEWEST, NULLS, Release
from collector.statistics.reuse import Reuse
from collector.statistics.values import UNDEFINED, Absent, Noted, Values, resolved
from collector.workspace_key import owner

log = logging.getLogger(__name__)

# Time limit of a whole snapshot, in seconds.
BUDGET = 180.0

# Readings that run at the same time; more would strain a production server.
AT_ONCE = 2

RELEASE_UNKNOWN = "the workspace's release is not known: the definitions are those of the newest"

Progress = Callable[["Outcome"], None]


@dataclass(frozen=True)
class Outcome:
    """The result of one reading: its values, and the error that prevented all or some of them.

    `reuse` is what `Reuse.read` says of them.
    """

    reading: Reading
    seconds: float
    values: Values = field(default_factory=dict)
    error: str = ""
    reuse: Document = field(default_factory=dict)


@dataclass(frozen=True)
class SnapshotContext:
    """The provenance of a snapshot. One on demand has no slot.

    `release` is the workspace's; where it is not known, the definitions are those of the newest release.
    `timezone_origin` says how the time zone is known; see `DayZone.origin`.
    """

    workspace: str
    timezone: str
    slot: datetime | None = None
    release: Release | None = None
    timezone_origin: Mapping[str, str] = field(default_factory=dict)

    @property
    def definitions(self) -> Release:
        """The release whose definitions count."""
        return self.release or NEWEST


def take(
    readings: Iterable[Reading],
    sources: Sources,
    about: SnapshotContext,
    progress: Progress = lambda _: None,
    reuse: Reuse | None = None,
    abandoned: Callable[[], bool] = lambda: False,
) -> Document:
    """Computes a statistics document of the workspace's release; nothing is stored.

    A failed reading costs only its own values. `reuse` has the last snapshot; without it, nothing is reused.

    Raises:
        UnreachableError: the workspace's MongoDB became unreachable; an incomplete document is discarded.
        AbandonedError: `abandoned` returned true.
    """
    started = now()
    reuse = (reuse or Reuse()).of(about.definitions)
    chosen = of_release(readings, about.definitions)
    shared = sources.at(started).sharing(id_ for reading in chosen for id_ in reading.settings)
    runner = Runner(shared, reuse, time.monotonic() + BUDGET, abandoned)
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="reading") as pool:
        for outcome in _in_order(pool, runner, chosen):
            progress(outcome)
            outcomes.append(outcome)
    document = lay_out(outcomes, about, started, now())
    usage.complete(document)
    recounted = [outcome.reading for outcome in outcomes if outcome.reuse.get("recounted")]
    document["collector"]["recount"] = reuse.recounted(document, recounted)
    return document


def _in_order(pool: ThreadPoolExecutor, runner: "Runner", readings: list[Reading]) -> Iterator[Outcome]:
    """The outcomes in the order of the readings; costly ones start first, so that none of them ends last."""
    costly_first = sorted(range(len(readings)), key=lambda n: -readings[n].limit)
    futures = {n: pool.submit(runner.run, readings[n]) for n in costly_first}
    try:
        yield from (futures[n].result() for n in range(len(readings)))
    finally:
        for future in futures.values():
            future.cancel()


@dataclass(frozen=True)
class Runner:
    """Runs readings under their own time limits and the remaining one of the snapshot."""

    sources: Sources
    reuse: Reuse
    deadline: float
    abandoned: Callable[[], bool]

    def run(self, reading: Reading) -> Outcome:
        """Runs one reading. Its record has an error text of ours; the log has the cause."""
        begun = time.perf_counter()
        try:
            outcome = self._with_index(reading)
        except (UnreachableError, AbandonedError):
            raise
        except Exception as error:  # noqa: BLE001  a reading must not cost the snapshot
            log.warning("reading failed reading=%s error=%r", reading.name, error.__cause__ or error)
            outcome = Outcome(reading, 0, error=_error_text(error))
        return replace(outcome, seconds=round(time.perf_counter() - begun, 4))

    def _with_index(self, reading: Reading) -> Outcome:
        """If an index is missing and a scan is allowed, the outcome of the day's scan."""
        try:
            return self._outcome(reading)
        except MissingIndexError as missing:
            if not self.sources.may_scan:
                raise
            return self._outcome(daily_scan(reading, missing))

    def _outcome(self, reading: Reading) -> Outcome:
        if self.abandoned():
            raise AbandonedError("the snapshot was aborted")
        left = self.deadline - time.monotonic()
        if left <= 0:
            return Outcome(reading, 0, error=f"the snapshot exceeded its time limit of {BUDGET:g} s")
        sources = self.sources.labelled(f"rcstats {reading.name}")
        with time_limit(min(reading.limit, left)):
            values, basis = self.reuse.read(reading, sources)
        _check_keys(reading, values)
        held, error = hold(values, reading.most_bytes)
        if error:
            log.warning("value refused reading=%s reason=%r", reading.name, error)
        return Outcome(reading, 0, held, error, basis)


def lay_out(outcomes: Iterable[Outcome], about: SnapshotContext, started: datetime, finished: datetime) -> Document:
    """The document: id, the statistics in order, the dates, and the metadata under `collector`."""
    document: Document = {"_id": new_id()}
    own = _metadata(about, started, finished)
    for outcome in outcomes:
        own["readings"][outcome.reading.name] = _record(outcome)
        put(document, own, _values(outcome), about.definitions)
    return document | {"createdAt": finished, "_updatedAt": finished, "collector": own}


def put(document: Document, own: Document, values: Values, release: Release = NEWEST) -> None:
    """Puts values into a document of a release, and reasons and notes on them into its metadata."""
    for key, value in values.items():
        match value:
            case Absent():
                place(own["unavailable"], key, value.reason)
            case Noted():
                place(own.setdefault("notes", {}), key, value.note)
                put(document, own, {key: value.value}, release)
            case _ if value is UNDEFINED and release < NULLS:
                place_parents(document, key)
            case _ if key.startswith("collector."):
                place(own, key.removeprefix("collector."), value)
            case _:
                place(document, key, resolved(value, release))


def now() -> datetime:
    """The time in the resolution of a BSON date, so that a document reads back unchanged."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _metadata(about: SnapshotContext, started: datetime, finished: datetime) -> Document:
    return {
        "version": __version__,
        **owner(about.workspace),
        "kind": "collected",
        **({"slot": about.slot} if about.slot else {}),
        "release": str(about.definitions),
        "timezone": about.timezone,
        **about.timezone_origin,
        "startedAt": started,
        "finishedAt": finished,
        "seconds": round((finished - started).total_seconds(), 3),
        "readings": {},
        "unavailable": {},
        **({} if about.release else {"notes": {"collector": {"release": RELEASE_UNKNOWN}}}),
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
    return record | outcome.reuse


def _check_keys(reading: Reading, values: Values) -> None:
    declared = {statistic.key for statistic in reading.statistics}
    if declared != set(values):
        raise ValueError(f"declared and returned keys differ in {sorted(declared ^ set(values))}")


def _error_text(error: Exception) -> str:
    """The text for clients; that of an unexpected error could contain data."""
    return str(error) if isinstance(error, DatabaseError) else f"unexpected {type(error).__name__}"
