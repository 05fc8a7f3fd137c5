"""The daemon as a process: start, snapshot, request, end."""

import json
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

import pytest
import trustme
from rocketchat_API.APIExceptions.RocketExceptions import RocketApiException
from rocketchat_API.rocketchat import RocketChat

from collector.demo import mongod
from collector.demo.mongod import free_port
from collector.demo.sample import workspace
from collector.mongodb.connection import Client, connect
from tests.factories import SMALL
from tests.processes import RCSTATS, Running, environment, rcstats, running

ADMIN = {"X_User_Id": workspace.ADMIN.user_id, "X_Auth_Token": workspace.ADMIN.token}
LIST = "/api/v1/statistics.list"


@pytest.fixture
def urls(real_client: Client, mongod_url: str) -> Iterator[dict[str, str]]:
    """A small workspace and an empty store on the real server."""
    mongo, store = f"daemon_{uuid4().hex}", f"store_{uuid4().hex}"
    workspace.fill(real_client[mongo], datetime.now(UTC), SMALL)
    yield {
        "mongo_url": mongod_url.replace("/?", f"/{mongo}?"),
        "store_url": mongod_url.replace("/?", f"/{store}?"),
    }
    real_client.drop_database(mongo)
    real_client.drop_database(store)


def snapshots(daemon: Running) -> int:
    status, body = daemon.get(LIST, **ADMIN)
    return int(body["total"]) if status == 200 else 0


def test_it_starts_takes_the_slot_serves_it_and_ends_on_sigterm(urls: dict[str, str]) -> None:
    with running("run", **urls) as daemon:
        daemon.wait_for(lambda: snapshots(daemon) == 1)
        status, body = daemon.get(LIST, **ADMIN)

        assert status == 200
        assert body["statistics"][0]["totalUsers"] == 50
        assert daemon.get("/ready") == (200, {"ready": True})
        assert daemon.end(signal.SIGTERM, 5) == 0
    assert "Traceback" not in daemon.output
    assert workspace.ADMIN.token not in daemon.output


def test_no_access_token_is_logged(urls: dict[str, str]) -> None:
    with running("run", **urls, log_level="debug") as daemon:
        daemon.wait_for(lambda: daemon.get("/ready")[0] == 200)
        assert daemon.get(f"{LIST}?access_token=in-the-url")[0] == 401
        assert daemon.get(f"{LIST}?access_token=in-the-url&count=nonsense", **ADMIN)[0] == 400
        assert daemon.get(LIST, Authorization="Bearer in-a-header")[0] == 401
        daemon.end()
    assert "in-the-url" not in daemon.output
    assert "in-a-header" not in daemon.output


def test_metrics_have_its_schedule_and_with_the_setting_the_names_of_the_servers_exporter(urls: dict[str, str]) -> None:
    with running("run", **urls, server_metrics="true") as daemon:
        daemon.wait_for(lambda: snapshots(daemon) == 1)
        with urlopen(f"http://{daemon.address}/metrics", timeout=10) as answer:
            told = answer.read().decode().splitlines()
        daemon.end()
    assert {"rcstats_schedule_up 1.0", "rocketchat_accounts 50.0", "rocketchat_users_total 50.0"} <= set(told)


def test_ctrl_c_ends_it_as_well(urls: dict[str, str]) -> None:
    with running("run", **urls) as daemon:
        daemon.wait_for(lambda: daemon.get("/health")[0] == 200)
        assert daemon.end(signal.SIGINT, 5) == 0
    assert "Traceback" not in daemon.output


def test_started_again_it_does_not_take_the_slot_again(urls: dict[str, str]) -> None:
    yearly = {"schedule": "0 0 1 1 *"}
    for _ in range(2):
        with running("run", **urls, **yearly) as daemon:
            daemon.wait_for(lambda: snapshots(daemon) >= 1)
            daemon.wait_for(lambda: daemon.get("/ready")[0] == 200)
            assert snapshots(daemon) == 1
            daemon.end()


def test_a_refresh_takes_one_more(urls: dict[str, str]) -> None:
    with running("run", **urls) as daemon:
        daemon.wait_for(lambda: snapshots(daemon) == 1)
        status, fresh = daemon.get("/api/v1/statistics?refresh=true", **ADMIN)

        assert status == 200
        assert daemon.get("/api/v1/statistics", **ADMIN)[1] == fresh
        assert snapshots(daemon) == 2


