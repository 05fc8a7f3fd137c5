"""What is answered from memory, and what is read."""

import gc
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from api.caching import responses, single_flight
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, LIST, MEMORY, SERIES, client_of
from tests.clock import Clock
from tests.commands import Commands
from tests.factories import snapshot

Db = Database[dict[str, Any]]
LOOK_UP = ["aggregate"]
"""What each request asks, whatever is in memory: login and permission."""


def test_the_same_computation_is_answered_from_memory(watched: Db, heard: Commands) -> None:
    with client_of(watched, seconds=60, keep=MEMORY) as client:
        first = client.get(SERIES, headers=ADMIN)
        heard.names.clear()
        second = client.get(SERIES, headers=ADMIN)

    assert (first.status_code, second.content) == (200, first.content)
    assert heard.names == LOOK_UP


def test_the_same_list_is_answered_from_memory(watched: Db, heard: Commands) -> None:
    with client_of(watched, seconds=60, keep=MEMORY) as client:
        first = client.get(LIST, headers=ADMIN)
        heard.names.clear()
        second = client.get(LIST, headers=ADMIN)

    assert second.content == first.content
    assert second.json()["count"] == 3
    assert heard.names == LOOK_UP


def test_another_request_reads_the_snapshots_and_nothing_else(watched: Db, heard: Commands) -> None:
    with client_of(watched, seconds=60, keep=MEMORY) as client:
        client.get(LIST, headers=ADMIN)
        heard.names.clear()
        client.get(LIST, params={"count": "3"}, headers=ADMIN)
        client.get(LIST, params={"count": "2"}, headers=ADMIN)

    assert heard.names.count("find") == 2
    assert len(heard.names) == 3 + 2 * len(LOOK_UP)  # how many there are is counted once


def test_a_page_that_is_not_full_tells_the_total_itself(watched: Db, heard: Commands) -> None:
    with client_of(watched, seconds=60) as client:
        client.get(LIST, headers=ADMIN)
        heard.names.clear()
        answer = client.get(LIST, params={"query": '{"totalUsers":{"$gt":0}}', "offset": "1"}, headers=ADMIN)

    assert (answer.json()["count"], answer.json()["total"]) == (1, 2)
    assert heard.names == [*LOOK_UP, "find"]


def test_a_page_beyond_the_last_still_has_the_total(workspace: Db, admin: TestClient) -> None:
    Store(workspace).add(snapshot())

    answer = admin.get(LIST, params={"offset": "5"}).json()
    assert (answer["count"], answer["offset"], answer["total"]) == (0, 5, 1)


@pytest.mark.parametrize("change", ["added", "removed"])
def test_what_another_daemon_stores_or_removes_is_seen_within_a_second(workspace: Db, change: str) -> None:
    store, clock = Store(workspace), Clock()
    store.add(snapshot(_id="first"))
    with client_of(workspace, seconds=single_flight.SECONDS, keep=MEMORY, clock=clock) as client:
        assert client.get(LIST, headers=ADMIN).json()["total"] == 1
        if change == "added":
            store.add(snapshot())
        else:
            workspace["statistics"].delete_one({"_id": "first"})
        clock.now += 1
        total = client.get(LIST, headers=ADMIN).json()["total"]

    assert total == (2 if change == "added" else 0)


def test_a_snapshot_that_was_asked_for_is_in_the_next_list(workspace: Db) -> None:
    def take() -> dict[str, Any]:
        Store(workspace).add(taken := snapshot(_id="fresh"))
        return taken

    with client_of(workspace, take, seconds=60, keep=MEMORY) as client:
        assert client.get(LIST, headers=ADMIN).json()["total"] == 0
        client.get("/api/v1/statistics?refresh=true", headers=ADMIN)

        assert client.get(LIST, headers=ADMIN).json()["total"] == 1


def test_an_answer_that_failed_is_not_remembered(workspace: Db) -> None:
    with client_of(workspace, seconds=0, keep=MEMORY) as client:
        assert client.get(LIST, params={"sort": "{"}, headers=ADMIN).status_code == 400
        assert client.get(LIST, params={"sort": "{"}, headers=ADMIN).status_code == 400
        assert client.get(LIST, headers=ADMIN).status_code == 200


def test_equal_requests_at_once_are_made_once(watched: Db, heard: Commands) -> None:
    with client_of(watched, seconds=60, keep=MEMORY) as client:
        client.get("/api/info", headers=ADMIN)
        heard.names.clear()
        start = threading.Barrier(8)

        def ask() -> bytes:
            start.wait()
            return bytes(client.get(SERIES, headers=ADMIN).content)

        with ThreadPoolExecutor(8) as pool:
            bodies = {future.result() for future in [pool.submit(ask) for _ in range(8)]}

    assert len(bodies) == 1
    assert heard.names.count("aggregate") <= responses.AT_ONCE


def test_a_junk_parameter_makes_no_other_answer(watched: Db, heard: Commands) -> None:
    """C2: what a route does not understand is part of no key."""
    with client_of(watched, seconds=60, keep=MEMORY) as client:
        for path in (SERIES, "/api/v1/statistics", "/api/info"):
            plain = client.get(path, headers=ADMIN)
            heard.names.clear()
            junk = client.get(f"{path}{'&' if '?' in path else '?'}junk={'x' * 5000}", headers=ADMIN)

            assert (junk.content, junk.headers["etag"]) == (plain.content, plain.headers["etag"])
            assert heard.names == LOOK_UP


def test_requests_without_a_login_do_not_fill_the_memory(workspace: Db) -> None:
    """C2: 60 kB of junk at a time; 600 requests took 38 MiB, and none of it was given back."""
    with client_of(workspace, seconds=60, keep=16 * MEMORY) as client:
        for _ in range(20):
            client.get(f"/api/info?{'w' * 60_000}")
        tracemalloc.start()  # the process as a whole also grows by what earlier tests left behind
        for number in range(200):
            client.get(f"/api/info?{number}{'x' * 60_000}", headers={"X-User-Id": "y" * 1000, "X-Auth-Token": "z"})
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] / 2**20
        tracemalloc.stop()

    print(f"200 requests of 60 kB without a login: {grown:+.1f} MiB")
    assert grown < 4
