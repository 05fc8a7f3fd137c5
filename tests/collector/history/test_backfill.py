"""Snapshots of the past, made of the workspace's dates."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson import DatetimeMS, Decimal128, Int64, ObjectId, Timestamp
from pymongo.database import Database

from collector.diagnostics.explain import Recorder, item
from collector.errors import CommandRefusedError, DatabaseError, RcstatsError
from collector.history.backfill import walk
from collector.history.backfill.plan import id_of
from collector.history.backfill.run import Backfill, Tally
from collector.history.backfill.walk import MESSAGES, IndexWalk, Pace
from collector.key_paths import at
from collector.mongodb.connection import connect
from collector.series.calendar import TICK, CalendarGrid
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog
from collector.statistics.reading import Values
from collector.statistics.subjects.sessions import session_statistics
from collector.store.snapshots import Store
from tests.factories import NOW, insert, message, room, setting, snapshot, user
from tests.processes import environment, rcstats

Db = Database[dict[str, Any]]

BERLIN = ZoneInfo("Europe/Berlin")
BEGAN = datetime(2024, 3, 1, 9, tzinfo=UTC)
READ_ALONG = {
    Collection.USERS: [("createdAt", 1)],
    Collection.ROOMS: [("ts", 1)],
    Collection.UPLOADS: [("uploadedAt", -1)],
    Collection.MESSAGES: [("ts", 1)],
    Collection.SESSIONS: [("type", 1), ("year", 1), ("month", 1), ("day", 1)],
}
DAYS = 14  # from the workspace's beginning to NOW


def on(day: int, hour: int = 12, month: int = 3) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=UTC)


def midnight_after(day: int) -> datetime:
    """The moment of a day's snapshot, in UTC."""
    return on(day, 0) + timedelta(days=1) - TICK


def use(user_id: str, day: date) -> dict[str, Any]:
    """The row of a user's day."""
    device = {"type": "browser", "name": "Firefox", "version": "1", "os": {"name": "Linux", "version": "6"}}
    return {
        "_id": f"{user_id}-{day}",
        "type": "user_daily",
        "userId": user_id,
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "mostImportantRole": "user",
        "sessions": 2,
        "time": 60,
        "devices": [{"sessions": 2, "time": 60, "device": device}],
        "_computedAt": datetime(day.year, day.month, day.day, 2, tzinfo=UTC) + timedelta(days=1),
    }


def make_indexes(database: Db) -> None:
    """Those of Rocket.Chat's that the past is read along; all of them take a second."""
    for of, keys in READ_ALONG.items():
        database[of].create_index(keys)


@pytest.fixture
def past(real_database: Db) -> Db:
    """A workspace of two weeks: on each day a user, a room, a file, and as many messages and sessions as its date."""
    make_indexes(real_database)
    insert(real_database, Collection.SETTINGS, setting("uniqueID", "workspace"))
    days = range(1, DAYS + 1)
    insert(real_database, Collection.USERS, *[user(createdAt=on(day, 9), username=f"u{day}") for day in days])
    kinds = [room("cpdl"[day % 4], ts=on(day), name=f"r{day}") for day in days]
    discussions = [room("p", ts=on(day), prid="GENERAL", name=f"d{day}") for day in (3, 5)]
    insert(real_database, Collection.ROOMS, *kinds, *discussions)
    insert(
        real_database,
        Collection.TEAMS,
        *[{"_id": f"t{day}", "name": f"t{day}", "createdAt": on(day)} for day in (2, 4)],
    )
    insert(
        real_database,
        Collection.UPLOADS,
        *[{"_id": f"f{day}", "uploadedAt": on(day), "size": 1000 * day} for day in days],
    )
    insert(real_database, Collection.MESSAGES, *[message(ts=on(day, hour % 24)) for day in days for hour in range(day)])
    insert(
        real_database, Collection.SESSIONS, *[use(f"u{who}", date(2024, 3, day)) for day in days for who in range(day)]
    )
    return real_database


