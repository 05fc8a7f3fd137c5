"""The daemon as a process: start, snapshot, request, end."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from collector.connection import Client, connect
from collector.demo import mongod, workspace
from collector.demo.mongod import free_port
from tests.processes import RCSTATS, Running, environment, rcstats, running

ADMIN = {"X_User_Id": workspace.ADMIN.user_id, "X_Auth_Token": workspace.ADMIN.token}
LIST = "/api/v1/statistics.list"
SMALL = workspace.Size(users=50, channels=10, groups=5, directs=10, livechats=5, discussions=3, messages=200)


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
        assert body["problems"]["workspace"] == "the workspace's MongoDB can't be reached"

        with mongod.running(tmp_path, port), connect(url, "TEST") as client:
            workspace.fill(client["rocketchat"], datetime.now(UTC), SMALL)
            daemon.wait_for(lambda: snapshots(daemon) == 1, 30)
            assert daemon.get("/ready") == (200, {"ready": True})
            assert daemon.end() == 0
    assert "Traceback" not in daemon.output


def test_systemd_is_told_when_it_answers(urls: dict[str, str], tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
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
