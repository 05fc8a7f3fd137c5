"""What Prometheus scrapes."""

import re
import time
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from api.access.admission import Admission
from api.app import MEASURED, SECONDS, create
from api.caching.responses import ResponseCache
from api.routes import workspace_metrics
from api.routes.health import Status
from api.routes.metrics import Newest
from api.routes.statistics import Statistics
from collector import __version__
from collector.errors import DatabaseError
from collector.mongodb.connection import connect
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog
from collector.store.snapshots import Store
from collector.telemetry import Telemetry
from tests.api.conftest import ADMIN, LIST
from tests.api.scrapes import HERE, REQUESTS, client_of, paths, series
from tests.commands import Commands
from tests.factories import nulls, snapshot

Db = Database[dict[str, Any]]


def test_the_newest_snapshots_statistics_are_gauges(workspace: Db, here: TestClient) -> None:
    last = datetime(2024, 3, 1, tzinfo=UTC)
    known: dict[str, Any] = {"activeUsers": 5, "nonActiveUsers": 2, "onlineUsers": 3, "busyUsers": 0, "totalDirect": 7}
    known |= {"totalChannelMessages": 2**40, "uploadsTotalSize": 1.5, "version": "7.10.0", "uniqueId": "its id"}
    known |= {"uniqueUsersOfLastMonth": {"data": [{"count": 11, "roles": [{"count": 11}]}]}, "lastLogin": last}
    known |= {"collector": {"workspace": "workspace", "messages": {"documents": 9}}}
    Store(workspace).add(snapshot(at=last, activeUsers=1, appUsers=1))
    Store(workspace).add(snapshot(**known))

    assert series(here, "rocketchat_") == {
        'rocketchat_info{unique_id="its id",version="7.10.0"}': 1,
        'rocketchat_users{state="active"}': 5,
        'rocketchat_users{state="inactive"}': 2,
        'rocketchat_users_connected{status="online"}': 3,
        'rocketchat_users_connected{status="busy"}': 0,
        'rocketchat_rooms{type="direct"}': 7,
        'rocketchat_messages{room_type="channel"}': 2**40,
        "rocketchat_upload_bytes": 1.5,
        "rocketchat_monthly_active_users": 11,
        "rocketchat_last_login_timestamp_seconds": last.timestamp(),
        "rocketchat_messages_stored": 9,
    }


@pytest.mark.parametrize("value", [None, "5", True, [], {"of": 5}])
def test_a_value_that_is_not_a_number_has_no_metric(workspace: Db, here: TestClient, value: Any) -> None:
    Store(workspace).add(snapshot(appUsers=value, totalUsers=5, version=5))

    assert series(here, "rocketchat_") == {"rocketchat_accounts": 5}


def test_a_day_without_users_is_zero_and_an_unread_week_has_no_metric(workspace: Db, here: TestClient) -> None:
    Store(workspace).add(snapshot(uniqueUsersOfYesterday={"data": []}))

    assert series(here, "rocketchat_") == {"rocketchat_daily_active_users": 0}


def test_every_gauge_shows_a_statistic_that_is_collected() -> None:
    keys = tuple(f"{statistic.key}." for statistic in catalog.STATISTICS)
    shown = [path for *_, at in workspace_metrics.WORKSPACE for path in at.values()] + list(
        workspace_metrics.ABOUT.values()
    )

    assert [path for path in shown if not f"{path}.".startswith(keys)] == []
    assert len(set(shown)) == len(shown)


def test_another_workspaces_snapshot_is_not_shown(workspace: Db, here: TestClient) -> None:
    Store(workspace).add(snapshot("another", totalUsers=5))

    assert series(here, "rocketchat_", "rcstats_snapshot") == {}


def test_metrics_include_the_newest_snapshots_own_figures(workspace: Db, here: TestClient) -> None:
    readings = {"presence": {"ok": True, "seconds": 0.25}, "rooms": {"ok": False, "seconds": 15, "error": "too long"}}
    own = {"workspace": "workspace", "readings": readings, "seconds": 15.5}
    Store(workspace).add(snapshot(at=datetime.now(UTC) - timedelta(seconds=90), collector=own))
    told = series(here, "rcstats_snapshot", "rcstats_reading")

    assert 90 <= told.pop("rcstats_snapshot_age_seconds") < 100
    assert 90 <= time.time() - told.pop("rcstats_snapshot_timestamp_seconds") < 100
    assert told == {
        "rcstats_snapshot_duration_seconds": 15.5,
        'rcstats_reading_duration_seconds{reading="presence"}': 0.25,
        'rcstats_reading_duration_seconds{reading="rooms"}': 15,
        'rcstats_reading_ok{reading="presence"}': 1,
        'rcstats_reading_ok{reading="rooms"}': 0,
    }


