"""Owns the reading of a month of sessions day by day: only those days are read that were not kept as they are now.

A kept day is read again when a row of it has a newer `_computedAt` than all rows had when it was read: the server's job
gives a new one to each row that it computes. Rows that were removed are found by their number, two weeks and four weeks
after their day.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from collector.errors import CommandRefusedError
from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.queries import DATES
from collector.sources.session_days import KeptDay
from collector.statistics.session_condensing import Hash, condensed, user_hash
from collector.statistics.session_days import Day, OddDayError, combined, restored, stored
from collector.statistics.session_periods import Periods
from collector.statistics.session_pipelines import of_day, rows_of

log = logging.getLogger(__name__)

# The nightly job is over by then, and secondaries have its rows: rows that are newer may not be all there yet.
SETTLED = timedelta(minutes=30)

_COUNTED = 14  # days from one count of a day's rows to the next
_COMPUTED = "_computedAt"
_TICK = timedelta(milliseconds=1)  # of MongoDB's dates


def by_days(sources: Sources, periods: Periods) -> Document | None:
    """The groups of the month's pipeline; None if they cannot be had from days, or no days can be kept.

    Raises:
        DatabaseError: the sessions cannot be read.
    """
    opened = sources.session_days.open(periods.days)
    if opened is None:
        return None
    key, kept = opened
    try:
        return _Month(sources, periods, user_hash(key), kept).found()
    except (OddDayError, CommandRefusedError) as error:  # an index is missing, or a day is too large for MongoDB
        log.info('session days not used reason="%s"', error)
        return None


@dataclass(frozen=True)
class _Month:
    """The days of a month, and what is kept of them."""

    sources: Sources
    periods: Periods
    hashed: Hash
    kept: Mapping[date, KeptDay]

    def found(self) -> Document:
        newest = self.sources.workspace.newest_date(Collection.SESSIONS, _COMPUTED)
        if newest is None:
            raise OddDayError("no row has a date")
        days = dict.fromkeys(self._filled())
        until = newest + _TICK
        unchanged = dict(self._unchanged(days, until))
        seen = min(until, self.sources.now - SETTLED)
        read = {day: self._read(day, seen) for day in days if day not in unchanged}
        self.sources.session_days.confirm(list(unchanged), seen)
        return combined(unchanged | read, self.periods)

    def _filled(self) -> Iterator[date]:
        """The days that have rows; an index skips from one to the next.

        Raises:
            OddDayError: a row is of no whole day.
        """
        for part in self.periods.rows()["$or"]:
            for row in self._rows([{"$match": part}, {"$group": {"_id": "$day"}}]):
                yield date(part["year"], part["month"], _whole(row["_id"]))

    def _unchanged(self, days: Iterable[date], until: datetime) -> Iterator[tuple[date, Day]]:
        """The days that are kept as they are now; no row was computed `until` then or later."""
        kept = {day: self.kept[day] for day in days if day in self.kept and self.kept[day].seen <= until}
        computed = self._computed(kept.values(), until)
        for day, one in kept.items():
            is_older = day not in computed or computed[day] < one.seen
            if is_older and (found := restored(one.content)) and self._is_whole(day, found):
                yield day, found

    def _computed(self, kept: Iterable[KeptDay], until: datetime) -> dict[date, datetime]:
        """The days with rows that were computed since the first of these was read, each with its newest date."""
        first = min((one.seen for one in kept), default=until)
        if first >= until:
            return {}
        group = {"_id": {part: f"${part}" for part in ("year", "month", "day")}, "newest": {"$max": f"${_COMPUTED}"}}
        where = {_COMPUTED: {"$gte": first, "$lt": DATES["$lt"]}, "type": "user_daily"}
        rows = self._rows([{"$match": where}, {"$group": group}], {_COMPUTED: 1})
        dated = [(_date(row["_id"]), row["newest"]) for row in rows]
        return {day: newest for day, newest in dated if day}

    def _is_whole(self, day: date, found: Day) -> bool:
        """Whether the day still has as many rows, if they are to be counted today."""
        is_due = (self.sources.today - day).days % _COUNTED == 0
        return not is_due or self.sources.workspace.count(Collection.SESSIONS, rows_of(day)) == found.rows

    def _read(self, day: date, seen: datetime) -> Day:
        """The day as it is now, which is kept.

        Raises:
            OddDayError: it cannot be condensed exactly.
        """
        found = condensed(self._rows(of_day(day)), self.hashed)
        self.sources.session_days.keep(day, KeptDay(seen, stored(found)))
        return found

    def _rows(self, pipeline: list[Document], index: Document | None = None) -> list[Document]:
        return self.sources.workspace.aggregate(Collection.SESSIONS, pipeline, index)


def _date(parts: Document) -> date | None:
    """The day of a row; None for one that no calendar has.

    Raises:
        OddDayError: the row is of no whole day.
    """
    try:
        return date(*(_whole(parts.get(name)) for name in ("year", "month", "day")))
    except (OverflowError, ValueError):
        return None


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise OddDayError("a row is of no whole day")
    return int(value)
