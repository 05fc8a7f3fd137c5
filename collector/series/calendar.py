"""Owns the calendar buckets of a time zone, equal to those of `statistics.series`. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from collector.errors import ParameterError
from collector.series.parameters import checked
from collector.series.widths import Every, width

MOST = 20_000  # buckets at a time
TICK = timedelta(milliseconds=1)  # the resolution of a BSON date

UNITS = (Every.HOUR, Every.DAY, Every.WEEK, Every.MONTH)

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
    """Buckets of `size` hours, days, weeks or months."""

    size: int
    unit: Every
    zone: ZoneInfo

    @classmethod
    def parse(cls, every: str, zone: ZoneInfo) -> "CalendarGrid":
        """The grid of a width such as 1d.

        Raises:
            ParameterError: the text is not a width.
        """
        return cls(*checked("every", every, lambda raw: width(raw, UNITS)), zone)

    def between(self, since: datetime, until: datetime) -> list[Bucket]:
        """The buckets that end after `since` and not after `until`, in order of time.

        Raises:
            ParameterError: they are more than MOST.
        """
        numbers = range(self.number(since), self.number(until) + 1)
        if len(numbers) > MOST:
            raise ParameterError("every", f"about {len(numbers):,} snapshots are more than {MOST:,}")
        starts = [self.start(number) for number in (*numbers, numbers.stop)]
        found = [Bucket(start, end) for start, end in pairwise(starts)]
        return [bucket for bucket in found if bucket.start < bucket.end <= until]

    def number(self, moment: datetime) -> int:
        """The number of the bucket that contains a moment."""
        if self.unit is Every.HOUR:
            return (moment - self._midnight(_EPOCH)) // timedelta(hours=self.size)
        day = moment.astimezone(self.zone).date()
        if self.unit is Every.MONTH:
            return ((day.year - _EPOCH.year) * 12 + day.month - 1) // self.size
        return (day - self._first_day).days // self._days

    def start(self, number: int) -> datetime:
        """The start of a bucket, in UTC."""
        if self.unit is Every.HOUR:
            return self._midnight(_EPOCH) + number * timedelta(hours=self.size)
        if self.unit is Every.MONTH:
            years, months = divmod(number * self.size, 12)
            return self._midnight(date(_EPOCH.year + years, months + 1, 1))
        return self._midnight(self._first_day + number * timedelta(days=self._days))

    @property
    def _days(self) -> int:
        return self.size * (7 if self.unit is Every.WEEK else 1)

    @property
    def _first_day(self) -> date:
        return _FIRST_MONDAY if self.unit is Every.WEEK else _EPOCH

    def _midnight(self, day: date) -> datetime:
        """The first moment of a day, even if the clocks change at midnight."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)
