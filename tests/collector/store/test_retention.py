"""How long snapshots are kept."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson import DatetimeMS, ObjectId, Timestamp
from hypothesis import example, given
from hypothesis import strategies as st
from pymongo.database import Database

from collector.store.retention import Retention, count_surplus, prune
from collector.store.snapshots import Store
from tests.factories import NOW, hours, snapshot

Db = Database[dict[str, Any]]
BERLIN = ZoneInfo("Europe/Berlin")


def surplus(retention: Retention, *moments: datetime, now: datetime = NOW) -> list[datetime]:
    """A moment for each snapshot that is too many."""
    found = retention.surplus(iter(sorted(moments)), now)
    return [one.moment for one in found for _ in range(one.count)]


def kept(database: Db) -> set[Any]:
    return {found["_id"] for found in database["statistics"].find({}, {"_id": 1})}


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


@pytest.mark.parametrize("count", [2, 3, 7])
def test_of_several_snapshots_of_a_days_last_moment_one_is_kept(real_database: Db, count: int) -> None:
    store, retention = Store(real_database), Retention(7, None, BERLIN)
    evening = datetime(2024, 3, 1, 22, tzinfo=UTC)
    ids = [ObjectId(), "z", "a", 1, 2.5, NOW, "m"][:count]
    real_database["statistics"].insert_many([snapshot(at=evening, _id=own) for own in ids])
    real_database["statistics"].insert_many([snapshot(at=evening - hours(ago), _id=f"earlier{ago}") for ago in (1, 2)])
    told = count_surplus(store, "workspace", retention, NOW)

    assert told == count + 1
    assert prune(store, "workspace", retention, NOW) == told
    assert len(kept(real_database) & set(ids)) == 1
    assert prune(store, "workspace", retention, NOW) == 0


def test_of_several_snapshots_of_an_earlier_moment_none_is_kept(real_database: Db) -> None:
    store, retention = Store(real_database), Retention(7, None, BERLIN)
    morning, evening = datetime(2024, 3, 1, 8, tzinfo=UTC), datetime(2024, 3, 1, 22, tzinfo=UTC)
    real_database["statistics"].insert_many([snapshot(at=at, _id=n) for n, at in enumerate([morning] * 3 + [evening])])

    assert prune(store, "workspace", retention, NOW) == 3
    assert kept(real_database) == {3}


def test_two_prunings_at_once_keep_the_same_snapshot(real_database: Db) -> None:
    evening = datetime(2024, 3, 1, 22, tzinfo=UTC)
    store, retention = Store(real_database), Retention(7, None, BERLIN)
    real_database["statistics"].insert_many([snapshot(at=evening, _id=own) for own in "abc"])

    class Slower(Store):
        """Another pruning ends between this one's look at the store and its removal."""

        def taken_at(self, workspace: str, moments: Sequence[datetime]) -> list[tuple[Any, datetime]]:
            prune(store, workspace, retention, NOW)
            return super().taken_at(workspace, moments)

    assert prune(Slower(real_database), "workspace", retention, NOW) == 0
    assert kept(real_database) == {"c"}


def test_a_document_without_a_date_is_never_removed(real_database: Db) -> None:
    """A date that Python's calendar lacks is none."""
    store, retention = Store(real_database), Retention(1, 2, BERLIN)
    early = datetime(2024, 1, 1, tzinfo=UTC)
    odd = [None, "2020-01-01", Timestamp(0, 1), 0, [early], {"at": early}, DatetimeMS(-(10**15)), DatetimeMS(10**15)]
    real_database["statistics"].insert_many([snapshot(createdAt=at, _id=n) for n, at in enumerate(odd)])
    real_database["statistics"].insert_one({"_id": "none", "collector": {"workspace": "workspace"}})
    store.add(snapshot(at=early, _id="old"))

    assert count_surplus(store, "workspace", retention, NOW) == 1
    assert prune(store, "workspace", retention, NOW) == 1
    assert kept(real_database) == {*range(len(odd)), "none"}


def test_a_removal_by_id_spares_other_workspaces(real_database: Db) -> None:
    store = Store(real_database)
    store.add(snapshot("other", _id="theirs"))
    store.add(snapshot(_id="ours"))

    assert store.remove("workspace", ["theirs", "ours"]) == 1
    assert kept(real_database) == {"theirs"}


@given(
    st.lists(st.datetimes(timezones=st.just(UTC))),
    st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["America/New_York", "Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Apia"]),
)
@example([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)], NOW, "America/New_York")
@example([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)], NOW, "Pacific/Kiritimati")
def test_retention_takes_every_date_in_every_zone(moments: list[datetime], now: datetime, zone: str) -> None:
    removed = surplus(Retention(30, 400, ZoneInfo(zone)), *moments, now=now)

    assert all(moment in removed for moment in moments if moment < now - timedelta(days=402))
    assert all(moment not in removed for moment in moments if moment > now - timedelta(days=30))


def test_a_snapshot_of_the_calendars_first_day_is_removed_like_others(real_database: Db) -> None:
    store, zone = Store(real_database), ZoneInfo("America/New_York")
    for hour in (0, 3, 23):
        store.add(snapshot(at=datetime(1, 1, 1, hour, tzinfo=UTC)))

    assert prune(store, "workspace", Retention(30, None, zone), NOW) == 2
    assert prune(store, "workspace", Retention(None, 30, zone), NOW) == 1
