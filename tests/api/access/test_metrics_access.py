"""Who may scrape, and what nobody is told."""

import time
from concurrent.futures import Future
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from api.access.admission import Admission
from api.app import create
from api.caching.responses import ResponseCache
from api.routes.health import Status
from api.routes.metrics import Metrics, Newest
from api.routes.statistics import Statistics
from collector.errors import SettingsError
from collector.settings import load
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, LIST
from tests.api.scrapes import HERE, TOKEN, client_of, series
from tests.factories import snapshot
from tests.processes import running

Db = Database[dict[str, Any]]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
def test_local_requests_are_accepted_without_a_token(workspace: Db, address: str) -> None:
    with client_of(workspace, address=address) as client:
        assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize("address", ["10.0.0.1", "::", "::ffff:192.0.2.7", "localhost", "127.0.0.1.example", ""])
def test_remote_requests_are_refused_without_a_token_and_the_error_names_the_setting(
    workspace: Db, address: str
) -> None:
    with client_of(workspace, address=address) as client:
        answer = client.get("/metrics", headers={"Authorization": "Bearer "})

    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/json")
    assert list(answer.json()) == ["success", "error"]
    assert "RCSTATS_METRICS_TOKEN" in answer.json()["error"]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "x-real-ip", "Via"])
@pytest.mark.parametrize("value", ["192.0.2.7", "127.0.0.1", ""])
def test_requests_through_a_proxy_are_refused_without_a_token(here: TestClient, header: str, value: str) -> None:
    answer = here.get("/metrics", headers={header: value})

    assert answer.status_code == 403
    assert "RCSTATS_METRICS_TOKEN" in answer.json()["error"]


@pytest.mark.parametrize("header", ["X-Forwarded-Proto", "X-Forwarded-Host", "X-Client-IP", "CF-Connecting-IP"])
def test_requests_with_any_proxys_header_are_refused_without_a_token(here: TestClient, header: str) -> None:
    """M16."""
    assert here.get("/metrics", headers={header: "192.0.2.7"}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:3080", "127.0.0.1.evil.example", "", "["])
def test_other_names_of_this_host_are_refused_without_a_token(here: TestClient, host: str) -> None:
    """M16: a page whose name was made to lead here (DNS rebinding)."""
    assert here.get("/metrics", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:3080", "127.0.0.1:3080", "[::1]:3080"])
def test_any_loopback_name_of_this_host_is_accepted_without_a_token(here: TestClient, host: str) -> None:
    assert here.get("/metrics", headers={"Host": host}).status_code == 200


def test_metrics_do_not_wait_for_a_slow_store(workspace: Db) -> None:
    """H4: within a second, whatever else runs."""

    class Slow(Store):
        def newest(self, workspace: str) -> dict[str, Any] | None:
            time.sleep(3)
            return super().newest(workspace)

    kept = Store(workspace)
    answers = ResponseCache(Admission(RocketChat(workspace)), kept)
    metrics = Metrics(Newest(RocketChat(workspace), Slow(workspace)))
    app = create(answers, Statistics(answers, kept, Future), Status({}), metrics)
    with TestClient(app, f"http://{HERE}", client=(HERE, 1)) as client:
        begun = time.monotonic()
        told = series(client, "rcstats_store_up")
        took = time.monotonic() - begun

    assert told == {"rcstats_store_up": 0}
    assert took < 1.5


@pytest.mark.parametrize("address", [HERE, "192.0.2.7"])
@pytest.mark.parametrize("given", [f"Bearer {TOKEN}", f"bearer {TOKEN}"])
def test_the_token_is_accepted_from_any_address(workspace: Db, address: str, given: str) -> None:
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
def test_local_requests_without_the_token_are_refused(workspace: Db, given: dict[bytes, bytes]) -> None:
    with client_of(workspace, token=TOKEN) as client:
        answer = client.get("/metrics", headers=given)

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["success"] is False
    assert "RCSTATS_METRICS_TOKEN" in answer.json()["error"]
    assert TOKEN not in answer.text


def test_a_token_may_contain_any_unicode_letters(workspace: Db) -> None:
    given = ["Bearer gehört mir", "Bearer gehort mir"]
    with client_of(workspace, token="gehört mir") as client:
        answers = [client.get("/metrics", headers={b"Authorization": text.encode()}) for text in given]

    assert [answer.status_code for answer in answers] == [200, 401]


def test_an_empty_token_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="RCSTATS_METRICS_TOKEN"):
        load(mongo_url="mongodb://localhost/rocketchat", metrics_token="")


def test_metrics_contain_no_secrets(nowhere: Db, workspace: Db) -> None:
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


def test_metrics_are_neither_readable_by_other_origins_nor_cached(here: TestClient) -> None:
    headers = here.get("/metrics", headers={"Origin": "https://example.org"}).headers

    assert not [name for name in headers if name.startswith("access-control-")]
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_the_daemon_exports_its_slots_to_requests_with_the_token(
    workspace: Db, mongod_url: str, tmp_path: Path
) -> None:
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