def backfill(database: Db, **over: Any) -> Backfill:
    zone = over.pop("zone", ZoneInfo("UTC"))
    sources = Sources(RocketChat(database), timezone=zone, now=over.pop("now", NOW))
    found = Backfill(
        sources,
        Store(database),
        "workspace",
        over.pop("pace", Pace(sleep=lambda _: None)),
        over.pop("sessions", session_statistics),
    )
    grid = CalendarGrid.parse(over.pop("every", "1d"), zone)
    found.aim(grid, over.pop("since", BEGAN), over.pop("until", NOW))
    return found


def stored(database: Db) -> list[dict[str, Any]]:
    return list(database["statistics"].find().sort("createdAt", 1))


def test_each_day_has_the_numbers_that_were_true_at_its_end(past: Db) -> None:
    assert backfill(past).run() == DAYS
    snapshots = stored(past)

    assert [snapshot["createdAt"] for snapshot in snapshots] == [midnight_after(day) for day in range(1, DAYS + 1)]
    for day, found in enumerate(snapshots, start=1):
        kinds = ["cpdl"[made % 4] for made in range(1, day + 1)] + ["p"] * ((day >= 3) + (day >= 5))
        expected = {
            "totalUsers": day,
            "totalRooms": len(kinds),
            "totalChannels": kinds.count("c"),
            "totalPrivateGroups": kinds.count("p"),
            "totalDirect": kinds.count("d"),
            "totalLivechat": kinds.count("l"),
            "totlalLivechat": kinds.count("l"),
            "totalDiscussions": (day >= 3) + (day >= 5),
            "teams.totalTeams": (day >= 2) + (day >= 4),
            "uploadsTotal": day,
            "uploadsTotalSize": 1000 * day * (day + 1) // 2,
            "totalMessages": day * (day + 1) // 2,
            "collector.messages.documents": day * (day + 1) // 2,
        }
        assert {key: at(found, key) for key in expected} == expected
        told = set(found) - {"_id", "createdAt", "_updatedAt", "collector"}
        assert {key for key in told if not key.startswith("unique")} == {key.split(".")[0] for key in expected} - {
            "collector"
        }


def test_a_snapshot_says_that_it_was_reconstructed_and_why_its_numbers_are_lower_bounds(past: Db) -> None:
    backfill(past).run()
    own = stored(past)[-1]["collector"]

    assert (own["origin"], own["workspace"], own["unavailable"], own["readings"]) == (
        "reconstructed",
        "workspace",
        {},
        {},
    )
    assert (
        own["notes"]["totalUsers"] == "a lower bound: deleted accounts are gone, and those without a date are left out"
    )
    for key in ("totalMessages", "uploadsTotalSize", "teams.totalTeams", "collector.messages.documents"):
        assert at(own["notes"], key).startswith("a lower bound: deleted ")
    assert not any(key.startswith("unique") for key in own["notes"])


def test_what_was_deleted_is_not_counted_and_what_has_no_date_is_left_out(past: Db) -> None:
    past[Collection.USERS].delete_one({"username": "u1"})
    insert(past, Collection.USERS, user(username="undated"), user(username="odd", createdAt="2024-03-01"))
    backfill(past).run()

    assert [snapshot["totalUsers"] for snapshot in stored(past)] == list(range(DAYS))


def test_the_sessions_of_a_day_are_those_that_the_catalogue_would_have_told(past: Db) -> None:
    backfill(past).run()
    sources = Sources(RocketChat(past), timezone=ZoneInfo("UTC"))
    (session_statistics,) = (reading for reading in catalog.READINGS if reading.name == "sessions")
    told = {snapshot["createdAt"]: snapshot for snapshot in stored(past)}

    for day in (3, 9, DAYS):
        moment = midnight_after(day)
        expected = session_statistics.read(sources.at(moment))
        assert {key: told[moment].get(key) for key in expected} == expected
    assert told[midnight_after(9)]["uniqueUsersOfYesterday"]["data"][0]["count"] == 8
    assert told[midnight_after(1)]["uniqueUsersOfYesterday"]["data"] == []  # the workspace was not there yet


def test_of_sessions_that_were_partly_removed_only_whole_periods_are_told(past: Db) -> None:
    insert(past, Collection.USERS, user(createdAt=datetime(2020, 1, 1, tzinfo=UTC), username="old"))
    past[Collection.SESSIONS].delete_many({"day": {"$lt": 3}})
    backfill(past).run()
    told = {
        snapshot["createdAt"].day: {key[6:] for key in snapshot if key.startswith("uniqueUsers")}
        for snapshot in stored(past)
    }

    assert told[4] == set()  # the third is the first day that has rows: perhaps not all of them
    assert told[5] == {"UsersOfYesterday"}
    assert told[10] == {"UsersOfYesterday"}
    assert told[11] == {"UsersOfYesterday", "UsersOfLastWeek"}


