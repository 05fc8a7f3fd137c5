"""When growth reaches a limit."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collector.limits.growth import Growing, Reached, reached_by
from collector.series.forecast import Growth, growth
from collector.series.pipeline import How, SeriesQuery
from tests.factories import NOW

UTC = ZoneInfo("UTC")
MIDNIGHT = NOW.replace(hour=0, minute=0)
Points = list[tuple[datetime, float]]


def daily(weeks: int, each: float = 1.0, uneven: float = 0.0) -> Points:
    """A value a day to NOW, growing from 100."""
    rng = random.Random(5)  # noqa: S311  no secret
    value, points = 100.0, []
    for day in range(weeks * 7 + 1):
        points.append((NOW - timedelta(days=weeks * 7 - day), value))
        value += each + rng.uniform(-uneven, uneven)
    return points


def grown(points: Points, days: Sequence[int] = (7,)) -> Growth:
    found = growth("activeUsers", points, days)
    assert found is not None
    return found


def reached(points: Points, gap: float) -> Reached | None:
    """When the last value has grown by this much."""
    found = grown(points)
    return Growing(found, NOW).reaches(found.now + gap)


@pytest.mark.parametrize("days", [1, 30, 400])
def test_even_growth_reaches_a_limit_on_one_day(days: int) -> None:
    found = reached(daily(10), gap=days)
    on_the_day = pytest.approx((NOW + timedelta(days=days)).timestamp())

    assert found is not None
    assert found.date.timestamp() == found.earliest.timestamp() == on_the_day
    assert found.latest is not None
    assert found.latest.timestamp() == on_the_day


@pytest.mark.parametrize("gap", [5.0, 60.0, 300.0])
def test_the_interval_is_where_that_of_the_forecast_meets_the_limit(gap: float) -> None:
    points = daily(26, uneven=1.5)
    found, now = reached(points, gap), points[-1][1]

    assert found is not None
    assert found.latest is not None
    assert found.earliest < found.date < found.latest
    ahead = [(moment - NOW) / timedelta(days=1) for moment in (found.earliest, found.date, found.latest)]
    first, middle, last = grown(points, ahead).expected  # type: ignore[arg-type]
    assert (first.high, middle.middle, last.low) == pytest.approx((now + gap,) * 3)


def test_growth_that_may_be_none_never_reaches_it_for_sure() -> None:
    found = reached(daily(10, each=0.1, uneven=2.0), gap=10)

    assert found is not None
    assert found.latest is None


@pytest.mark.parametrize(("each", "gap"), [(0.0, 5.0), (-1.0, 5.0), (1.0, 0.0), (1.0, -5.0), (1.0, 4000.0)])
def test_what_does_not_grow_or_is_there_or_takes_ten_years_has_no_date(each: float, gap: float) -> None:
    assert reached(daily(10, each), gap) is None


def test_the_figures_of_limits_that_can_grow_are_read_day_by_day() -> None:
    asked: list[SeriesQuery] = []

    def series(query: SeriesQuery) -> list[Mapping[str, Any]]:
        asked.append(query)
        points = [(at.replace(hour=0, minute=0), value) for at, value in daily(12)]
        return [{"_id": at, "v0": value, "v1": "many"} for at, value in points]

    found = reached_by(["seats", "contacts", "uploads"], series, NOW, UTC)

    assert list(found) == ["seats"]
    assert found["seats"].until == MIDNIGHT
    assert [(query.fields, query.how, query.end) for query in asked] == [
        (("activeUsers", "uploadsTotalSize"), How.MAX, MIDNIGHT)
    ]


def test_without_a_limit_that_can_grow_no_series_is_read() -> None:
    def fail(_: SeriesQuery) -> list[Mapping[str, Any]]:
        raise AssertionError

    assert reached_by(["contacts", "marketplaceApps"], fail, NOW, UTC) == {}