def test_what_snapshot_prints_as_json_is_what_the_api_serves(urls: dict[str, str]) -> None:
    with running("run", **urls) as daemon:
        daemon.wait_for(lambda: snapshots(daemon) == 1)
        printed = json.loads(rcstats("snapshot", "--json", **urls).stdout)

        assert daemon.get("/api/v1/statistics", **ADMIN)[1] == printed


def test_json_that_is_not_percent_encoded_is_taken_from_the_request_target(urls: dict[str, str]) -> None:
    with running("run", **urls) as daemon:
        daemon.wait_for(lambda: snapshots(daemon) == 1)
        host, port = daemon.address.split(":")
        target = f'{LIST}?query={{"totalUsers":{{"$gt":1}}}}&fields={{"totalUsers":1}}'
        headers = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in ADMIN.items())
        with socket.create_connection((host, int(port)), 5) as connection:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"totalUsers":50}' in answer


def test_it_stays_up_without_mongodb_and_recovers_by_itself(tmp_path: Path) -> None:
    port = free_port()
    url = f"mongodb://127.0.0.1:{port}/rocketchat?directConnection=true"
    with running("run", mongo_url=url) as daemon:
        daemon.wait_for(lambda: daemon.get("/health")[0] == 200)
        status, body = daemon.get("/ready")
        assert status == 503
        refused = f"the workspace's MongoDB can't be reached: connection refused (127.0.0.1:{port})"
        assert body["problems"]["workspace"] == refused
        daemon.wait_for(lambda: "snapshots failing" in daemon.output)

        with mongod.running(tmp_path, port), connect(url, "TEST") as client:
            workspace.fill(client["rocketchat"], datetime.now(UTC), SMALL)
            daemon.wait_for(lambda: "snapshots recovered" in daemon.output, 30)
            assert daemon.get("/ready") == (200, {"ready": True})
            # The first may have been taken while the workspace was being filled, and had no id yet.
            assert daemon.get("/api/v1/statistics?refresh=true", **ADMIN)[1]["totalUsers"] == 50
            assert snapshots(daemon) >= 1
            assert daemon.end() == 0
    assert "Traceback" not in daemon.output
    assert daemon.output.count("snapshots failing") == 1


@pytest.mark.parametrize("kind", ["path", "abstract"])  # as systemd, or what runs a container, may hand over either
def test_systemd_is_told_when_it_answers(urls: dict[str, str], tmp_path: Path, kind: str) -> None:
    address = str(tmp_path / "notify") if kind == "path" else f"@rcstats-{uuid4().hex}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address.replace("@", "\0"))
        systemd.settimeout(15)
        settings = environment(listen=f"127.0.0.1:{free_port()}", **urls) | {"NOTIFY_SOCKET": address}
        process = subprocess.Popen([*RCSTATS, "run"], env=settings, stderr=subprocess.DEVNULL)
        try:
            assert systemd.recv(100) == b"READY=1\n"
            host, _, port = settings["RCSTATS_LISTEN"].partition(":")
            socket.create_connection((host, int(port)), 2).close()
        finally:
            process.terminate()
            process.wait(10)


def test_the_python_client_of_rocket_chat_pages_through_all_of_it(urls: dict[str, str]) -> None:
    with running("run", **urls) as daemon:
        daemon.wait_for(lambda: snapshots(daemon) == 1)
        client = RocketChat(
            user_id=workspace.ADMIN.user_id, auth_token=workspace.ADMIN.token, server_url=f"http://{daemon.address}"
        )
        first = client.statistics()
        second = client.statistics(refresh="true")
        listed = [found["_id"] for found in client.statistics_list(count=1)]

    assert (first["success"], first["totalUsers"]) == (True, 50)
    assert listed == [second["_id"], first["_id"]]


def test_the_python_client_understands_what_is_denied(urls: dict[str, str]) -> None:
    with running("run", **urls) as daemon:
        daemon.wait_for(lambda: snapshots(daemon) == 1)
        client = RocketChat(
            user_id=workspace.PLAIN.user_id, auth_token=workspace.PLAIN.token, server_url=f"http://{daemon.address}"
        )
        with pytest.raises(RocketApiException) as denied:
            client.statistics()

    assert (denied.value.status_code, denied.value.error) == (400, "error-not-allowed")