ODD_DAYS: dict[str, dict[str, Any]] = {
    "no year": {"month": 3, "day": 3},
    "text": {"year": "abc", "month": 3, "day": 3},
    "null": {"year": None, "month": 3, "day": 3},
    "NaN": {"year": float("nan"), "month": 3, "day": 3},
    "infinite": {"year": 2024, "month": 3, "day": float("inf")},
    "31 February": {"year": 2024, "month": 2, "day": 31},
    "31 November": {"year": 2024, "month": 11, "day": 31},
    "month 13": {"year": 2024, "month": 13, "day": 1},
    "year 0": {"year": 0, "month": 1, "day": 1},
    "year 10000": {"year": 10_000, "month": 1, "day": 1},
    "half a day": {"year": 2024, "month": 3, "day": 15.5},
    "a list": {"year": [2024], "month": 1, "day": 1},
    "Decimal128 NaN": {"year": 2024, "month": 3, "day": Decimal128("NaN")},
    "Decimal128": {"year": 2024, "month": 1, "day": Decimal128("1.5")},
}


@pytest.mark.parametrize("odd", ODD_DAYS.values(), ids=ODD_DAYS)
def test_a_row_of_sessions_that_has_no_day_costs_only_itself(past: Db, odd: dict[str, Any]) -> None:
    backfill(past).run()
    whole = stored(past)
    past["statistics"].drop()
    row = {"type": "user_daily", "userId": "odd", "sessions": 1, "time": 1, "devices": []}
    insert(past, Collection.SESSIONS, *[row | odd | {"_id": f"odd{number}"} for number in range(3)])
    filling = backfill(past)

    assert filling.run() == DAYS
    assert (filling.left_out, stored(past)) == ({}, whole)


@pytest.mark.parametrize("odd", ["no year", "31 February", "a list"])
def test_where_no_row_of_sessions_has_a_day_there_are_no_statistics_of_them(past: Db, odd: str) -> None:
    past[Collection.SESSIONS].delete_many({})
    insert(past, Collection.SESSIONS, {"_id": "odd", "type": "user_daily", "userId": "odd"} | ODD_DAYS[odd])

    assert backfill(past).run() == DAYS
    assert not any(key.startswith("unique") for found in stored(past) for key in found)


@pytest.mark.parametrize("error", [TypeError("odd"), CommandRefusedError("it is not taken")])
def test_a_reading_of_sessions_that_fails_costs_only_its_own_values(past: Db, error: Exception) -> None:
    def read(sources: Sources) -> Values:
        if sources.today.day == 9:
            raise error
        return session_statistics(sources)

    filling = backfill(past, sessions=read)

    assert filling.run() == DAYS
    assert filling.left_out in ({Collection.SESSIONS: "unexpected TypeError"}, {Collection.SESSIONS: "it is not taken"})
    assert [found["totalUsers"] for found in stored(past)] == list(range(1, DAYS + 1))
    assert [found["createdAt"].day for found in stored(past) if "uniqueUsersOfYesterday" not in found] == [9]


def test_a_reading_of_sessions_that_takes_too_long_ends_the_run_to_be_resumed(past: Db) -> None:
    """A later run would not add the sessions to a snapshot that is stored."""

    def read(_: Sources) -> Values:
        raise DatabaseError("did not answer in time")

    with pytest.raises(DatabaseError, match="in time"):
        backfill(past, sessions=read).run()
    assert backfill(past).run() == DAYS


NO_SIZES: list[Any] = [
    *(float("nan"), float("inf"), Decimal128("NaN"), Decimal128("Infinity"), 1e300, Decimal128("1E+6000")),
    *("large", None, [1], {"a": 1}, True, Int64(2**63 - 1)),
]


