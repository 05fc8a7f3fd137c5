"""Owns the calendar buckets of a time zone, equal to those of `statistics.series`. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from collector.errors import RcstatsError

MOST = 20_000  # buckets at a time
TICK = timedelta(milliseconds=1)  # the resolution of a BSON date

_EVERY = re.compile(r"([1-9][0-9]{0,3})(h|d|w|mo)")

# The origin of MongoDB's $dateTrunc; for weeks the first Monday.
_EPOCH, _FIRST_MONDAY = date(2000, 1, 1), date(2000, 1, 3)


@dataclass(frozen=True)
class Bucket:
    """A half-open interval of time: `end` is not part of it."""

    start: datetime
    end: datetime

    @property
    def last(self) -> datetime:
        """The last moment of the bucket."""
        return self.end - TICK


@dataclass(frozen=True)
class CalendarGrid:
    """Buckets of `size` hours, days, weeks or months, by `unit`: h, d, w or mo."""

    size: int
    unit: str
    zone: ZoneInfo

    @classmethod
    def parse(cls, every: str, zone: ZoneInfo) -> "CalendarGrid":
        """The grid of a width such as 1d.

        Raises:
            RcstatsError: the text is not a width.
        """
        if not (match := _EVERY.fullmatch(every)):
            raise RcstatsError("--every: expected a number and one of h, d, w, mo, for example 1d")
        return cls(int(match[1]), match[2], zone)

    def between(self, since: datetime, until: datetime) -> list[Bucket]:
        """The buckets that end after `since` and not after `until`, in order of time.

        Raises:
            RcstatsError: they are more than MOST.
        """
        numbers = range(self.number(since), self.number(until) + 1)
        if len(numbers) > MOST:
            raise RcstatsError(f"--every: about {len(numbers):,} snapshots are more than {MOST:,}")
        starts = [self.start(number) for number in (*numbers, numbers.stop)]
        found = [Bucket(start, end) for start, end in pairwise(starts)]
        return [bucket for bucket in found if bucket.start < bucket.end <= until]

    def number(self, moment: datetime) -> int:
        """The number of the bucket that contains a moment."""
        if self.unit == "h":
            return (moment - self._midnight(_EPOCH)) // timedelta(hours=self.size)
        day = moment.astimezone(self.zone).date()
        if self.unit == "mo":
            return ((day.year - _EPOCH.year) * 12 + day.month - 1) // self.size
        return (day - self._first_day).days // self._days

    def start(self, number: int) -> datetime:
        """The start of a bucket, in UTC."""
        if self.unit == "h":
            return self._midnight(_EPOCH) + number * timedelta(hours=self.size)
        if self.unit == "mo":
            years, months = divmod(number * self.size, 12)
            return self._midnight(date(_EPOCH.year + years, months + 1, 1))
        return self._midnight(self._first_day + number * timedelta(days=self._days))

    @property
    def _days(self) -> int:
        return self.size * (7 if self.unit == "w" else 1)

    @property
    def _first_day(self) -> date:
        return _FIRST_MONDAY if self.unit == "w" else _EPOCH

    def _midnight(self, day: date) -> datetime:
        """The first moment of a day, even if the clocks change at midnight."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)
