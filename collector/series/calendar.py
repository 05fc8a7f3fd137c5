"""The calendar of a time zone in buckets of equal width, as `statistics.series` has them. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from collector.errors import ParameterError
from collector.series.parameters import checked
from collector.series.widths import Every, width

MOST = 20_000  # buckets at a time
TICK = timedelta(milliseconds=1)  # the finest that a BSON date tells

UNITS = (Every.HOUR, Every.DAY, Every.WEEK, Every.MONTH)

# From here MongoDB's $dateTrunc counts them; weeks from the first Monday.
_EPOCH, _FIRST_MONDAY = date(2000, 1, 1), date(2000, 1, 3)


@dataclass(frozen=True)
class Bucket:
    """A stretch of the calendar, its end left out."""

    start: datetime
    end: datetime

    @property
    def last(self) -> datetime:
        """The last moment that lies within it."""
        return self.end - TICK


@dataclass(frozen=True)
class CalendarGrid:
    """Buckets of so many hours, days, weeks or months."""

    size: int
    unit: Every
    zone: ZoneInfo

    @classmethod
    def parse(cls, every: str, zone: ZoneInfo) -> "CalendarGrid":
        """Of a text such as 1d.

        Raises:
            ParameterError: it is none.
        """
        return cls(*checked("every", every, lambda raw: width(raw, UNITS)), zone)

    def between(self, since: datetime, until: datetime) -> list[Bucket]:
        """Those that end after `since` and not after `until`, in their order.

        Raises:
            ParameterError: they are too many.
        """
        numbers = range(self.number(since), self.number(until) + 1)
        if len(numbers) > MOST:
            raise ParameterError("every", f"that would be about {len(numbers):,} snapshots, more than {MOST:,}")
        starts = [self.start(number) for number in (*numbers, numbers.stop)]
        found = [Bucket(start, end) for start, end in pairwise(starts)]
        return [bucket for bucket in found if bucket.start < bucket.end <= until]

    def number(self, moment: datetime) -> int:
        """Of the bucket in which a moment lies."""
        if self.unit is Every.HOUR:
            return (moment - self._midnight(_EPOCH)) // timedelta(hours=self.size)
        day = moment.astimezone(self.zone).date()
        if self.unit is Every.MONTH:
            return ((day.year - _EPOCH.year) * 12 + day.month - 1) // self.size
        return (day - self._first_day).days // self._days

    def start(self, number: int) -> datetime:
        """Where a bucket begins, in UTC."""
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
        """The first moment of a day, also where the clocks are changed at midnight."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)