@pytest.mark.parametrize(
    ("sizes", "counted"), [(NO_SIZES, 0), ([7, 7.0, Int64(7), Decimal128("7")], 28)], ids=["others", "numbers"]
)
def test_the_size_of_a_file_counts_if_it_is_one(past: Db, sizes: list[Any], counted: int) -> None:
    files = [{"_id": f"odd{number}", "uploadedAt": on(2, 13), "size": size} for number, size in enumerate(sizes)]
    insert(past, Collection.UPLOADS, *files)
    backfill(past).run()
    found = {found["createdAt"].day: found for found in stored(past)}

    for day in range(1, DAYS + 1):
        assert found[day]["uploadsTotalSize"] == 1000 * day * (day + 1) // 2 + counted * (day >= 2)
        assert isinstance(found[day]["uploadsTotalSize"], int)
        assert found[day]["uploadsTotal"] == day + len(sizes) * (day >= 2)


def test_sizes_beyond_all_whole_numbers_are_a_double(past: Db) -> None:
    files = [{"_id": f"odd{n}", "uploadedAt": on(2 + n % 3), "size": Int64(2**53 - 1)} for n in range(1100)]
    insert(past, Collection.UPLOADS, *files)
    backfill(past).run()

    assert stored(past)[-1]["uploadsTotalSize"] == pytest.approx(1100 * 2.0**53)


@pytest.mark.parametrize("spoiled", [float("nan"), float("inf"), None, "many"])
def test_a_run_does_not_resume_from_a_sum_that_is_not_a_number(past: Db, spoiled: Any) -> None:
    backfill(past, until=on(11, 0)).run()
    past["statistics"].update_many({}, {"$set": {"uploadsTotalSize": spoiled}})
    backfill(past).run()

    assert stored(past)[-1]["uploadsTotalSize"] == 1000 * DAYS * (DAYS + 1) // 2


@pytest.mark.parametrize(
    "odd", [[BEGAN - TICK], [], DatetimeMS(10**15), DatetimeMS(-(10**15)), Timestamp(1, 1), "2024", None]
)
def test_a_value_that_is_not_a_date_does_not_say_when_the_workspace_began(past: Db, odd: Any) -> None:
    insert(past, Collection.USERS, user(createdAt=odd, username="odd"))
    insert(past, Collection.MESSAGES, message(ts=odd))
    filling = backfill(past)

    assert (filling.begins, filling.left_out, filling.run()) == (BEGAN, {}, DAYS)


def test_a_workspace_dated_at_the_end_of_the_calendar_has_no_past(real_database: Db) -> None:
    make_indexes(real_database)
    insert(real_database, Collection.USERS, user(createdAt=datetime(9999, 12, 31, 23, 59, tzinfo=UTC)))

    assert backfill(real_database, zone=ZoneInfo("Pacific/Kiritimati")).run() == 0


@pytest.mark.parametrize("odd", [None, "2024-03-04", Timestamp(1, 1), DatetimeMS(-(10**15)), [on(4)]])
def test_a_foreign_document_in_the_store_keeps_no_day_from_its_snapshot(past: Db, odd: Any) -> None:
    past["statistics"].insert_many([snapshot(createdAt=odd), snapshot(createdAt=odd, _id=ObjectId(), collector=[])])
    past["statistics"].insert_one({"_id": 1, "collector": [{"workspace": "workspace"}], "createdAt": odd})
    filling = backfill(past)

    assert (filling.plan.taken, filling.run()) == (0, DAYS)


def test_a_second_run_adds_nothing(past: Db) -> None:
    backfill(past).run()
    before = stored(past)
    again = backfill(past)

    assert (again.plan.wanted, again.plan.there, again.run()) == ([], DAYS, 0)
    assert stored(past) == before


def test_two_runs_at_once_make_the_same_snapshots_once(past: Db) -> None:
    one, other = backfill(past), backfill(past)
    one.run()
    before = stored(past)
    other.run()

    assert stored(past) == before


@pytest.mark.parametrize("end", [1, 4, 9])
def test_ended_half_way_it_goes_on_to_what_an_uninterrupted_run_makes(past: Db, end: int) -> None:
    backfill(past).run()
    whole = stored(past)
    past["statistics"].drop()

    def stop(tally: Tally) -> None:
        if tally.added >= end:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backfill(past).run(stop)
    assert stored(past) == whole[:end]
    assert backfill(past).run() == DAYS - end
    assert stored(past) == whole


