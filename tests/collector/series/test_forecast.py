"""Growth and anomalies."""

import random
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collector.series.forecast import FEWEST_WEEKS, GROWING, Forecast, anomaly, forecast, growth
from collector.series.pipeline import SeriesQuery
from collector.series.widths import Every
from tests.factories import NOW, hours

UTC = ZoneInfo("UTC")
Points = list[tuple[datetime, float]]


def daily(weeks: float, each: float = 10.0, start: float = 1000.0) -> Points:
    """A value a day to now, growing evenly."""
    days = int(weeks * 7)
    return [(NOW - timedelta(days=days - day), start + each * day) for day in range(days + 1)]


def hourly(weeks: int, value: float, last: float, seed: int = 1) -> Points:
    """Values each hour to now, a little uneven; the last one another."""
    rng = random.Random(seed)  # noqa: S311  no secret
    points = [(NOW - hours(back), value * rng.uniform(0.9, 1.1)) for back in range(weeks * 168, 0, -1)]
    return [*points, (NOW, last)]


def test_even_growth_is_forecast_without_uncertainty() -> None:
    found = growth("totalUsers", daily(12))

    assert found is not None
    assert (found.now, found.weekly, found.weeks) == (1840, 70, 12)
    in_30, in_90 = found.expected
    assert (in_30.low, in_30.middle, in_30.high) == pytest.approx((2140, 2140, 2140))
    assert in_90.middle == pytest.approx(2740)


@pytest.mark.parametrize("weeks", [0, 1, FEWEST_WEEKS - 0.5])
def test_a_short_history_yields_no_forecast(weeks: float) -> None:
    assert growth("totalUsers", daily(weeks)) is None
    assert growth("totalUsers", []) is None


def test_values_before_a_gap_of_weeks_are_ignored() -> None:
    points = [point for point in daily(20) if not NOW - timedelta(weeks=5) < point[0] < NOW - timedelta(weeks=3)]

    assert growth("totalUsers", points) is None


def test_the_interval_of_uneven_growth_widens_with_time() -> None:
    rng = random.Random(3)  # noqa: S311  no secret
    value, points = 1000.0, []
    for day in range(20 * 7 + 1):
        value += rng.uniform(0, 20)
        points.append((NOW - timedelta(days=140 - day), value))
    found = growth("totalUsers", points)

    assert found is not None
    in_30, in_90 = found.expected
    assert in_30.low < in_30.middle < in_30.high
    assert in_90.high - in_90.low > in_30.high - in_30.low


def test_the_interval_covers_about_95_of_100_outcomes() -> None:
    rng = random.Random(7)  # noqa: S311  no secret
    held = 0
    for _ in range(300):
        value, points = 0.0, []
        for day in range(16 * 7 + 29):
            value += rng.gauss(5, 8)
            points.append((NOW + timedelta(days=day), value))
        found = growth("x", points[: 16 * 7 + 1], days=(28,))
        assert found is not None
        held += found.expected[0].low <= value <= found.expected[0].high

    assert 0.9 <= held / 300 <= 0.99


def test_a_value_far_from_those_of_the_same_hour_and_weekday_is_an_anomaly() -> None:
    found = anomaly("onlineUsers", hourly(10, value=50, last=3), UTC)

    assert found is not None
    assert (found.value, found.weeks) == (3, 10)
    assert 44 < found.low < found.usual < found.high < 56
    assert str(found).startswith("onlineUsers is 3; at this hour of this weekday it was 4")
    assert str(found).endswith(" in the last 10 weeks")


@pytest.mark.parametrize("last", [45, 50, 56])
def test_a_value_near_the_usual_ones_is_not_an_anomaly(last: float) -> None:
    assert anomaly("onlineUsers", hourly(10, value=50, last=last), UTC) is None


def test_few_weeks_yield_no_anomaly() -> None:
    assert anomaly("onlineUsers", hourly(FEWEST_WEEKS - 1, value=50, last=3), UTC) is None
    assert anomaly("onlineUsers", [], UTC) is None


def test_hours_are_those_of_the_time_zone() -> None:
    """Busy from nine to five in Kolkata only: at this moment it is six in the evening there, and noon in UTC."""
    zone = ZoneInfo("Asia/Kolkata")
    points = [(NOW - hours(back), 0.0) for back in range(10 * 168, -1, -1)]
    points = [(at, 100.0 if 9 <= at.astimezone(zone).hour < 17 else 1.0) for at, _ in points]

    assert anomaly("onlineUsers", [*points[:-1], (points[-1][0], 1.0)], zone) is None
    assert anomaly("onlineUsers", [*points[:-1], (points[-1][0], 100.0)], zone) is not None


def forecast_with(malformed: Any, days_ago: int) -> Forecast:
    """Two figures that grow by ten a day, the first with this value on one of the days; and one with an anomaly."""

    def rows(query: SeriesQuery) -> list[dict[str, Any]]:
        if query.every is Every.HOUR:
            return [{"_id": at, "v0": value} for at, value in hourly(10, value=50, last=3)] + [
                {"_id": NOW, "v0": malformed}
            ]
        found = [{"_id": at, "v0": value, "v1": value} for at, value in daily(12)]
        found[-1 - days_ago]["v0"] = malformed
        return found

    return forecast(rows, NOW, UTC)


MALFORMED = [float("nan"), float("inf"), -float("inf"), 1e308, -1e308, "many", None, [1]]


@pytest.mark.parametrize("malformed", MALFORMED)
@pytest.mark.parametrize("days_ago", [0, 3])
def test_a_malformed_value_does_not_prevent_the_forecast(malformed: Any, days_ago: int) -> None:
    found = forecast_with(malformed, days_ago)

    assert [one.key for one in found.growth] == list(GROWING[:2])
    assert [one.weekly for one in found.growth] == pytest.approx([70, 70])
    assert [one.value for one in found.anomalies] == [3]


@pytest.mark.parametrize("malformed", MALFORMED)
def test_a_malformed_value_at_a_weeks_end_costs_only_the_forecast_of_its_own_figure(malformed: Any) -> None:
    assert [one.key for one in forecast_with(malformed, days_ago=28).growth] == [GROWING[1]]
