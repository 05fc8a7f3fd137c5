"""Owns the reporting periods of the session statistics: yesterday, and the week and month that end then. Pure."""

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
        """The periods on a day of the workspace's calendar."""
        yesterday = today - timedelta(days=1)
        return cls(yesterday, yesterday - timedelta(days=6), _month_before(yesterday))

    @property
    def days(self) -> list[date]:
        """The days of the month, and so of all three."""
        return [self.month + timedelta(days=n) for n in range((self.yesterday - self.month).days + 1)]

    def rows(self) -> dict[str, Any]:
        """A filter on the integers year, month and day for all three; each part matches one range of an index."""
        return {"$or": [{"type": "user_daily", **part} for part in _months(self.month, self.yesterday)]}

    def document(self) -> dict[str, int]:
        """The last day of all periods."""
        return {"year": self.yesterday.year, "month": self.yesterday.month, "day": self.yesterday.day}


def number(day: date) -> int:
    """A day as a sortable number, such as 20240315."""
    return day.year * 10_000 + day.month * 100 + day.day


_YEAR, _MONTH, _DAY = (finite(path) for path in ("$year", "$month", "$day"))
NUMBER = {"$add": [{"$multiply": [_YEAR, 10_000]}, {"$multiply": [_MONTH, 100]}, _DAY]}
"""The same number from a row's integers, as a MongoDB expression."""


def _month_before(last: date) -> date:
    """The first day of the month, as the server defines it, that ends on a day.

    It begins on the day after the same day of the previous month; if the last day ends its month, on the day after the
    end of the previous month. A day that the previous month does not have overflows into the next.
    """
    before = last.replace(day=1) - timedelta(days=1)
    is_last = last.day == monthrange(last.year, last.month)[1]
    return before.replace(day=1) + timedelta(days=before.day if is_last else min(before.day, last.day))


def _months(first: date, last: date) -> Iterator[dict[str, Any]]:
    """The calendar months between two days, each with its first and last day in that range."""
    while first <= last:
        end = min(last, first.replace(day=monthrange(first.year, first.month)[1]))
        yield {"year": first.year, "month": first.month, "day": {"$gte": first.day, "$lte": end.day}}
        first = end + timedelta(days=1)