def test_a_resumed_run_counts_only_what_came_after(past: Db, mongod_url: str) -> None:
    backfill(past, until=on(11, 0)).run()
    recorder = Recorder()
    with connect(mongod_url, "TEST", recorder) as client:
        resumed = backfill(client[past.name])
        recorder.take()
        resumed.run()
    starts = [
        command["pipeline"][0]["$match"].get("ts")
        for command in recorder.take()
        if command["aggregate"] == MESSAGES.collection
    ]

    assert min(start["$gte"] for start in starts) == on(11, 0)


def test_numbers_of_another_release_are_counted_anew(past: Db) -> None:
    backfill(past, until=on(11, 0)).run()
    past["statistics"].update_many({}, {"$set": {"collector.version": "0.0", "totalUsers": 1000}})
    backfill(past).run()

    assert stored(past)[-1]["totalUsers"] == DAYS


def test_a_gap_is_filled_without_touching_what_is_there(past: Db) -> None:
    backfill(past).run()
    whole = stored(past)
    past["statistics"].delete_many({"createdAt": {"$in": [midnight_after(2), midnight_after(8)]}})

    assert backfill(past).run() == 2
    assert stored(past) == whole


def test_where_a_snapshot_was_taken_or_imported_none_is_made(past: Db) -> None:
    own = [snapshot(at=on(4, 0)), snapshot(at=midnight_after(5)), snapshot(workspace="another", at=on(9))]
    past["statistics"].insert_many(own)
    filling = backfill(past)
    filling.run()

    assert filling.plan.taken == 2
    made = {found["createdAt"].day for found in stored(past) if found["collector"].get("origin") == "reconstructed"}
    assert made == set(range(1, DAYS + 1)) - {4, 5}
    assert [past["statistics"].find_one({"_id": one["_id"]}) for one in own] == own


def test_no_snapshot_is_of_a_time_before_the_workspace_or_after_now(past: Db) -> None:
    filling = backfill(past, since=datetime(1990, 1, 1, tzinfo=UTC), until=NOW + timedelta(days=90), every="6h")
    moments = [bucket.last for bucket in filling.plan.wanted]

    assert moments[0] == BEGAN + timedelta(hours=3) - TICK
    assert moments[-1] == datetime(2024, 3, 15, 12, tzinfo=UTC) - TICK


def test_a_moment_that_has_just_passed_waits_for_the_secondaries(past: Db) -> None:
    at_ten = on(15, 0)

    assert backfill(past, now=at_ten + timedelta(minutes=4)).plan.wanted[-1].end == on(14, 0)
    assert backfill(past, now=at_ten + timedelta(minutes=5)).plan.wanted[-1].end == on(15, 0)


def test_an_empty_workspace_has_no_past(real_database: Db) -> None:
    filling = backfill(real_database)

    assert (filling.plan.wanted, filling.run(), filling.bill().costs) == ([], 0, ())


def test_the_last_point_has_what_the_catalogue_tells_now(past: Db) -> None:
    backfill(past).run()
    sources = Sources(RocketChat(past), now=NOW)
    told: dict[str, Any] = {}
    for reading in catalog.READINGS:
        if reading.name in ("presence", "rooms", "totalDiscussions", "uploads", "teams"):
            told |= reading.read(sources)
    last = stored(past)[-1]
    exact = [key for key in last["collector"]["notes"] if key not in ("totalMessages", "collector", "teams")]

    assert len(exact) == 10
    for key in (*exact, "teams.totalTeams", "collector.messages.documents"):
        assert at(last, key) == told[key], key


def test_messages_are_counted_along_their_index_alone(past: Db, mongod_url: str) -> None:
    recorder = Recorder()
    with connect(mongod_url, "TEST", recorder) as client:
        backfill(client[past.name]).run()
        commands = recorder.take()
    asked = [command for command in commands if command["aggregate"] in (Collection.MESSAGES, Collection.USERS)]
    items = [item(command, Sources(RocketChat(past))) for command in asked[2::7]]

    assert {command["comment"] for command in commands} == {"rcstats backfill"}
    assert {stage for one in items for stage in one.stages} <= {"IXSCAN", "COUNT_SCAN"}
    assert {one.documents for one in items} == {0}
    assert sum(one.keys for one in items) > 0


