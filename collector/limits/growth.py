"""Owns the date on which a limit is reached if growth continues, by the forecast of the figure that counts it. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf, sqrt
from typing import Any
from zoneinfo import ZoneInfo

from collector.limits.limit import FIGURES
from collector.series.forecast import MOST_WEEKS, Growth, growth, points_of
from collector.series.pipeline import How, SeriesQuery
from collector.series.widths import Every

HORIZON = 520.0  # weeks; a growth that takes longer is not forecast
GROWING = ("connections", "seats", "guests", "privateApps", "uploads")
_WEEK = timedelta(weeks=1)

Series = Callable[[SeriesQuery], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Reached:
    """The date by the mean growth, and its 95 % interval; an end of it beyond the horizon is None."""

    date: datetime
    earliest: datetime
    latest: datetime | None


def reached_by(names: Iterable[str], series: Series, now: datetime, zone: ZoneInfo) -> dict[str, "Growing"]:
    """The growth by the name of a limit; `series` returns the rows of a query. The value of a day is its highest."""
    figures = {name: FIGURES[name][0] for name in names if name in GROWING}
    if not figures:
        return {}
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)  # whole days only
    start = now - (MOST_WEEKS + 1) * _WEEK
    query = SeriesQuery(tuple(figures.values()), start, midnight, Every.DAY, how=How.MAX, zone=zone.key)
    found = {key: growth(key, values, days=(7,)) for key, values in points_of(query, series(query))}
    return {name: Growing(one, midnight) for name, key in figures.items() if (one := found[key])}


@dataclass(frozen=True)
class Growing:
    """A figure's growth up to a moment, with its forecast of one week."""

    growth: Growth
    until: datetime

    def reaches(self, allowed: float) -> Reached | None:
        """When it reaches a number; None if it does not grow, is there already, or takes longer than the horizon.

        The bounds are those weeks w at which the forecast's interval meets the number, gap = weekly·w ± k·√(w + w²/n):
        the roots of a quadratic equation.
        """
        gap, weekly, weeks = allowed - self.growth.now, self.growth.weekly, self.growth.weeks
        if gap <= 0 or weekly <= 0 or gap / weekly > HORIZON:
            return None
        (ahead,) = self.growth.expected
        variance = (ahead.high - ahead.middle) ** 2 / (1 + 1 / weeks)
        a, b = weekly**2 - variance / weeks, 2 * gap * weekly + variance
        root = sqrt(max(b**2 - 4 * a * gap**2, 0.0))
        latest = (b + root) / (2 * a) if a > 0 else inf
        first, middle = (self.until + weeks * _WEEK for weeks in (2 * gap**2 / (b + root), gap / weekly))
        return Reached(middle, first, self.until + latest * _WEEK if latest <= HORIZON else None)
