"""The demo's past: hourly snapshots of a workspace with a life, marked as made up, that end where reality begins."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from pymongo.database import Database

from collector.demo.life import SIZE, Life
from collector.demo.sample import own_statistics
from collector.demo.sample.blueprint import Plan
from collector.demo.snapshots.documents import Past
from collector.demo.snapshots.timeline import Timeline, within
from collector.key_paths import Document, at
from collector.mongodb.connection import Client
from collector.series.forecast import anomaly
from collector.statistics.collector import Collector
from tests.factories import sources

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEDNESDAY = datetime(2026, 7, 15, 15, 20, 30, tzinfo=UTC)
Db = Database[Document]


@pytest.fixture(scope="module")
def life(real_client: Client) -> Iterator[Life]:
    """A workspace of the demo with its past."""
    name = uuid4().hex
    found = Life(real_client[f"test_{name}"], real_client[f"store_{name}"], datetime.now(UTC))
    found.begin()
    with found.running():
        found.remember(first(found))
        yield found
    for database in (found.database, found.store):
        real_client.drop_database(database.name)


def first(life: Life) -> Document:
    return Collector(sources(life.database), "UTC", lambda _: None).collect()


@pytest.fixture(scope="module")
def snapshots(life: Life) -> list[Document]:
    return list(life.store["statistics"].find(sort=[("createdAt", 1)]))


def values(snapshots: list[Document], path: str) -> list[Any]:
    return [at(snapshot, path) for snapshot in snapshots]


def changes(snapshots: list[Document], path: str) -> int:
    return sum(before != after for before, after in pairwise(values(snapshots, path)))


def past(life: Life, now: datetime) -> tuple[Timeline, list[Document]]:
    """What the demo would have made at another moment."""
    plan = Plan(SIZE, now, 1)
    timeline = Timeline.until(now, plan.installed)
    return timeline, list(Past(first(life), plan, timeline).snapshots())


def test_each_snapshot_says_that_it_is_made_up(snapshots: list[Document]) -> None:
    assert set(values(snapshots, "collector.kind")) == {"sample"}
    assert set(values(snapshots, "collector.notes.collector.kind")) == {"this snapshot is made up by rcstats demo"}


def test_there_is_one_an_hour_for_ninety_days_but_for_one_gap(snapshots: list[Document], life: Life) -> None:
    slots = values(snapshots, "collector.slot")
    steps = [after - before for before, after in pairwise(slots)]

    assert slots[-1] == life.now.replace(minute=0, second=0, microsecond=0) - HOUR
    assert (slots[-1] - slots[0]) == 90 * DAY - HOUR
    assert sorted(set(steps)) == [HOUR, 8 * HOUR]
    assert steps.count(8 * HOUR) == 1


def test_people_come_on_working_days(snapshots: list[Document]) -> None:
    noons = [snapshot for snapshot in snapshots if snapshot["collector"]["slot"].astimezone().hour == 11]
    last = noons[-28:-14]
    weekend, week = (
        [s["onlineUsers"] for s in last if (s["createdAt"].weekday() >= 5) == is_it] for is_it in (True, False)
    )

    assert max(weekend) * 3 < min(week)


def test_connections_come_near_200(snapshots: list[Document]) -> None:
    assert 170 < max(values(snapshots, "collector.connections.now")) < 200
    assert max(values(snapshots[:240], "collector.connections.now")) < 160


def test_the_server_was_upgraded_and_restarted_and_a_second_instance_came(snapshots: list[Document]) -> None:
    uptimes = values(snapshots, "process.uptime")

    assert [changes(snapshots, path) for path in ("version", "migration.version", "instanceCount")] == [1, 1, 1]
    assert sum(after < before for before, after in pairwise(uptimes)) == 2
    assert [len(one) for one in (snapshots[0]["collector"]["instances"], snapshots[-1]["collector"]["instances"])] == [
        1,
        2,
    ]


def test_a_reading_failed_for_two_hours_and_left_its_values_out(snapshots: list[Document]) -> None:
    failed = [one for one in snapshots if not at(one, "collector.readings.uploads.ok")]

    assert len(failed) == 2
    assert ["uploadsTotal" in one for one in failed] == [False, False]
    assert set(values(failed, "collector.unavailable.uploadsTotal")) == {
        "the reading uploads failed: the workspace's MongoDB did not answer in time"
    }
    assert all("uploadsTotal" in one for one in snapshots if one not in failed)


def test_totals_only_grow_and_are_the_sums_of_their_parts(snapshots: list[Document]) -> None:
    for path in ("totalUsers", "totalMessages", "totalRooms", "contactVerification.totalContacts"):
        assert values(snapshots, path) == sorted(values(snapshots, path))
    states = [f"{state}Users" for state in ("online", "away", "busy", "offline")]
    rooms = ("totalChannels", "totalPrivateGroups", "totalDirect", "totalLivechat")
    assert all(one["totalUsers"] == sum(one[state] for state in states) for one in snapshots)
    assert all(one["totalRooms"] == sum(one[kind] for kind in rooms) for one in snapshots)


def test_the_past_ends_where_the_first_real_snapshot_is(snapshots: list[Document], life: Life) -> None:
    real, last = first(life), snapshots[-1]

    assert last.keys() == real.keys()
    for path in ("totalUsers", "totalRooms", "totalMessages", "uploadsTotalSize", "activeUsers", "totalLivechat"):
        assert real[path] * 0.97 < last[path] <= real[path]
    assert last["instanceCount"] == real["instanceCount"] == 2
    assert last["uniqueUsersOfYesterday"]["data"][0].keys() == real["uniqueUsersOfYesterday"]["data"][0].keys()


def test_no_value_can_be_reused_by_a_real_snapshot(snapshots: list[Document]) -> None:
    assert {tuple(record) for record in at(snapshots[-1], "collector.readings").values()} == {("ok", "seconds")}


@pytest.mark.parametrize("days", range(7))
def test_the_only_anomaly_is_that_people_could_not_sign_in(days: int, life: Life) -> None:
    timeline, made = past(life, WEDNESDAY + days * DAY)
    locked_out = [one["collector"]["slot"] for one in made if within(one["collector"]["slot"], timeline.locked_out)]

    assert anomalies(made, "onlineUsers") == locked_out
    assert anomalies(made, "collector.seconds") == []


def anomalies(made: list[Document], path: str) -> list[datetime]:
    """The slots of the last twelve days at which a figure was one."""
    points = [(one["collector"]["slot"], float(at(one, path))) for one in made]
    last = range(len(points) - 288, len(points))
    return [points[n][0] for n in last if anomaly(path, points[: n + 1], ZoneInfo("UTC"))]


def test_the_server_stored_its_statistics_once_a_day_since_it_was_installed(life: Life) -> None:
    stored = list(life.database["rocketchat_statistics"].find(sort=[("createdAt", -1)]))

    assert len(stored) == 359
    assert {before["createdAt"] - after["createdAt"] for before, after in pairwise(stored)} == {DAY}
    assert (
        stored[0]["createdAt"]
        == life.now.replace(microsecond=life.now.microsecond // 1000 * 1000) - own_statistics.BEFORE
    )
    assert all("collector" not in one and one["totalMessages"] >= 0 for one in stored)


def test_a_demo_that_is_started_again_has_processes_that_have_just_started(life: Life) -> None:
    again = Life(life.database, life.store, datetime.now(UTC))
    with again.running():
        starts = {row["_createdAt"] for row in life.database["instances"].find({"_createdAt": {"$gte": life.now}})}

    assert len(starts) == 1
