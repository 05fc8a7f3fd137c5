"""Slots, the moments of a cron expression."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.errors import SettingsError
from collector.scheduling.slots import Slots


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "timezone", "now", "current", "following"),
    [
        ("0 * * * *", "UTC", "2024-03-15T12:30:10", "2024-03-15T12:00", "2024-03-15T13:00"),
        ("0 * * * *", "UTC", "2024-03-15T12:00:00", "2024-03-15T12:00", "2024-03-15T13:00"),
        ("*/15 * * * *", "UTC", "2024-03-15T12:59:59", "2024-03-15T12:45", "2024-03-15T13:00"),
        ("30 2 * * *", "UTC", "2024-03-15T02:29:59", "2024-03-14T02:30", "2024-03-15T02:30"),
        ("0 0 * * *", "Europe/Berlin", "2024-03-15T12:00", "2024-03-14T23:00", "2024-03-15T23:00"),
        ("0 0 1 1 *", "UTC", "2024-03-15T12:00", "2024-01-01T00:00", "2025-01-01T00:00"),
        ("0 0 29 2 *", "UTC", "2025-03-15T12:00", "2024-02-29T00:00", "2028-02-29T00:00"),
        ("30 2 * * *", "Europe/Berlin", "2020-03-29T00:59", "2020-03-28T01:30", "2020-03-29T01:00"),
        ("30 2 * * *", "Europe/Berlin", "2020-03-29T01:00", "2020-03-29T01:00", "2020-03-30T00:30"),
        ("@hourly", "UTC", "2024-03-15T12:30:10", "2024-03-15T12:00", "2024-03-15T13:00"),
        ("@weekly", "UTC", "2024-03-15T12:00", "2024-03-10T00:00", "2024-03-17T00:00"),
        ("0 3 * * *", "Asia/Kolkata", "2024-03-15T12:00", "2024-03-14T21:30", "2024-03-15T21:30"),
    ],
)
def test_the_current_and_the_following_slot(
    expression: str, timezone: str, now: str, current: str, following: str
) -> None:
    slots = Slots(expression, timezone)

    assert slots.current(at(now)) == at(current)
    assert slots.after(at(now)) == at(following)


def test_a_day_of_the_month_and_a_weekday_are_two_ways_to_match_as_in_cron() -> None:
    slots, found = Slots("0 0 1 * 1", "UTC"), at("2024-03-28T00:00")
    days = [f"{(found := slots.after(found)):%a %d}" for _ in range(3)]

    assert days == ["Mon 01", "Mon 08", "Mon 15"]
    assert slots.after(at("2024-04-29T00:00")) == at("2024-05-01T00:00")


SUNDAY, MONDAY = "2024-03-17", "2024-03-18"


@pytest.mark.parametrize(
    ("weekdays", "first"), [("0", SUNDAY), ("7", SUNDAY), ("5-7", SUNDAY), ("1", MONDAY), ("1-5", MONDAY)]
)
def test_weekdays_count_from_sunday_as_cron_counts_them(weekdays: str, first: str) -> None:
    assert Slots(f"0 0 * * {weekdays}", "UTC").after(at("2024-03-17T00:00") - timedelta(seconds=1)) == at(first)


def test_a_step_of_weekdays_begins_on_sunday() -> None:
    slots, found = Slots("0 0 * * */2", "UTC"), at("2024-03-16T00:00")
    names = [(found := slots.after(found)).strftime("%a") for _ in range(4)]

    assert names == ["Sun", "Tue", "Thu", "Sat"]


@pytest.mark.parametrize(
    "wrong",
    ["", "hourly", "* * * *", "* * * * * *", "60 * * * *", "* * * * 8", "0 0 31 2 *", "0 0 31 2,4 *", "0 0 * * 5-1"],
)
def test_a_wrong_expression_names_the_setting(wrong: str) -> None:
    with pytest.raises(SettingsError, match="RCSTATS_SCHEDULE"):
        Slots(wrong, "UTC")


@settings(deadline=None)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(
        ["0 * * * *", "*/7 3-5 * * *", "30 2 * * *", "0,30 1-3 * * *", "0 0 * * 1", "0 0 1 * 1", "15 6 1 * *"]
    ),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana"]),
)
def test_no_slot_lies_between_the_current_and_the_next(moment: datetime, expression: str, timezone: str) -> None:
    slots = Slots(expression, timezone)
    current, following = slots.current(moment), slots.after(moment)

    assert current <= moment < following
    assert slots.after(current) == following
    assert slots.current(following) == following


@pytest.mark.parametrize(
    ("expression", "taken"),
    [
        ("30 2 * * *", ["00:30"]),  # two hours are called two; cron runs what comes once a day in the first
        ("30 1-3 * * *", ["23:30", "00:30", "02:30"]),
        ("30 * * * *", ["22:30", "23:30", "00:30", "01:30", "02:30", "03:30"]),
        ("30 */2 * * *", ["22:30", "00:30", "01:30", "03:30"]),
    ],
)
def test_where_the_clock_is_put_back_only_what_comes_each_hour_comes_twice(expression: str, taken: list[str]) -> None:
    slots, found = Slots(expression, "Europe/Berlin"), [at("2020-10-24T22:00")]
    while found[-1] < at("2020-10-25T04:00"):
        found.append(slots.after(found[-1]))

    assert [f"{slot:%H:%M}" for slot in found[1:-1]] == taken