def test_the_profiler_sees_no_scan_of_what_grows(past: Db) -> None:
    past.command("profile", 2)
    try:
        backfill(past).run()
    finally:
        past.command("profile", 0)
    plans = {
        (row["ns"].split(".")[-1], row["planSummary"].split()[0])
        for row in past["system.profile"].find(
            {"command.comment": "rcstats backfill", "planSummary": {"$exists": True}}
        )
    }
    scanned = {collection for collection, plan in plans if plan == "COLLSCAN"}

    assert (str(Collection.MESSAGES), "IXSCAN") in plans
    assert scanned == {str(Collection.TEAMS)}


def test_without_its_index_a_collection_is_left_out(past: Db) -> None:
    past[Collection.MESSAGES].drop_index("ts_1")
    filling = backfill(past)
    filling.run()

    assert list(filling.left_out) == [Collection.MESSAGES]
    assert "never scanned" in filling.left_out[Collection.MESSAGES]
    assert all("totalMessages" not in found and found["totalUsers"] for found in stored(past))


def test_the_workspace_is_only_read(past: Db) -> None:
    names = [name for name in past.list_collection_names() if name != "statistics"]
    before = {name: list(past[name].find()) for name in names}
    backfill(past).run()

    assert {name: list(past[name].find()) for name in names} == before


class Slow:
    """A workspace that takes a second for each day of messages, by a clock of its own."""

    def __init__(self, a_day: float, limit: float = 1e9) -> None:
        self.time = 0.0
        self.a_day = a_day
        self.limit = limit
        self.asked: list[tuple[timedelta, float]] = []
        self.rests: list[float] = []

    def oldest(self, *_: Any) -> datetime:
        return BEGAN

    def sums_between(self, _: Any, __: Any, ___: Any, span: tuple[datetime, datetime], *____: Any) -> list[int]:
        seconds = (span[1] - span[0]) / timedelta(days=1) * self.a_day
        self.time += min(seconds, self.limit)
        self.asked.append((span[1] - span[0], seconds))
        if seconds > self.limit:
            raise DatabaseError("did not answer in time") from TimeLimitError()
        return [1, 1]

    def walk(self, days: int) -> IndexWalk:
        walk = IndexWalk(MESSAGES, self, Pace(lambda: self.time, self.rests.append))  # type: ignore[arg-type]
        walk.begin()
        walk.advance(BEGAN + timedelta(days=days), lambda: None)
        return walk


class TimeLimitError(Exception):
    timeout = True


@pytest.mark.parametrize("a_day", [0.001, 0.02, 1.0, 300.0])
def test_a_query_comes_to_take_a_tenth_of_a_second(a_day: float) -> None:
    slow = Slow(a_day)
    slow.walk(days=5 if a_day >= 1 else 2000)
    settled = slow.asked[20:-1]

    assert settled
    for span, seconds in settled:
        assert seconds == pytest.approx(walk.TARGET, rel=0.01) or span == walk.LONGEST_SPAN


def test_each_query_is_followed_by_a_rest_of_the_same_length() -> None:
    slow = Slow(1.0)
    slow.walk(days=3)

    assert slow.rests[1:] == pytest.approx([seconds for _, seconds in slow.asked])


def test_each_stretch_is_counted_once_however_it_is_cut() -> None:
    slow = Slow(1.0)
    walk = slow.walk(days=5)

    assert sum((span for span, _ in slow.asked), timedelta()) == timedelta(days=5)
    assert walk.values["totalMessages"] == len(slow.asked)


def test_what_takes_too_long_is_asked_again_in_smaller_stretches() -> None:
    slow = Slow(40.0, limit=5.0)
    walk = slow.walk(days=1)
    answered = [span for span, seconds in slow.asked if seconds <= slow.limit]

    assert len(answered) < len(slow.asked)
    assert sum(answered, timedelta()) == timedelta(days=1)
    assert walk.values["totalMessages"] == len(answered)


def test_what_is_too_slow_even_for_a_second_of_it_ends_the_run() -> None:
    with pytest.raises(DatabaseError, match="in time"):
        Slow(1e9, limit=5.0).walk(days=1)


