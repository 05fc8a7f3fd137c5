"""The statistics of sessions of a past day."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson import Decimal128

from collector.errors import CommandRefusedError, DatabaseError
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog
from collector.statistics.subjects.sessions import session_statistics
from collector.statistics.values import Values
from tests.collector.history.backfill.two_weeks import DAYS, Db, backfill, midnight_after, stored
from tests.factories import insert, user


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
