"""How long snapshots are kept."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.database import Database

from collector.history.retention import Retention, prune
from collector.store import Store
from tests.factories import NOW, hours, snapshot

Db = Database[dict[str, Any]]
BERLIN = ZoneInfo("Europe/Berlin")


def surplus(retention: Retention, *moments: datetime) -> list[datetime]:
    return list(retention.surplus(iter(sorted(moments)), NOW))


def test_everything_is_kept_unless_something_else_is_wished() -> None:
    assert surplus(Retention(None, None, BERLIN), NOW - timedelta(days=9999), NOW) == []


def test_of_older_days_the_last_snapshot_is_kept() -> None:
    old = [datetime(2024, 3, 1, hour, tzinfo=UTC) for hour in (1, 12, 22)]  # in Berlin they are 2, 13 and 23 o'clock
    young = [NOW - hours(age) for age in range(24)]

    assert surplus(Retention(7, None, BERLIN), *old, *young) == old[:2]


def test_days_are_those_of_the_workspaces_zone() -> None:
    late, next_day = datetime(2024, 3, 1, 22, 59, tzinfo=UTC), datetime(2024, 3, 1, 23, 1, tzinfo=UTC)

    assert surplus(Retention(7, None, BERLIN), late, next_day) == []
    assert surplus(Retention(7, None, ZoneInfo("UTC")), late, next_day) == [late]


def test_after_a_time_the_daily_ones_go_too() -> None:
    old = [NOW - timedelta(days=age) for age in (29, 30, 31, 400)]

    assert surplus(Retention(7, 30, BERLIN), *old) == sorted(old[2:])
    assert surplus(Retention(None, 30, BERLIN), *old) == sorted(old[2:])


@given(
    st.lists(st.datetimes(datetime(2023, 1, 1), datetime(2024, 3, 15), timezones=st.just(UTC)), unique=True),  # noqa: DTZ001
    st.none() | st.integers(0, 400),
    st.none() | st.integers(0, 400),
)
def test_what_is_kept_is_what_the_rule_says(moments: list[datetime], every: int | None, daily: int | None) -> None:
    retention = Retention(every, daily, BERLIN)
    removed = set(surplus(retention, *moments))
    left = set(moments) - removed

    def day(moment: datetime) -> Any:
        return moment.astimezone(BERLIN).date()

    def age(moment: datetime) -> int:
        return int((day(NOW) - day(moment)).days)

    for moment in moments:
        is_last = not any(day(other) == day(moment) and other > moment for other in moments)
        is_wanted = daily is None or age(moment) <= daily
        assert (moment in left) == (is_wanted and (every is None or age(moment) <= every or is_last))
    assert {*surplus(retention, *left)} == set()  # a second time there is nothing to do


@pytest.mark.parametrize("end_after", [0, 1, None])
def test_pruning_removes_it_and_goes_on_where_it_was_ended(real_database: Db, end_after: int | None) -> None:
    store = Store(real_database)
    real_database["statistics"].insert_many([snapshot(at=NOW - hours(age)) for age in range(24 * 30)])
    store.add(snapshot("other", at=NOW - hours(500)))
    calls: list[int] = []

    def abandoned() -> bool:
        calls.append(1)
        return end_after is not None and len(calls) > end_after

    retention = Retention(7, None, BERLIN)
    first = prune(store, "workspace", retention, NOW, abandoned)
    rest = prune(store, "workspace", retention, NOW)

    assert first == {0: 0, 1: 200, None: first}[end_after]
    assert (first + rest, prune(store, "workspace", retention, NOW)) == (24 * 30 - (14 + 7 * 24) - 23, 0)
    assert store.count("other", {}) == 1


def test_moments_are_read_from_the_index_alone(real_database: Db) -> None:
    store = Store(real_database)
    store.prepare()
    store.add(snapshot())
    find = {
        "find": "statistics",
        "filter": {"collector.workspace": "workspace", "createdAt": {"$lt": NOW + hours(1)}},
        "projection": {"_id": 0, "createdAt": 1},
        "sort": {"createdAt": 1},
    }
    plan = real_database.command({"explain": find, "verbosity": "executionStats"})["executionStats"]

    assert plan["totalDocsExamined"] == 0
    assert list(store.moments("workspace", NOW + hours(1))) == [NOW]
