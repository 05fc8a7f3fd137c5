"""What the rows of sessions still tell of a past day: the server removes them after six weeks."""

from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from typing import Any

from collector.history.backfill.walk import Pace
from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.statistics.session_periods import Periods
from collector.statistics.subjects.sessions import session_statistics
from collector.statistics.values import Values

LIMIT = 120.0  # seconds for a month of sessions, which can't be read in parts
KEPT = timedelta(days=44)  # an index of the server's removes a row 45 days after the night in which it was made

_RANGES = {"year": (MINYEAR, MAXYEAR), "month": (1, 12), "day": (1, 31)}
# No text, no NaN and nothing that is missing lies between two numbers.
_ROWS: Document = {"type": "user_daily"} | {name: {"$gte": low, "$lte": high} for name, (low, high) in _RANGES.items()}


class SessionDays:
    """The statistics of sessions as they were on a day, as far as the rows of their periods are still there.

    `began` is the day on which the workspace did, `today` the one on which this is asked.
    """

    def __init__(
        self, sources: Sources, pace: Pace, began: date, read: Callable[[Sources], Values] = session_statistics
    ) -> None:
        self._sources = sources
        self._nine = read
        self._pace = pace
        self._is_young = began > sources.today - KEPT  # and no row was removed yet
        self._days = pace.ask(self._first_and_last)
        self._known: tuple[date | None, Values] = (None, {})

    def is_of_use(self, moment: datetime) -> bool:
        """Whether at least the day before still has its rows."""
        periods = Periods.of(self._sources.at(moment).today)
        return self._is_whole(periods.yesterday, periods.yesterday)

    def at(self, moment: datetime) -> Values:
        """Nothing, or the values of those periods whose rows are all there; a day's are read once.

        Raises:
            DatabaseError: the sessions can't be read.
        """
        sources = self._sources.at(moment)
        if not self.is_of_use(moment):
            return {}
        if self._known[0] != sources.today:
            self._known = (sources.today, self._read(sources))
        return self._known[1]

    def _read(self, sources: Sources) -> Values:
        values = self._pace.ask(lambda: self._nine(sources), LIMIT)
        self._days = self._pace.ask(self._first_and_last)  # what was removed meanwhile was perhaps not read
        periods = Periods.of(sources.today)
        begin = {"Yesterday": periods.yesterday, "LastWeek": periods.week, "LastMonth": periods.month}
        whole = tuple(name for name, first in begin.items() if self._is_whole(first, periods.yesterday))
        return {key: value for key, value in values.items() if key.endswith(whole)}

    def _is_whole(self, first: date, last: date) -> bool:
        """Whether all rows from one day to another are there: of the first day that has any, some may be gone."""
        if self._days is None:
            return False
        oldest, newest = self._days
        return last <= newest and (self._is_young or oldest < first)

    def _first_and_last(self) -> tuple[date, date] | None:
        """The days of the first and the last row; an index has them."""
        days = [self._edge(direction) for direction in (1, -1)]
        return (days[0], days[1]) if days[0] and days[1] else None

    def _edge(self, direction: int) -> date | None:
        """The day of the first or the last row; rows of no day, such as 31 February, are passed over."""
        no_days: list[Document] = []
        while row := self._row(direction, no_days):
            if day := _day(row):
                return day
            no_days.append(row)
        return None

    def _row(self, direction: int, no_days: list[Document]) -> Document | None:
        """Year, month and day of the first or the last row that has others than these."""
        where = _ROWS | ({"$nor": no_days} if no_days else {})
        order = dict.fromkeys(("type", *_RANGES), direction)
        shown = {"_id": 0} | dict.fromkeys(_RANGES, 1)
        stages: list[Document] = [{"$match": where}, {"$sort": order}, {"$limit": 1}, {"$project": shown}]
        rows = self._sources.workspace.aggregate(Collection.SESSIONS, stages)
        return rows[0] if rows else None


def _day(row: Document) -> date | None:
    parts: list[Any] = [row[name] for name in _RANGES]
    try:
        return date(*map(int, parts)) if all(int(part) == part for part in parts) else None
    except (TypeError, ValueError):
        return None