def test_metrics_tell_when_values_were_read_and_recounted(workspace: Db, here: TestClient) -> None:
    read_at, recounted_at = datetime(2024, 3, 15, 12, tzinfo=UTC), datetime(2024, 3, 14, tzinfo=UTC)
    own = {
        "workspace": "workspace",
        "readings": {"rooms": {"ok": True, "seconds": 1, "readAt": read_at, "carried": True}},
        "recount": {"at": recounted_at, "differing": ["sessions"]},
    }
    Store(workspace).add(snapshot(collector=own))

    assert series(here, "rcstats_reading_timestamp", "rcstats_recount") == {
        'rcstats_reading_timestamp_seconds{reading="rooms"}': read_at.timestamp(),
        "rcstats_recount_timestamp_seconds": recounted_at.timestamp(),
        "rcstats_recount_differing_readings": 1,
    }


@pytest.mark.parametrize("recount", [None, "never", [], {"at": "once", "differing": 5}])
def test_an_odd_recount_has_no_metrics(recount: object, workspace: Db, here: TestClient) -> None:
    Store(workspace).add(snapshot(collector={"workspace": "workspace", "recount": recount}))

    assert series(here, "rcstats_recount") == {}


def test_the_other_metrics_are_exported_without_a_snapshot(here: TestClient) -> None:
    told = series(here)

    assert told["rcstats_store_up"] == told[f'rcstats_build_info{{version="{__version__}"}}'] == 1
    assert told["process_resident_memory_bytes"] > 0
    assert not [name for name in told if name.startswith(("rocketchat_", "rcstats_snapshot", "rcstats_reading"))]


def test_the_daemons_counters_are_exported_and_start_at_zero(workspace: Db) -> None:
    telemetry = Telemetry()
    of = ("rcstats_slots", "rcstats_database", "rcstats_spool")
    with client_of(workspace, telemetry=telemetry) as client:
        before = series(client, *of)
        telemetry.slots.add("taken", 2)
        telemetry.slots.add("failed")
        telemetry.database_errors.add("snapshot")
        telemetry.spooled = 4
        after = series(client, *of)

    assert set(before.values()) == {0}
    assert after == {
        'rcstats_slots_total{outcome="taken"}': 2,
        'rcstats_slots_total{outcome="skipped"}': 0,
        'rcstats_slots_total{outcome="failed"}': 1,
        'rcstats_database_errors_total{asked_for="snapshot"}': 1,
        'rcstats_database_errors_total{asked_for="request"}': 0,
        "rcstats_spool_snapshots": 4,
    }
    assert set(before) == set(after)


def test_requests_are_counted_by_route_and_status(here: TestClient) -> None:
    for path in (LIST, f"{LIST}?count=1", "/health", "/api/v1/users.list", "/api/v1/1", "/health/"):
        here.get(path, follow_redirects=False)
    here.get("/api/v1/statistics", headers=ADMIN)
    here.post(LIST)
    here.options(LIST)

    assert series(here, REQUESTS) == {
        f'{REQUESTS}{{route="{LIST}",status="401"}}': 2,
        f'{REQUESTS}{{route="{LIST}",status="405"}}': 1,
        f'{REQUESTS}{{route="{LIST}",status="200"}}': 1,
        f'{REQUESTS}{{route="/health",status="200"}}': 1,
        f'{REQUESTS}{{route="/api/v1/statistics",status="200"}}': 1,
        f'{REQUESTS}{{route="other",status="404"}}': 3,
    }
    assert series(here, f'{REQUESTS}{{route="/metrics"') == {f'{REQUESTS}{{route="/metrics",status="200"}}': 1}


def test_durations_of_requests_to_the_api_are_a_histogram_by_route(here: TestClient) -> None:
    for path in (LIST, "/health", "/nowhere"):
        here.get(path)
    name = "rcstats_http_request_duration_seconds"
    told = series(here, name)

    def buckets(route: str) -> list[float]:
        limits = [*map(float, SECONDS), "+Inf"]
        return [told[f'{name}_bucket{{le="{limit}",route="{route}"}}'] for limit in limits]

    assert (SECONDS[0], SECONDS[-1]) == (0.001, 10)
    assert buckets(LIST) == sorted(buckets(LIST))
    assert buckets(LIST)[-1] == told[f'{name}_count{{route="{LIST}"}}'] == 1
    assert 0 < told[f'{name}_sum{{route="{LIST}"}}'] < 10
    watched = {path for path in paths(here) if path.startswith(MEASURED)}
    assert set(re.findall(rf'{name}_count{{route="([^"]+)"}}', str(told))) == watched  # from the start