def test_points_lie_on_the_calendar_of_the_zone_also_where_clocks_change() -> None:
    spring = CalendarGrid.parse("1d", BERLIN).between(
        datetime(2024, 3, 30, tzinfo=BERLIN), datetime(2024, 4, 2, tzinfo=BERLIN)
    )
    autumn = CalendarGrid.parse("1d", BERLIN).between(
        datetime(2024, 10, 27, tzinfo=BERLIN), datetime(2024, 10, 28, tzinfo=BERLIN)
    )
    hours = CalendarGrid.parse("1h", BERLIN).between(
        datetime(2024, 10, 27, tzinfo=BERLIN), datetime(2024, 10, 28, tzinfo=BERLIN)
    )

    assert [bucket.end.astimezone(UTC).hour for bucket in spring] == [23, 22, 22]
    assert [(bucket.end - bucket.start) / timedelta(hours=1) for bucket in (*spring, *autumn)] == [24, 23, 24, 25]
    assert len(hours) == 25


def test_the_numbers_of_the_day_on_which_clocks_change_are_those_of_its_own_hours(real_database: Db) -> None:
    make_indexes(real_database)
    at_midnight = datetime(2024, 3, 31, 22, tzinfo=UTC)  # as summer time begins on that day
    made = [at_midnight - timedelta(hours=23), at_midnight - TICK, at_midnight]
    insert(real_database, Collection.USERS, *[user(createdAt=moment, username=str(moment)) for moment in made])
    backfill(real_database, zone=BERLIN, since=made[0], until=on(2, 0, month=4), now=on(2, 12, month=4)).run()

    assert [(found["createdAt"], found["totalUsers"]) for found in stored(real_database)] == [
        (at_midnight - TICK, 2),
        (at_midnight + timedelta(days=1) - TICK, 3),
    ]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia"])
@pytest.mark.parametrize("every", ["1h", "6h", "1d", "3d", "1w", "2w", "1mo", "5mo"])
def test_buckets_are_those_of_the_series(real_database: Db, zone: str, every: str) -> None:
    real_database["one"].insert_one({})
    grid = CalendarGrid.parse(every, ZoneInfo(zone))
    unit = {"h": "hour", "d": "day", "w": "week", "mo": "month"}[grid.unit]
    begin = datetime(2018, 10, 20, tzinfo=UTC)
    length = {"h": 20, "d": 60, "w": 300, "mo": 2000}[grid.unit]
    buckets = grid.between(begin, begin + timedelta(days=length))
    moments = [moment for bucket in buckets for moment in (bucket.start, bucket.last)]
    dates = {
        "$map": {
            "input": moments,
            "in": {
                "$dateTrunc": {
                    "date": "$$this",
                    "unit": unit,
                    "binSize": grid.size,
                    "timezone": zone,
                    "startOfWeek": "monday",
                }
            },
        }
    }
    (row,) = real_database["one"].aggregate([{"$project": {"starts": dates}}])

    assert len(buckets) > 5
    assert row["starts"] == [bucket.start for bucket in buckets for _ in range(2)]


@pytest.mark.parametrize("every", ["often", "1m", "0d", "1", "d", "-1d", "1y", "1d "])
def test_an_unknown_width_is_refused(every: str) -> None:
    with pytest.raises(RcstatsError, match="expected a number and one of h, d, w, mo"):
        CalendarGrid.parse(every, BERLIN)


def test_too_many_points_are_refused(real_database: Db) -> None:
    insert(real_database, Collection.USERS, user(createdAt=datetime(2015, 1, 1, tzinfo=UTC)))
    make_indexes(real_database)

    with pytest.raises(RcstatsError, match="more than 20,000"):
        backfill(real_database, since=datetime(2015, 1, 1, tzinfo=UTC), every="1h")
    assert len(backfill(real_database, since=NOW - timedelta(hours=19_000), every="1h").plan.wanted) == 19_000


def test_ids_are_of_meteors_kind_and_one_for_a_workspace_and_moment() -> None:
    ids = {id_of(workspace, NOW + timedelta(hours=hour)) for workspace in ("a", "b") for hour in range(500)}

    assert len(ids) == 1000
    assert all(len(name) == 17 and name.isalnum() for name in ids)
    assert id_of("a", NOW) == id_of("a", NOW.astimezone(BERLIN))


