"""The calendar of the session statistics: what yesterday, the week and the month that end then are. Pure."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from collector.sources.expressions import finite


@dataclass(frozen=True)
class Periods:
    """Three periods that all end yesterday, both ends included."""

    yesterday: date
    week: date
    """The week's first day."""
    month: date
    """The month's first day."""

    @classmethod
    def of(cls, today: date) -> "Periods":
        """The periods as seen on a day of the workspace's own calendar."""
        yesterday = today - timedelta(days=1)
        return cls(yesterday, yesterday - timedelta(days=6), _month_before(yesterday))

    def rows(self) -> dict[str, Any]:
        """A filter on the integers year, month and day, for all three; each part of it fits one stretch of an index."""
        return {"$or": [{"type": "user_daily", **part} for part in _months(self.month, self.yesterday)]}

    def document(self) -> dict[str, int]:
        """The day at which all of them end."""
        return {"year": self.yesterday.year, "month": self.yesterday.month, "day": self.yesterday.day}


def number(day: date) -> int:
    """A day as a number whose order is the calendar's, such as 20240315."""
    return day.year * 10_000 + day.month * 100 + day.day


_YEAR, _MONTH, _DAY = (finite(path) for path in ("$year", "$month", "$day"))
NUMBER = {"$add": [{"$multiply": [_YEAR, 10_000]}, {"$multiply": [_MONTH, 100]}, _DAY]}
"""The same of a row's integers, in MongoDB's language."""


def _month_before(last: date) -> date:
    """The first day of the server's month that ends on a day.

    It begins a day after the same day of the previous month, or, where the last day is its month's last, a day after
    that month's last; a day that the previous month does not have runs over into the next.
    """
    before = last.replace(day=1) - timedelta(days=1)
    is_last = last.day == monthrange(last.year, last.month)[1]
    return before.replace(day=1) + timedelta(days=before.day if is_last else min(before.day, last.day))


def _months(first: date, last: date) -> Iterator[dict[str, Any]]:
    """The calendar months from one day to another, each with its first and last day in between."""
    while first <= last:
        end = min(last, first.replace(day=monthrange(first.year, first.month)[1]))
        yield {"year": first.year, "month": first.month, "day": {"$gte": first.day, "$lte": end.day}}
        first = end + timedelta(days=1)
