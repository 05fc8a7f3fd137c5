"""Owns the reuse of the last snapshot's values: while a reading's inputs are unchanged, or within an interval."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from collector import __version__
from collector.key_paths import Document, at, has
from collector.sources import Sources
from collector.sources.session_days import NotKept
from collector.statistics.bounds import size
from collector.statistics.reading import Reading
from collector.statistics.releases import Release
from collector.statistics.values import UNDEFINED, Absent, Values, noted

# Maximum size of a reading's inputs, in bytes; values with larger ones are not reused.
_MOST_INPUTS = 1024

NO_INTERVAL = timedelta()


@dataclass(frozen=True)
class Reuse:
    """The values of `previous`, the last snapshot, that the next one may reuse.

    Within `interval`, expensive readings are not repeated. In a `recount`, readings with unchanged inputs are repeated,
    and their values compared.
    """

    previous: Document | None = None
    interval: timedelta = NO_INTERVAL
    recount: bool = False

    def of(self, release: Release) -> "Reuse":
        """The same, without a snapshot that has other definitions."""
        is_same = at(self.previous or {}, "collector.release") == str(release)
        return self if is_same else replace(self, previous=None)

    def read(self, reading: Reading, sources: Sources) -> tuple[Values, Document]:
        """The values, and what the record of the reading says of their reuse.

        That is {settledBy, carried} for inputs, with `recounted` if they were compared; {readAt, carried} for an
        interval; else {}.
        """
        if reading.unchanged_while:
            return self._by_inputs(reading, sources, reading.unchanged_while(sources))
        interval = max(reading.interval, self.interval if reading.is_expensive else NO_INTERVAL)
        return self._by_age(reading, sources, interval) if interval else (reading.read(sources), {})

    def recounted(self, document: Document, readings: Iterable[Reading]) -> Document:
        """The last recount: {at, differing}, the names of the readings with other values than before.

        `readings` are those that `document`, the new snapshot, recounts.
        """
        differing = {reading.name: self._differs(document, reading) for reading in readings}
        last = at(self.previous or {}, "collector.recount")
        if not differing and isinstance(last, dict):
            return last
        started = at(document, "collector.startedAt")
        return {"at": started, "differing": [name for name, differs in differing.items() if differs]}

    def _by_inputs(self, reading: Reading, sources: Sources, inputs: Document) -> tuple[Values, Document]:
        if size(inputs) > _MOST_INPUTS:
            return reading.read(sources), {}
        is_unchanged = self._record(reading).get("settledBy") == inputs
        basis: Document = {"settledBy": inputs, "carried": is_unchanged and not self.recount}
        if not is_unchanged:
            return reading.read(sources), basis
        if not self.recount:
            return self._last_values(reading), basis
        return reading.read(replace(sources, session_days=NotKept())), basis | {"recounted": True}

    def _by_age(self, reading: Reading, sources: Sources, interval: timedelta) -> tuple[Values, Document]:
        last = self._record(reading).get("readAt")
        if isinstance(last, datetime) and _is_recent(last, sources, interval):
            return self._last_values(reading), {"readAt": last, "carried": True}
        return reading.read(sources), {"readAt": sources.now, "carried": False}

    def _record(self, reading: Reading) -> Document:
        """The record of the reading in the previous snapshot; {} if it failed, or if another rcstats wrote it."""
        previous = self.previous or {}
        readings = at(previous, "collector.readings")
        record = readings.get(reading.name) if isinstance(readings, dict) else None
        if not isinstance(record, dict) or not record.get("ok"):
            return {}
        return record if at(previous, "collector.version") == __version__ else {}

    def _last_values(self, reading: Reading) -> Values:
        return {statistic.key: _last_value(self.previous or {}, statistic.key) for statistic in reading.statistics}

    def _differs(self, document: Document, reading: Reading) -> bool:
        keys = [statistic.key for statistic in reading.statistics]
        return any(at(document, key) != at(self.previous or {}, key) for key in keys)


def is_due(previous: Document | None, now: datetime, interval: timedelta) -> bool:
    """Whether the last recount is older than this interval; NO_INTERVAL means never."""
    last = at(previous or {}, "collector.recount.at")
    return bool(interval) and isinstance(last, datetime) and now - last >= interval


def _is_recent(moment: datetime, sources: Sources, interval: timedelta) -> bool:
    """Whether it was within the interval, and on the same day: some statistics are of a day or a month."""
    is_today = moment.astimezone(sources.timezone).date() == sources.today
    return is_today and NO_INTERVAL <= sources.now - moment < interval


def _last_value(previous: Document, key: str) -> Any:
    """The value of the previous snapshot, even if it is zero, empty or null; or the reason for its absence."""
    if (value := at(previous, key)) is not None:
        return noted(value, at(previous, f"collector.notes.{key}"))
    if has(previous, key):
        return None
    reason = at(previous, f"collector.unavailable.{key}")
    return Absent(reason) if isinstance(reason, str) else UNDEFINED