def test_an_estimate_reads_little_and_stores_nothing(past: Db, mongod_url: str) -> None:
    recorder = Recorder()
    with connect(mongod_url, "TEST", recorder) as client:
        bill = backfill(client[past.name]).bill()
        commands = recorder.take()
    examined = {cost.collection: (cost.keys, cost.documents) for cost in bill.costs}

    assert stored(past) == []
    assert examined[Collection.USERS] == (DAYS, 0)
    assert examined[Collection.MESSAGES] == (105, 0)
    assert examined[Collection.ROOMS] == (16, 16)
    assert bill.seconds > 0
    assert len(commands) < 20
    assert all(
        {"$limit", "$sort"} & {name for stage in command["pipeline"] for name in stage}
        for command in commands
        if "pipeline" in command
    )


def test_what_is_counted_already_is_not_on_the_bill(past: Db) -> None:
    backfill(past, until=on(11, 0)).run()
    bill = backfill(past).bill()

    assert {cost.collection: cost.keys for cost in bill.costs}[Collection.MESSAGES] == 105 - 55


@pytest.fixture
def urls(past: Db, mongod_url: str) -> dict[str, str]:
    url = mongod_url.replace("/?", f"/{past.name}?")
    return {"mongo_url": url, "store_url": url, "timezone": "UTC"}


UNTIL_NOW = ("--since", "2024-02-01", "--until", "2024-03-15")


def test_the_command_says_what_it_did(urls: dict[str, str], past: Db) -> None:
    past["statistics"].insert_one(snapshot(at=on(3)))
    planned = rcstats("backfill", *UNTIL_NOW, "--dry-run", **urls)
    assert len(stored(past)) == 1
    first, second = rcstats("backfill", *UNTIL_NOW, **urls), rcstats("backfill", *UNTIL_NOW, **urls)

    taken = ", 1 left out for snapshots that were taken or imported\n"
    lines = planned.stdout.splitlines(keepends=True)
    assert lines[0] == f"13 snapshots would be reconstructed from 2024-03-01 23:59 to 2024-03-14 23:59{taken}"
    assert "rocketchat_message: at most 105 keys and 0 documents examined\n" in lines
    assert lines[-1].startswith("about ")
    assert (first.stdout, first.stderr, first.returncode) == (f"13 snapshots reconstructed{taken}", "", 0)
    assert second.stdout == f"0 snapshots reconstructed, 13 were there already{taken}"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--since", "2024-03-02", "--until", "2024-03-01"], "--since must be earlier than --until"),
        (
            ["--since", "2024-03-01", "--every", "often"],
            "--every: expected a number and one of h, d, w, mo, for example 1d",
        ),
        (["--since", "then"], "--since: expected an ISO 8601 time, now, or an age such as -30d"),
        (["--since", "-99999y"], "--since: expected an ISO 8601 time, now, or an age such as -30d"),
        (["--since", "2015-01-01", "--every", "1h"], "--every: about "),
    ],
)
def test_what_can_not_be_done_is_one_line(urls: dict[str, str], past: Db, arguments: list[str], error: str) -> None:
    insert(past, Collection.USERS, user(createdAt=datetime(2015, 1, 1, tzinfo=UTC), username="old"))
    ended = rcstats("backfill", *arguments, **urls)

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"rcstats: {error}")
    assert ended.stderr.count("\n") == 1


def test_killed_half_way_it_goes_on_to_what_an_uninterrupted_run_makes(urls: dict[str, str], past: Db) -> None:
    often = [sys.executable, "-m", "collector", "backfill", *UNTIL_NOW, "--every", "2h"]
    with subprocess.Popen(often, env=environment(**urls), stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while past["statistics"].count_documents({}) < 20 and process.poll() is None:
            assert time.monotonic() < deadline
        os.kill(process.pid, signal.SIGKILL)
    made, now = len(stored(past)), datetime.now(UTC)
    assert 20 <= made < 12 * DAYS - 4
    assert backfill(past, every="2h", until=on(15, 0), now=now).run() == 12 * DAYS - 4 - made
    resumed = stored(past)
    past["statistics"].drop()
    backfill(past, every="2h", until=on(15, 0), now=now).run()

    assert stored(past) == resumed
