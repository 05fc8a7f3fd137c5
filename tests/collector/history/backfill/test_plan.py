"""Which snapshots of the past are wanted."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson import DatetimeMS, ObjectId, Timestamp

from collector.errors import RcstatsError
from collector.history.backfill.plan import id_of
from collector.series.calendar import TICK
from collector.sources.collections import Collection
from tests.collector.history.backfill.two_weeks import (
    BEGAN,
    BERLIN,
    DAYS,
    Db,
    backfill,
    make_indexes,
    midnight_after,
    on,
    stored,
)
from tests.factories import NOW, insert, message, snapshot, user


def test_no_snapshot_is_of_a_time_before_the_workspace_or_after_now(past: Db) -> None:
    filling = backfill(past, since=datetime(1990, 1, 1, tzinfo=UTC), until=NOW + timedelta(days=90), every="6h")
    moments = [bucket.last for bucket in filling.plan.wanted]

    assert moments[0] == BEGAN + timedelta(hours=3) - TICK
    assert moments[-1] == datetime(2024, 3, 15, 12, tzinfo=UTC) - TICK


def test_a_moment_that_has_just_passed_waits_for_the_secondaries(past: Db) -> None:
    at_ten = on(15, 0)

    assert backfill(past, now=at_ten + timedelta(minutes=4)).plan.wanted[-1].end == on(14, 0)
    assert backfill(past, now=at_ten + timedelta(minutes=5)).plan.wanted[-1].end == on(15, 0)


def test_where_a_snapshot_was_taken_or_imported_none_is_made(past: Db) -> None:
    own = [snapshot(at=on(4, 0)), snapshot(at=midnight_after(5)), snapshot(workspace="another", at=on(9))]
    past["statistics"].insert_many(own)
    filling = backfill(past)
    filling.run()

    assert filling.plan.taken == 2
    made = {found["createdAt"].day for found in stored(past) if found["collector"].get("kind") == "reconstructed"}
    assert made == set(range(1, DAYS + 1)) - {4, 5}
    assert [past["statistics"].find_one({"_id": one["_id"]}) for one in own] == own


def test_a_second_run_adds_nothing(past: Db) -> None:
    backfill(past).run()
    before = stored(past)
    again = backfill(past)

    assert (again.plan.wanted, again.plan.there, again.run()) == ([], DAYS, 0)
    assert stored(past) == before


def test_a_gap_is_filled_without_touching_what_is_there(past: Db) -> None:
    backfill(past).run()
    whole = stored(past)
    past["statistics"].delete_many({"createdAt": {"$in": [midnight_after(2), midnight_after(8)]}})

    assert backfill(past).run() == 2
    assert stored(past) == whole


@pytest.mark.parametrize("odd", [None, "2024-03-04", Timestamp(1, 1), DatetimeMS(-(10**15)), [on(4)]])
def test_a_foreign_document_in_the_store_keeps_no_day_from_its_snapshot(past: Db, odd: Any) -> None:
    past["statistics"].insert_many([snapshot(createdAt=odd), snapshot(createdAt=odd, _id=ObjectId(), collector=[])])
    past["statistics"].insert_one({"_id": 1, "collector": [{"workspace": "workspace"}], "createdAt": odd})
    filling = backfill(past)

    assert (filling.plan.taken, filling.run()) == (0, DAYS)


def test_an_empty_workspace_has_no_past(real_database: Db) -> None:
    filling = backfill(real_database)

    assert (filling.plan.wanted, filling.run(), filling.costs()) == ([], 0, [])


def test_a_workspace_dated_at_the_end_of_the_calendar_has_no_past(real_database: Db) -> None:
    make_indexes(real_database)
    insert(real_database, Collection.USERS, user(createdAt=datetime(9999, 12, 31, 23, 59, tzinfo=UTC)))

    assert backfill(real_database, zone=ZoneInfo("Pacific/Kiritimati")).run() == 0


@pytest.mark.parametrize(
    "odd", [[BEGAN - TICK], [], DatetimeMS(10**15), DatetimeMS(-(10**15)), Timestamp(1, 1), "2024", None]
)
def test_a_value_that_is_not_a_date_does_not_say_when_the_workspace_began(past: Db, odd: Any) -> None:
    insert(past, Collection.USERS, user(createdAt=odd, username="odd"))
    insert(past, Collection.MESSAGES, message(ts=odd))
    filling = backfill(past)

    assert (filling.begins, filling.left_out, filling.run()) == (BEGAN, {}, DAYS)


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
