"""Times without snapshots."""

from datetime import timedelta

import pytest

from collector.history.events.gaps import gaps
from tests.collector.history.events.histories import START
from tests.factories import hours

HOURLY = [START + hours(n) for n in range(24 * 28)]


def test_a_long_distance_is_a_gap() -> None:
    (gap,) = gaps([moment for moment in HOURLY if not hours(200) < moment - START < hours(205)])

    assert (gap.at, gap.since) == (START + hours(205), START + hours(200))
    assert gap.text == "no snapshot was taken for 5 hours"


@pytest.mark.parametrize(("width", "words"), [(1.01, ""), (3, ""), (4, "4 hours"), (47, "47 hours"), (240, "10 days")])
def test_a_gap_is_more_than_three_usual_distances(width: float, words: str) -> None:
    moments = [*HOURLY[:300], *(HOURLY[299] + hours(width + n) for n in range(300))]

    assert [gap.text for gap in gaps(moments)] == ([f"no snapshot was taken for {words}"] if words else [])


@pytest.mark.parametrize("moments", [[], HOURLY[:1], HOURLY[:2], HOURLY])
def test_an_even_history_has_no_gap(moments: list[timedelta]) -> None:
    assert list(gaps(moments)) == []  # type: ignore[arg-type]


def test_nights_and_weekends_of_a_schedule_are_no_gaps() -> None:
    office = [moment for moment in HOURLY if moment.weekday() < 5 and 8 <= moment.hour < 18]

    assert list(gaps(office)) == []


def test_another_schedule_and_retention_are_no_gaps() -> None:
    daily = [START + timedelta(days=n) for n in range(60)]
    later = [daily[-1] + hours(n) for n in range(1, 400)]
    daily_again = [later[-1] + timedelta(days=n) for n in range(1, 60)]

    assert list(gaps([*daily, *later, *daily_again])) == []


def test_snapshots_on_demand_make_no_gap_of_the_hour_after_them() -> None:
    by_hand = [HOURLY[300] + timedelta(minutes=n) for n in range(1, 11)]

    assert list(gaps(sorted([*HOURLY, *by_hand]))) == []
