"""What yesterday, last week and last month are."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.statistics.session_periods import Periods, number


@pytest.mark.parametrize(
    ("yesterday", "month"),
    [
        (date(2024, 3, 15), date(2024, 2, 16)),
        (date(2024, 3, 31), date(2024, 3, 1)),
        (date(2023, 2, 28), date(2023, 2, 1)),
        (date(2024, 3, 30), date(2024, 3, 1)),
        (date(2024, 1, 5), date(2023, 12, 6)),
        (date(2024, 2, 29), date(2024, 2, 1)),
    ],
)
def test_the_month_that_ends_yesterday_begins_by_the_servers_rule(yesterday: date, month: date) -> None:
    assert Periods.of(yesterday + timedelta(days=1)).month == month


def test_the_week_has_seven_days() -> None:
    assert Periods.of(date(2024, 3, 16)).week == date(2024, 3, 9)


def test_a_filter_within_one_calendar_month_has_one_part() -> None:
    assert Periods.of(date(2024, 4, 1)).rows() == {
        "$or": [{"type": "user_daily", "year": 2024, "month": 3, "day": {"$gte": 1, "$lte": 31}}]
    }


@given(st.dates(date(2015, 1, 1), date(2035, 1, 1)))
def test_the_filter_has_each_day_of_the_month_once_and_no_other(today: date) -> None:
    periods = Periods.of(today)
    parts = periods.rows()["$or"]

    def hits(day: date) -> int:
        return sum(
            (part["year"], part["month"]) == (day.year, day.month)
            and part["day"]["$gte"] <= day.day <= part["day"]["$lte"]
            for part in parts
        )

    days = [today - timedelta(days=ago) for ago in range(-1, 40)]
    assert [hits(day) for day in days] == [int(periods.month <= day <= periods.yesterday) for day in days]


@given(st.dates(), st.dates())
def test_numbers_of_days_have_the_calendars_order(one: date, other: date) -> None:
    assert (number(one) < number(other)) == (one < other)
