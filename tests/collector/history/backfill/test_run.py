"""Snapshots of the past, made of the workspace's dates."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collector.key_paths import at
from collector.series.calendar import TICK
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog
from tests.collector.history.backfill.two_weeks import (
    BERLIN,
    DAYS,
    Db,
    backfill,
    make_indexes,
    midnight_after,
    on,
    stored,
)
from tests.factories import NOW, insert, user


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

    assert (own["kind"], own["workspace"], own["unavailable"], own["readings"]) == (
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

    def stop(added: int, _: int) -> None:
        if added >= end:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backfill(past).run(stop)
    assert stored(past) == whole[:end]
    assert backfill(past).run() == DAYS - end
    assert stored(past) == whole


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


def test_the_workspace_is_only_read(past: Db) -> None:
    names = [name for name in past.list_collection_names() if name != "statistics"]
    before = {name: list(past[name].find()) for name in names}
    backfill(past).run()

    assert {name: list(past[name].find()) for name in names} == before


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