def test_too_long_a_head_is_refused_and_the_next_request_is_not(urls: dict[str, str]) -> None:
    with running("run", **urls) as daemon:
        daemon.wait_for(lambda: daemon.get("/health")[0] == 200)
        host, port = daemon.address.split(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ")
            with pytest.raises(OSError):  # noqa: PT011  reset or broken pipe, whichever comes first
                connection.sendall(b"x" * 100_000_000)

        assert daemon.get("/health")[0] == 200


def test_a_request_may_be_long_and_come_in_parts_with_others_on_its_connection(urls: dict[str, str]) -> None:
    with running("run", **urls) as daemon:
        daemon.wait_for(lambda: daemon.get("/health")[0] == 200)
        connection = HTTPConnection(daemon.address, timeout=10)
        for _ in range(5):
            connection.request("POST", "/health", b"x" * 60_000, {"X-Long": "x" * 30_000})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 405
        connection.close()


def test_it_serves_by_tls_with_a_certificate(urls: dict[str, str], tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    certificate.cert_chain_pems[0].write_to_path(chain)
    certificate.private_key_pem.write_to_path(key)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with running("run", **urls, tls_certificate=str(chain), tls_key=str(key)) as daemon:
        daemon.wait_for(lambda: "serving address=https://" in daemon.output)
        daemon.wait_for(lambda: _answers(f"https://localhost:{daemon.address.rpartition(':')[2]}/health", context))


def _answers(address: str, context: ssl.SSLContext) -> bool:
    try:
        with urlopen(address, timeout=5, context=context) as answer:  # noqa: S310  our own https://
            return bool(answer.status == 200)
    except URLError as error:
        if isinstance(error.reason, ssl.SSLError):
            raise
        return False


@pytest.mark.parametrize("given", ["one", "both"])
def test_a_certificate_that_can_not_be_used_stops_the_start(urls: dict[str, str], tmp_path: Path, given: str) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    settings = {"tls_certificate": str(wrong)} | ({"tls_key": str(wrong)} if given == "both" else {})
    ended = rcstats("run", **urls, listen="127.0.0.1:0", **settings)

    assert ended.returncode == 2
    assert "RCSTATS_TLS_CERTIFICATE, RCSTATS_TLS_KEY: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_listening_beyond_loopback_without_tls_is_a_warning(urls: dict[str, str]) -> None:
    with running("run", **urls, listen=f"0.0.0.0:{free_port()}") as daemon:
        daemon.wait_for(lambda: "listening without tls" in daemon.output)


def test_a_reload_says_what_it_took_over_and_what_needs_a_restart(urls: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "rcstats.toml"
    file.write_text('schedule = "0 0 1 1 *"\nretention_daily_days = 30\n')
    with running("run", **urls, config=str(file)) as daemon:
        daemon.wait_for(lambda: snapshots(daemon) == 1)
        for text, told in (
            (
                'schedule = "0 12 * * *"\nretention_daily_days = 60\nmetrics_token = "hidden-word"\n',
                "changed=RCSTATS_SCHEDULE needs_restart=RCSTATS_METRICS_TOKEN,RCSTATS_RETENTION_DAILY_DAYS",
            ),
            ('schedule = "0 12 * * *"\nretention_daily_days = 30\n', "changed=none needs_restart=none"),
            ('schedule = "sometimes"\n', 'settings refused reason="RCSTATS_SCHEDULE: '),
        ):
            file.write_text(text)
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_for(lambda: told in daemon.output)  # noqa: B023  used at once
        assert daemon.end() == 0
    assert "hidden-word" not in daemon.output
    assert "Traceback" not in daemon.output


def test_a_document_that_retention_can_not_read_does_not_end_the_schedule(
    urls: dict[str, str], real_client: Client
) -> None:
    workspace_id = real_client[urls["mongo_url"].split("/")[3].split("?")[0]]["rocketchat_settings"].find_one(
        {"_id": "uniqueID"}
    )
    assert workspace_id
    odd = {"_id": "odd", "createdAt": datetime(1, 1, 1, tzinfo=UTC), "collector": {"workspace": workspace_id["value"]}}
    real_client[urls["store_url"].split("/")[3].split("?")[0]]["statistics"].insert_one(odd)
    settings = {"retention_full_days": "30", "timezone": "America/New_York", "schedule": "0 0 1 1 *"}
    with running("run", **urls, **settings) as daemon:
        daemon.wait_for(lambda: daemon.get("/ready")[0] == 200)
        daemon.wait_for(lambda: daemon.get("/api/v1/statistics?refresh=true", **ADMIN)[0] == 200)
        assert daemon.end() == 0
    assert "Traceback" not in daemon.output