@pytest.mark.parametrize(("problem", "up"), [("", 1), ("the schedule is stuck", 0)])
def test_metrics_tell_whether_snapshots_are_taken_on_time(workspace: Db, problem: str, up: int) -> None:
    with client_of(workspace, schedule=lambda: problem) as client:
        assert series(client, "rcstats_schedule") == {"rcstats_schedule_up": up}


def test_an_unhandled_error_counts_as_500(workspace: Db) -> None:
    def bug() -> Future[dict[str, Any]]:
        raise RuntimeError

    answers = ResponseCache(Admission(RocketChat(workspace)), Store(workspace), seconds=0)
    app = create(answers, Statistics(answers, Store(workspace), bug), Status({}))
    with TestClient(app, f"http://{HERE}", raise_server_exceptions=False, client=(HERE, 1)) as client:
        client.get("/api/v1/statistics?refresh=true", headers=ADMIN)
        told = series(client)

    assert told[f'{REQUESTS}{{route="/api/v1/statistics",status="500"}}'] == 1
    assert told['rcstats_database_errors_total{asked_for="request"}'] == 0


def test_two_applications_in_a_process_count_separately(workspace: Db, here: TestClient) -> None:
    with client_of(workspace) as other:
        other.get("/health")
        assert len(series(other, REQUESTS)) == 1

    assert series(here, REQUESTS) == {}


def test_the_other_metrics_are_exported_in_time_while_mongodb_is_unavailable(nowhere: Db) -> None:
    with client_of(nowhere) as client:
        begun = time.monotonic()
        told = series(client)
        took = time.monotonic() - begun

    assert took < 5  # not the minute of the URL
    assert told["rcstats_store_up"] == 0
    assert told['rcstats_slots_total{outcome="taken"}'] == 0
    assert not [name for name in told if name.startswith("rocketchat_")]


def test_mongodb_errors_of_requests_are_counted(nowhere: Db) -> None:
    with client_of(nowhere) as client:
        assert client.get(LIST, headers=ADMIN).status_code == 503
        told = series(client)

    assert told[f'{REQUESTS}{{route="{LIST}",status="503"}}'] == 1
    assert told['rcstats_database_errors_total{asked_for="request"}'] == 2  # the list, and this scrape


def test_the_store_is_up_while_only_the_workspace_is_unavailable(nowhere: Db, workspace: Db) -> None:
    Store(workspace).add(snapshot(totalUsers=5))
    with client_of(nowhere, store=workspace) as client:
        told = series(client)

    assert told["rcstats_store_up"] == 1
    assert "rocketchat_accounts" not in told  # nobody has told whose it is


class Leaving(RocketChat):
    """A workspace that tells once who it is."""

    has_left = False

    def identity(self) -> str:
        if self.has_left:
            raise DatabaseError("away")
        self.has_left = True
        return super().identity()


def test_the_identity_of_an_unavailable_workspace_is_remembered(workspace: Db) -> None:
    Store(workspace).add(snapshot(_id="its own"))
    newest = Newest(Leaving(workspace), Store(workspace), identity_holds=0)

    assert [document and document["_id"] for document in (newest(), newest())] == ["its own", "its own"]


def test_a_changed_workspace_id_is_noticed(workspace: Db) -> None:
    Store(workspace).add(snapshot("renamed", _id="its new one"))
    newest = Newest(RocketChat(workspace), Store(workspace), identity_holds=0)
    found = [newest()]
    workspace[Collection.SETTINGS].update_one({"_id": "uniqueID"}, {"$set": {"value": "renamed"}})
    found.append(newest())

    assert [document and document["_id"] for document in found] == [None, "its new one"]


def test_a_scrape_is_one_query_which_concurrent_scrapes_share(workspace: Db, mongod_url: str) -> None:
    Store(workspace).add(snapshot(totalUsers=5))
    heard = Commands()
    with connect(mongod_url, "TEST", heard) as mongodb:
        for seconds, asked in ((0, ["find"]), (60, [])):
            with client_of(mongodb[workspace.name], seconds=seconds) as client:
                series(client)
                heard.names.clear()
                assert series(client)["rocketchat_accounts"] == 5
            assert heard.names == asked


def test_null_has_no_metric_at_any_depth(workspace: Db, here: TestClient) -> None:
    rows: dict[str, Any] = {
        "uniqueUsersOfYesterday": {"data": [{"count": None}]},
        "uniqueUsersOfLastWeek": {"data": None},
    }
    Store(workspace).add(snapshot(totalUsers=5, version=None, **rows, **nulls()))

    assert series(here, "rocketchat_") == {"rocketchat_accounts": 5}
