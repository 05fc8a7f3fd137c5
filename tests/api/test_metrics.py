"""What Prometheus scrapes, and who may."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from pymongo.database import Database
from starlette.routing import Route
from starlette.testclient import TestClient

from api import memory, metrics
from api.answers import Answers
from api.app import OTHER, SECONDS, create
from api.metrics import Metrics, Newest
from api.statistics import Statistics
from api.status import Status
from collector import __version__, catalog
from collector import snapshot as snapshots
from collector.connection import connect
from collector.demo.mongod import free_port
from collector.errors import DatabaseError, SettingsError
from collector.record import Record
from collector.settings import load
from collector.sources import Sources
from collector.sources.rocketchat import Collection, RocketChat
from collector.store import Store
from tests.api.conftest import ADMIN, LIST
from tests.api.test_answers import Heard
from tests.factories import snapshot
from tests.processes import running

Db = Database[dict[str, Any]]
Series = dict[str, float]
HERE = "127.0.0.1"
TOKEN = "a token that nobody guesses"
REQUESTS = "rcstats_http_requests_total"


def client_of(database: Db, store: Db | None = None, address: str = HERE, **over: Any) -> TestClient:
    """A client at this address, over the real application and its metrics."""
    workspace, kept = RocketChat(database), Store(database if store is None else store)
    answers = Answers(workspace, kept, seconds=0)
    told = Metrics(Newest(workspace, kept), **{"seconds": 0} | over)
    app = create(answers, Statistics(answers, kept, snapshot), Status({}), told)
    return TestClient(app, raise_server_exceptions=False, client=(address, 50_000))


@pytest.fixture
def here(workspace: Db) -> Iterator[TestClient]:
    with client_of(workspace) as client:
        yield client


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Db]:
    """A database on a port where nobody listens; requests do not wait for it long."""
    monkeypatch.setattr(memory, "ANSWER_WITHIN", 2)
    monkeypatch.setattr(metrics, "IDENTITY_WITHIN", 0.3)
    with connect(f"mongodb://rcstats:its-password@{HERE}:{free_port()}/?timeoutMS=60000", "TEST") as client:
        yield client["rocketchat"]


@pytest.fixture
def taken(workspace: Db) -> dict[str, Any]:
    """A snapshot that all readings made of the workspace, stored."""
    sources = Sources(RocketChat(workspace))
    document = snapshots.take(catalog.READINGS, sources, snapshots.Circumstances("workspace", "UTC"))
    Store(workspace).add(document)
    return document


def families(client: TestClient) -> list[Metric]:
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return list(text_string_to_metric_families(answer.text))


def typed(client: TestClient) -> list[tuple[str, float]]:
    """Series as one types them, name{label="value"}, and their values."""
    samples = [sample for family in families(client) for sample in family.samples]
    return [(sample.name + _typed(sample.labels), sample.value) for sample in samples]


def _typed(labels: dict[str, str]) -> str:
    inside = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{{{inside}}}" if inside else ""


def series(client: TestClient, *beginnings: str) -> Series:
    return {name: value for name, value in typed(client) if name.startswith(beginnings or "")}


def paths(client: TestClient) -> set[str]:
    return {route.path for route in client.app.routes if isinstance(route, Route)}  # type: ignore[attr-defined]


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
def test_what_is_no_number_is_no_series(workspace: Db, here: TestClient, value: Any) -> None:
    Store(workspace).add(snapshot(appUsers=value, totalUsers=5, version=5))

    assert series(here, "rocketchat_") == {"rocketchat_accounts": 5}


def test_a_day_without_a_user_is_zero_and_a_week_that_was_not_read_is_no_series(
    workspace: Db, here: TestClient
) -> None:
    Store(workspace).add(snapshot(uniqueUsersOfYesterday={"data": []}))

    assert series(here, "rocketchat_") == {"rocketchat_daily_active_users": 0}


def test_every_gauge_shows_a_statistic_that_is_collected() -> None:
    keys = tuple(f"{statistic.key}." for statistic in catalog.STATISTICS)
    shown = [path for *_, at in metrics.WORKSPACE for path in at.values()] + list(metrics.ABOUT.values())

    assert [path for path in shown if not f"{path}.".startswith(keys)] == []
    assert len(set(shown)) == len(shown)


def test_another_workspaces_snapshot_is_not_shown(workspace: Db, here: TestClient) -> None:
    Store(workspace).add(snapshot("another", totalUsers=5))

    assert series(here, "rocketchat_", "rcstats_snapshot") == {}


def test_how_the_newest_snapshot_went_is_told(workspace: Db, here: TestClient) -> None:
    readings = {"presence": {"ok": True, "seconds": 0.25}, "rooms": {"ok": False, "seconds": 15, "error": "too long"}}
    own = {"workspace": "workspace", "readings": readings, "seconds": 15.5}
    Store(workspace).add(snapshot(at=datetime.now(UTC) - timedelta(seconds=90), collector=own))
    told = series(here, "rcstats_snapshot", "rcstats_reading")

    assert 90 <= told.pop("rcstats_snapshot_age_seconds") < 100
    assert told == {
        "rcstats_snapshot_duration_seconds": 15.5,
        'rcstats_reading_duration_seconds{reading="presence"}': 0.25,
        'rcstats_reading_duration_seconds{reading="rooms"}': 15,
        'rcstats_reading_ok{reading="presence"}': 1,
        'rcstats_reading_ok{reading="rooms"}': 0,
    }


def test_without_a_snapshot_the_rest_is_told(here: TestClient) -> None:
    told = series(here)

    assert told["rcstats_store_up"] == told[f'rcstats_build_info{{version="{__version__}"}}'] == 1
    assert told["process_resident_memory_bytes"] > 0
    assert not [name for name in told if name.startswith(("rocketchat_", "rcstats_snapshot", "rcstats_reading"))]


def test_what_the_daemon_recorded_is_told_and_what_never_happened_is_zero(workspace: Db) -> None:
    record = Record()
    of = ("rcstats_slots", "rcstats_database", "rcstats_spool")
    with client_of(workspace, record=record) as client:
        before = series(client, *of)
        record.slot("taken")
        record.slot("taken")
        record.slot("failed")
        record.database_error("snapshot")
        record.waiting = 4
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
        f'{REQUESTS}{{route="other",status="404"}}': 2,
        f'{REQUESTS}{{route="other",status="307"}}': 1,
    }
    assert series(here, f'{REQUESTS}{{route="/metrics"') == {f'{REQUESTS}{{route="/metrics",status="200"}}': 1}


def test_the_seconds_of_requests_are_a_histogram_by_route(here: TestClient) -> None:
    here.get("/health")
    name = "rcstats_http_request_duration_seconds"
    told = series(here, name)

    def buckets(route: str) -> list[float]:
        limits = [*map(float, SECONDS), "+Inf"]
        return [told[f'{name}_bucket{{le="{limit}",route="{route}"}}'] for limit in limits]

    assert (SECONDS[0], SECONDS[-1]) == (0.001, 10)
    assert buckets("/health") == sorted(buckets("/health"))
    assert buckets("/health")[-1] == told[f'{name}_count{{route="/health"}}'] == 1
    assert 0 < told[f'{name}_sum{{route="/health"}}'] < 10
    assert set(re.findall(rf'{name}_count{{route="([^"]+)"}}', str(told))) == paths(here) | {OTHER}  # from the start


def test_an_answer_that_could_not_be_made_counts_as_500(workspace: Db) -> None:
    def bug() -> dict[str, Any]:
        raise RuntimeError

    answers = Answers(RocketChat(workspace), Store(workspace), seconds=0)
    app = create(answers, Statistics(answers, Store(workspace), bug), Status({}))
    with TestClient(app, raise_server_exceptions=False, client=(HERE, 1)) as client:
        client.get("/api/v1/statistics?refresh=true", headers=ADMIN)
        told = series(client)

    assert told[f'{REQUESTS}{{route="/api/v1/statistics",status="500"}}'] == 1
    assert told['rcstats_database_errors_total{asked_for="request"}'] == 0


def test_two_applications_in_a_process_count_apart(workspace: Db, here: TestClient) -> None:
    with client_of(workspace) as other:
        other.get("/health")
        assert len(series(other, REQUESTS)) == 1

    assert series(here, REQUESTS) == {}


def test_while_mongodb_is_away_the_rest_is_told_in_time(nowhere: Db) -> None:
    with client_of(nowhere) as client:
        begun = time.monotonic()
        told = series(client)
        took = time.monotonic() - begun

    assert took < 5  # not the minute of the URL
    assert told["rcstats_store_up"] == 0
    assert told['rcstats_slots_total{outcome="taken"}'] == 0
    assert not [name for name in told if name.startswith("rocketchat_")]


def test_what_requests_asked_of_mongodb_in_vain_is_counted(nowhere: Db) -> None:
    with client_of(nowhere) as client:
        assert client.get(LIST, headers=ADMIN).status_code == 503
        told = series(client)

    assert told[f'{REQUESTS}{{route="{LIST}",status="503"}}'] == 1
    assert told['rcstats_database_errors_total{asked_for="request"}'] == 2  # the list, and this scrape


def test_a_store_that_answers_is_up_though_the_workspace_is_away(nowhere: Db, workspace: Db) -> None:
    Store(workspace).add(snapshot(totalUsers=5))
    with client_of(nowhere, store=workspace) as client:
        told = series(client)

    assert told["rcstats_store_up"] == 1
    assert "rocketchat_accounts" not in told  # nobody has told whose it is


def test_a_workspace_that_goes_away_is_remembered(workspace: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> str:
        raise DatabaseError("away")

    Store(workspace).add(snapshot(_id="its own"))
    asked = RocketChat(workspace)
    newest = Newest(asked, Store(workspace))
    found = [newest()]
    monkeypatch.setattr(asked, "identity", away)
    monkeypatch.setattr(metrics, "IDENTITY_HOLDS", 0)
    found.append(newest())

    assert [document and document["_id"] for document in found] == ["its own", "its own"]


def test_a_workspace_that_gets_another_id_is_followed(workspace: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(workspace).add(snapshot("renamed", _id="its new one"))
    newest = Newest(RocketChat(workspace), Store(workspace))
    found = [newest()]
    workspace[Collection.SETTINGS].update_one({"_id": "uniqueID"}, {"$set": {"value": "renamed"}})
    monkeypatch.setattr(metrics, "IDENTITY_HOLDS", 0)
    found.append(newest())

    assert [document and document["_id"] for document in found] == [None, "its new one"]


def test_a_scrape_is_one_find_and_many_at_once_are_none(workspace: Db, mongod_url: str) -> None:
    Store(workspace).add(snapshot(totalUsers=5))
    heard = Heard()
    with connect(mongod_url, "TEST", heard) as mongodb:
        for seconds, asked in ((0, ["find"]), (60, [])):
            with client_of(mongodb[workspace.name], seconds=seconds) as client:
                series(client)
                heard.names.clear()
                assert series(client)["rocketchat_accounts"] == 5
            assert heard.names == asked


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
def test_without_a_token_this_host_may_ask(workspace: Db, address: str) -> None:
    with client_of(workspace, address=address) as client:
        assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize("address", ["10.0.0.1", "::", "::ffff:192.0.2.7", "localhost", "127.0.0.1.example", ""])
def test_without_a_token_nobody_else_may_and_is_told_of_the_setting(workspace: Db, address: str) -> None:
    with client_of(workspace, address=address) as client:
        answer = client.get("/metrics", headers={"Authorization": "Bearer "})

    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/json")
    assert list(answer.json()) == ["success", "error"]
    assert "RCSTATS_METRICS_TOKEN" in answer.json()["error"]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "x-real-ip", "Via"])
@pytest.mark.parametrize("value", ["192.0.2.7", "127.0.0.1", ""])
def test_without_a_token_who_comes_through_a_proxy_may_not(here: TestClient, header: str, value: str) -> None:
    answer = here.get("/metrics", headers={header: value})

    assert answer.status_code == 403
    assert "RCSTATS_METRICS_TOKEN" in answer.json()["error"]


@pytest.mark.parametrize("address", [HERE, "192.0.2.7"])
@pytest.mark.parametrize("given", [f"Bearer {TOKEN}", f"bearer {TOKEN}"])
def test_who_has_the_token_may_ask_from_anywhere(workspace: Db, address: str, given: str) -> None:
    with client_of(workspace, token=TOKEN, address=address) as client:
        assert client.get("/metrics", headers={"X-Real-IP": "::1", "Authorization": given}).status_code == 200


WRONG = [
    "",
    "Bearer",
    "Bearer ",
    f"Bearer {TOKEN}!",
    f"Bearer {TOKEN[:-1]}",
    f"Basic {TOKEN}",
    TOKEN,
    "Bearer \xe4\xff",
]


@pytest.mark.parametrize("given", [{}, *({b"Authorization": text.encode("latin-1")} for text in WRONG), ADMIN])
def test_who_has_not_the_token_may_not_even_from_this_host(workspace: Db, given: dict[bytes, bytes]) -> None:
    with client_of(workspace, token=TOKEN) as client:
        answer = client.get("/metrics", headers=given)

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["success"] is False
    assert "RCSTATS_METRICS_TOKEN" in answer.json()["error"]
    assert TOKEN not in answer.text


def test_a_token_may_have_letters_of_any_language(workspace: Db) -> None:
    given = ["Bearer gehört mir", "Bearer gehort mir"]
    with client_of(workspace, token="gehört mir") as client:
        answers = [client.get("/metrics", headers={b"Authorization": text.encode()}) for text in given]

    assert [answer.status_code for answer in answers] == [200, 401]


def test_an_empty_token_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="RCSTATS_METRICS_TOKEN"):
        load(mongo_url="mongodb://localhost/rocketchat", metrics_token="")


def test_secrets_are_not_told(nowhere: Db, workspace: Db) -> None:
    own: dict[str, Any] = {"workspace": "workspace", "host": "its-host", "unavailable": {"appUsers": "its-reason"}}
    own["readings"] = {"presence": {"ok": False, "seconds": 1, "error": "its-error"}}
    smtp: dict[str, Any] = {"email": {"smtp": {"smtpHost": "its-mail-host"}}}
    Store(workspace).add(snapshot(statsToken="its-stats-token", settings=smtp, collector=own))
    told = ""
    for store in (workspace, nowhere):
        with client_of(workspace, store=store, token=TOKEN) as client:
            client.get(f"/{TOKEN}")
            client.get(LIST, headers=ADMIN)
            told += client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text

    assert 'rcstats_reading_ok{reading="presence"} 0' in told
    assert "rcstats_store_up 0" in told
    assert [word for word in ("its-", TOKEN, ADMIN["X-Auth-Token"], HERE) if word in told] == []


def test_a_page_of_another_origin_can_not_read_it_and_nobody_keeps_it(here: TestClient) -> None:
    headers = here.get("/metrics", headers={"Origin": "https://example.org"}).headers

    assert not [name for name in headers if name.startswith("access-control-")]
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_it_is_plain_text_unless_openmetrics_is_asked_for(here: TestClient, taken: dict[str, Any]) -> None:
    asked = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    text, better = here.get("/metrics"), here.get("/metrics", headers={"Accept": asked})

    assert text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert better.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
    found = list(openmetrics.text_string_to_metric_families(better.text))  # type: ignore[no-untyped-call]
    assert {"rcstats_slots", "rcstats_http_requests", "rcstats_build", "rocketchat"} <= {
        family.name for family in found
    }
    for answer in (text, better):
        assert f"\nrocketchat_accounts {float(taken['totalUsers'])}\n" in answer.text


@pytest.mark.parametrize("version", ["", "x", "1.x", "2.x", "2..0", "-1", "1.0.0é", "9" * 5000, "1" + ".0" * 2000])
@pytest.mark.parametrize("kind", ["application/openmetrics-text", "text/plain"])
def test_a_version_that_is_none_is_answered_all_the_same(here: TestClient, kind: str, version: str) -> None:
    answer = here.get("/metrics", headers={b"Accept": f"{kind};version={version}".encode("latin-1")})

    assert answer.status_code == 200
    assert "\nrcstats_store_up 1.0\n" in answer.text


UNITS = ("milli", "micro", "minutes", "hours", "days", "_ms", "kilobytes", "mebibytes", "percent", "bits")
ENDS = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


def test_all_is_named_as_prometheus_names_things(here: TestClient, taken: dict[str, Any]) -> None:
    assert taken["collector"]["readings"]
    here.get("/nothing")
    found = families(here)
    names = Counter(family.name for family in found)

    assert names.most_common(1)[0][1] == 1
    assert [name for name in names if not re.fullmatch(r"(rcstats|rocketchat|process)(_[a-z]+)+", name)] == []
    assert [name for name in names if any(unit in name for unit in UNITS)] == []
    for family in found:
        assert re.fullmatch(r"[A-Z0-9].{4,}\.", family.documentation), family.name
        assert family.samples, family.name
        assert all(sample.name.endswith(ENDS[family.type]) for sample in family.samples), family.name
        if family.type == "gauge":
            assert not family.name.endswith(("_total", "_count", "_sum", "_bucket", "_created")), family.name


def test_each_series_is_there_once_with_labels_from_a_bounded_set(here: TestClient, taken: dict[str, Any]) -> None:
    for path in ("/health", "/nothing", "/metrics", LIST):
        here.get(path)
    found: dict[str, set[str]] = {}
    for family in families(here):
        for label, value in (item for sample in family.samples for item in sample.labels.items()):
            found.setdefault(label, set()).add(value)

    assert [name for name, times in Counter(name for name, _ in typed(here)).items() if times > 1] == []
    assert found["reading"] == {reading.name for reading in catalog.READINGS} == set(taken["collector"]["readings"])
    assert found["route"] == paths(here) | {OTHER}
    assert all(re.fullmatch(r"[1-5]\d\d|online|away|busy|offline", value) for value in found["status"])
    bounded = {"outcome", "asked_for", "state", "type", "room_type", "le", "reading", "route", "status"}
    assert set(found) <= bounded | {"version", *metrics.ABOUT}
    assert len(typed(here)) < 600


def test_the_daemon_tells_of_its_slots_to_who_has_the_token(workspace: Db, mongod_url: str, tmp_path: Path) -> None:
    url = mongod_url.replace("/?", f"/{workspace.name}?")
    settings = {"schedule": "0 0 1 1 *", "metrics_token": TOKEN, "state_directory": str(tmp_path)}
    with running("run", mongo_url=url, store_url=url, **settings) as daemon:
        daemon.wait_for(lambda: "rocketchat_accounts 2.0" in scraped(daemon.address, TOKEN))
        assert 'rcstats_slots_total{outcome="taken"} 1.0' in scraped(daemon.address, TOKEN)
        assert "rcstats_" not in scraped(daemon.address, "another")
    assert TOKEN not in daemon.output


def scraped(address: str, token: str) -> str:
    """What a daemon answers; '' while nothing does."""
    with suppress(OSError), closing(HTTPConnection(address, timeout=10)) as connection:
        connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().read().decode()
    return ""
