"""The nine session sub-documents: their shapes, their days and their reuse."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pymongo.database import Database

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog, snapshot
from collector.statistics.reuse import Reuse
from tests.factories import NOW, hours, insert, reading, sources

Db = Database[dict[str, Any]]

YESTERDAY = date(2024, 3, 14)
PHONE = {"type": "mobile-app", "name": "RC Mobile", "version": "4.50", "os": {"name": "iOS", "version": "17"}}
BROWSER = {"type": "browser", "name": "Firefox", "version": "123", "os": {"name": "Linux"}}
UNKNOWN = {"type": "other"}


def daily(user: str, ago: int, *devices: dict[str, Any], role: str = "user", **over: Any) -> dict[str, Any]:
    """A user's row of a day so many days before yesterday; each device was used once, for 60 seconds."""
    day = YESTERDAY - timedelta(days=ago)
    used = [{"sessions": 1, "time": 60, "device": device} for device in devices]
    row: dict[str, Any] = {"_id": f"{user}-{day.year}-{day.month}-{day.day}", "type": "user_daily", "userId": user}
    row |= {"year": day.year, "month": day.month, "day": day.day, "mostImportantRole": role}
    return row | {"sessions": len(used), "time": 60 * len(used), "devices": used, "_computedAt": NOW} | over


def session_statistics(database: Db) -> dict[str, Any]:
    return dict(reading("sessions").read(sources(database)))


def data(values: dict[str, Any], key: str) -> Any:
    return values[key]["data"]


def test_without_sessions_each_is_empty_and_ends_yesterday(real_database: Db) -> None:
    values = session_statistics(real_database)

    assert len(values) == 9
    assert all(value == {"year": 2024, "month": 3, "day": 14, "data": []} for value in values.values())


def test_users_devices_and_systems_of_yesterday(real_database: Db) -> None:
    insert(real_database, Collection.SESSIONS, daily("ann", 0, PHONE, BROWSER), daily("bob", 0, PHONE, role="admin"))

    values = session_statistics(real_database)
    (users,) = data(values, "uniqueUsersOfYesterday")
    assert list(users) == ["count", "sessions", "time", "roles"]
    assert (users["count"], users["sessions"], users["time"]) == (2, 3, 180)
    assert users["roles"] == [
        {"role": "user", "count": 1, "sessions": 2, "time": 120},
        {"role": "admin", "count": 1, "sessions": 1, "time": 60},
    ]
    assert data(values, "uniqueDevicesOfYesterday") == [
        {"type": "mobile-app", "name": "RC Mobile", "version": "4.50", "count": 2, "time": 120},
        {"type": "browser", "name": "Firefox", "version": "123", "count": 1, "time": 60},
    ]
    assert data(values, "uniqueOSOfYesterday") == [
        {"name": "iOS", "version": "17", "count": 2, "time": 120},
        {"name": "Linux", "count": 1, "time": 60},
    ]


def test_a_user_of_several_days_counts_once_with_the_role_of_the_first(real_database: Db) -> None:
    rows = [
        daily("ann", 20, PHONE, role="guest"),
        daily("ann", 5, PHONE, role="user"),
        daily("ann", 0, PHONE, role="admin"),
    ]
    insert(real_database, Collection.SESSIONS, *rows)

    values = session_statistics(real_database)
    periods = ("Yesterday", "LastWeek", "LastMonth")
    users = [data(values, f"uniqueUsersOf{period}")[0] for period in periods]
    assert [(u["count"], u["sessions"], u["roles"][0]["role"]) for u in users] == [
        (1, 1, "admin"),
        (1, 2, "user"),
        (1, 3, "guest"),
    ]


@pytest.mark.parametrize(("period", "last"), [("Yesterday", 0), ("LastWeek", 6), ("LastMonth", 28)])
def test_a_period_has_its_border_days_and_no_others(real_database: Db, period: str, last: int) -> None:
    insert(real_database, Collection.SESSIONS, *(daily(f"u{ago}", ago, PHONE) for ago in {-1, 0, last, last + 1}))

    (users,) = data(session_statistics(real_database), f"uniqueUsersOf{period}")
    assert users["count"] == len({0, last})


def test_a_device_without_system_is_a_nameless_entry_beside_one_that_has_a_system(real_database: Db) -> None:
    insert(real_database, Collection.SESSIONS, daily("ann", 0, BROWSER, UNKNOWN), daily("bob", 0, UNKNOWN))

    systems = data(session_statistics(real_database), "uniqueOSOfYesterday")
    assert sorted(systems, key=len) == [{"count": 1, "time": 60}, {"name": "Linux", "count": 1, "time": 60}]


def test_only_daily_rows_count_even_without_devices(real_database: Db) -> None:
    other = daily("ann", 0, PHONE, type="computed-session")
    insert(real_database, Collection.SESSIONS, other, daily("bob", 0), daily("eve", 0, devices=None))

    values = session_statistics(real_database)
    assert data(values, "uniqueUsersOfYesterday")[0]["count"] == 2
    assert data(values, "uniqueDevicesOfYesterday") == []


def test_days_are_those_of_the_workspaces_time_zone(real_database: Db) -> None:
    evening = NOW + hours(11)  # half past eleven at night by UTC, the next day in Kolkata
    there = Sources(RocketChat(real_database), timezone=ZoneInfo("Asia/Kolkata"), now=evening)

    assert reading("sessions").read(there)["uniqueOSOfYesterday"]["day"] == 15


class TestCarriedOver:
    """Between two nightly jobs the nine stand still and are not read again."""

    def take(self, database: Db, previous: dict[str, Any] | None) -> dict[str, Any]:
        about = snapshot.SnapshotContext("w", "UTC")
        return snapshot.take([reading("sessions")], Sources(RocketChat(database)), about, reuse=Reuse(previous))

    def was_carried(self, taken: dict[str, Any]) -> bool:
        return bool(taken["collector"]["readings"]["sessions"]["carried"])

    @pytest.fixture
    def first(self, real_database: Db) -> dict[str, Any]:
        """A snapshot as the store gives it back."""
        insert(real_database, Collection.SESSIONS, daily("ann", 0, PHONE))
        real_database["kept"].insert_one(self.take(real_database, None))
        return real_database["kept"].find_one() or {}

    def test_unchanged_values_are_reused_as_the_record_says(self, real_database: Db, first: dict[str, Any]) -> None:
        second = self.take(real_database, first)

        assert (self.was_carried(first), self.was_carried(second)) == (False, True)
        keys = [statistic.key for statistic in reading("sessions").statistics]
        assert {key: second[key] for key in keys} == {key: first[key] for key in keys}

    def test_values_are_recomputed_after_the_next_nightly_job(self, real_database: Db, first: dict[str, Any]) -> None:
        insert(real_database, Collection.SESSIONS, daily("bob", 1, PHONE, _computedAt=NOW + hours(1)))

        assert not self.was_carried(self.take(real_database, first))

    @pytest.mark.parametrize("change", ["version", "day", "failed"])
    def test_values_of_another_release_or_day_or_of_a_failure_are_not_reused(
        self, real_database: Db, first: dict[str, Any], change: str
    ) -> None:
        record = first["collector"]["readings"]["sessions"]
        if change == "version":
            first["collector"]["version"] = "0.0.1"
        elif change == "day":
            record["settledBy"]["yesterday"] = "2000-01-01"
        else:
            record["ok"] = False

        assert not self.was_carried(self.take(real_database, first))

    def test_only_sessions_are_reused(self) -> None:
        assert [r.name for r in catalog.READINGS if r.unchanged_while] == ["sessions"]
