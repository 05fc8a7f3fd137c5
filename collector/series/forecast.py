"""Owns the forecast of figures and the detection of anomalies. Pure.

Growth is the mean of whole weeks, so that weekends do not matter; the forecast is that of a random walk with drift,
with its 95 % prediction interval. An anomaly is a newest value far from those at the same hour of the same weekday in
the weeks before; by that measure holidays are anomalies too. Too short a history yields neither.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from statistics import median, stdev
from typing import Any
from zoneinfo import ZoneInfo

from collector.numbers import is_figure
from collector.series.pipeline import SeriesQuery
from collector.series.widths import Every

GROWING = ("totalUsers", "totalMessages", "uploadsTotalSize")
WATCHED = ("onlineUsers", "totalConnectedUsers", "collector.seconds")

FEWEST_WEEKS = 8
MOST_WEEKS = 26
_WEEK = timedelta(days=7)

# Student's t for a 95 % interval, by degrees of freedom (weeks less one).
_T = {7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 12: 2.179, 15: 2.131, 20: 2.086, 25: 2.06}

FAR = 5.0  # spreads from the median
_MAD_TO_SIGMA = 1.4826
_LEAST_SPREAD = 0.02  # of the median: a small move of a figure that hardly ever moves is not an anomaly

Points = Sequence[tuple[datetime, float]]


@dataclass(frozen=True)
class Expectation:
    """A figure's prediction interval some days ahead: its bounds and its middle."""

    days: int
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Growth:
    """A figure's mean growth per week over `weeks` weeks, and its forecast; `now` is its value at yesterday's end."""

    key: str
    now: float
    weekly: float
    weeks: int
    expected: tuple[Expectation, ...]


@dataclass(frozen=True)
class Anomaly:
    """A newest value far from those at the same hour of the same weekday."""

    key: str
    value: float
    usual: float
    low: float
    high: float
    weeks: int

    def __str__(self) -> str:
        return (
            f"{self.key} is {self.value:,.10g}; at this hour of this weekday it was "
            f"{self.low:,.10g} to {self.high:,.10g} in the last {self.weeks} weeks"
        )


@dataclass(frozen=True)
class Forecast:
    """Growth and anomalies at a moment; either may be empty."""

    growth: list[Growth]
    anomalies: list[Anomaly]


def forecast(series: Callable[[SeriesQuery], Sequence[Mapping[str, Any]]], now: datetime, zone: ZoneInfo) -> Forecast:
    """The forecast from stored snapshots; `series` returns the rows of a query."""
    start = now - (MOST_WEEKS + 1) * _WEEK
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)  # whole days only
    by_day = SeriesQuery(GROWING, start, midnight, Every.DAY, zone=zone.key)
    by_hour = SeriesQuery(WATCHED, start, now, Every.HOUR, zone=zone.key)
    growing = [growth(key, points) for key, points in points_of(by_day, series(by_day))]
    watched = [anomaly(key, points, zone) for key, points in points_of(by_hour, series(by_hour))]
    return Forecast([found for found in growing if found], [found for found in watched if found])


def points_of(query: SeriesQuery, rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Points]]:
    """The numbers of each field, each with the start of its bucket."""
    for number, key in enumerate(query.fields):
        values = ((row["_id"], row.get(f"v{number}")) for row in rows)
        yield key, [(at, float(value)) for at, value in values if is_figure(value)]


def growth(key: str, points: Points, days: Sequence[int] = (30, 90)) -> Growth | None:
    """The growth of a figure with these values by time; None if they span too few weeks or have gaps of weeks."""
    marks = _weekly(points)
    if len(marks) <= FEWEST_WEEKS:
        return None
    steps = [after - before for before, after in pairwise(marks)]
    mean, spread = sum(steps) / len(steps), stdev(steps)
    expected = tuple(_expected(ahead, marks[-1], mean, spread, len(steps)) for ahead in days)
    return Growth(key, marks[-1], mean, len(steps), expected)


def _weekly(points: Points) -> list[float]:
    """The last value and those whole weeks before it, in order of time, up to the first week without one."""
    marks: list[float] = []
    for back in range(MOST_WEEKS + 1):
        moment = points[-1][0] - back * _WEEK if points else None
        near = [value for at, value in points if moment and moment - timedelta(days=1) < at <= moment]
        if not near:
            break
        marks.append(near[-1])
    return marks[::-1]


def _expected(days: int, now: float, mean: float, spread: float, weeks: int) -> Expectation:
    ahead = days / 7
    quantile = next((t for freedom, t in sorted(_T.items(), reverse=True) if weeks - 1 >= freedom), _T[7])
    reach = quantile * spread * sqrt(ahead + ahead**2 / weeks)
    middle = now + mean * ahead
    return Expectation(days, middle - reach, middle, middle + reach)


def anomaly(key: str, points: Points, zone: ZoneInfo) -> Anomaly | None:
    """The last value, if it is an anomaly; None if it is not, or too few weeks are known."""
    if not points:
        return None
    now, value = points[-1]
    hour = hour_of_week(now, zone)
    before = [past for at, past in points[:-1] if now - at > timedelta(days=1) and hour_of_week(at, zone) == hour]
    return outlier(key, value, before)


def outlier(key: str, value: float, before: Sequence[float]) -> Anomaly | None:
    """The value as an anomaly among those before, one a week; None if it is not, or they are too few."""
    if len(before) < FEWEST_WEEKS or min(before) <= value <= max(before):
        return None
    usual = median(before)
    spread = max(median(abs(past - usual) for past in before) * _MAD_TO_SIGMA, abs(usual) * _LEAST_SPREAD, 1e-9)
    if abs(value - usual) <= FAR * spread:
        return None
    return Anomaly(key, value, usual, min(before), max(before), len(before))


def hour_of_week(moment: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """Weekday and hour on the zone's clock."""
    local = moment.astimezone(zone)
    return local.weekday(), local.hour
