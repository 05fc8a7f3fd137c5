"""What is answered from memory, what is sent again and what is not, and how often one may ask."""

import gzip
import json
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import zstandard
from pymongo.database import Database
from pymongo.monitoring import CommandListener, CommandStartedEvent
from starlette.testclient import TestClient

from api import answers
from collector.connection import connect
from collector.sources.rocketchat import Collection
from collector.store import Store
from tests.api.conftest import ADMIN, LIST, PLAIN, client_of
from tests.factories import NOW, hours, insert, setting, snapshot

Db = Database[dict[str, Any]]
MEMORY = 2**20


class Heard(CommandListener):
    """The commands that MongoDB was sent."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.names.append(event.command_name)

    def succeeded(self, _: object) -> None: ...

    def failed(self, _: object) -> None: ...


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def watched(workspace: Db, mongod_url: str, heard: Heard) -> Any:
    """The workspace's database with three snapshots, and what it is asked."""
    for age in range(3):
        Store(workspace).add(snapshot(at=NOW - hours(age), totalUsers=age, filling="x" * 2000))
    with connect(mongod_url, "TEST", heard) as client:
        yield client[workspace.name]


def test_the_same_request_is_answered_from_memory(watched: Db, heard: Heard) -> None:
    with client_of(watched, seconds=60, keep=MEMORY) as client:
        first = client.get(LIST, headers=ADMIN)
        heard.names.clear()
        second = client.get(LIST, headers=ADMIN)

    assert second.content == first.content
    assert second.json()["count"] == 3
    assert heard.names == []


def test_another_request_reads_the_snapshots_and_nothing_else(watched: Db, heard: Heard) -> None:
    with client_of(watched, seconds=60, keep=MEMORY) as client:
        client.get(LIST, headers=ADMIN)
        heard.names.clear()
        client.get(LIST, params={"count": "3"}, headers=ADMIN)
        assert heard.names == ["find", "aggregate"]
        client.get(LIST, params={"count": "2"}, headers=ADMIN)

    assert heard.names == ["find", "aggregate", "find"]  # how many there are is counted once


def test_a_page_that_is_not_full_tells_the_total_itself(watched: Db, heard: Heard) -> None:
    with client_of(watched, seconds=60) as client:
        client.get(LIST, headers=ADMIN)
        heard.names.clear()
        answer = client.get(LIST, params={"query": '{"totalUsers":{"$gt":0}}', "offset": "1"}, headers=ADMIN)

    assert (answer.json()["count"], answer.json()["total"]) == (1, 2)
    assert heard.names == ["find"]


def test_a_page_beyond_the_last_still_has_the_total(workspace: Db, admin: TestClient) -> None:
    Store(workspace).add(snapshot())

    answer = admin.get(LIST, params={"offset": "5"}).json()
    assert (answer["count"], answer["offset"], answer["total"]) == (0, 5, 1)


@pytest.mark.parametrize("path", [LIST, "/api/v1/statistics", "/api/v1/statistics.dictionary", "/api/info"])
def test_what_the_client_has_is_not_sent_again(watched: Db, heard: Heard, path: str) -> None:
    with client_of(watched, seconds=60) as client:
        tag = client.get(path, headers=ADMIN).headers["etag"]
        heard.names.clear()
        for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
            answer = client.get(path, headers=ADMIN | {"If-None-Match": known})
            assert (answer.status_code, answer.content) == (304, b"")
            assert answer.headers["etag"] == tag
        assert client.get(path, headers=ADMIN | {"If-None-Match": '"other"'}).status_code == 200

    assert heard.names.count("find") <= 1  # by the last one


def test_a_tag_is_worth_nothing_without_the_right_to_read(watched: Db) -> None:
    with client_of(watched, seconds=60) as client:
        tag = client.get(LIST, headers=ADMIN).headers["etag"]

        assert client.get(LIST, headers={"If-None-Match": tag}).status_code == 401
        assert client.get(LIST, headers=PLAIN | {"If-None-Match": tag}).status_code == 400


def test_a_tag_holds_after_a_restart_and_not_after_a_change(workspace: Db) -> None:
    def tag() -> str:
        with client_of(workspace) as client:
            return str(client.get(LIST, headers=ADMIN).headers["etag"])

    seen = [tag(), tag()]
    Store(workspace).add(snapshot())
    seen += [tag(), tag()]
    insert(workspace, Collection.SETTINGS, setting("API_Default_Count", 1))
    seen.append(tag())

    assert seen[0] == seen[1] != seen[2] == seen[3] != seen[4]


@pytest.mark.parametrize("change", ["added", "removed"])
def test_what_another_daemon_stores_or_removes_is_seen_within_a_second(workspace: Db, change: str) -> None:
    store = Store(workspace)
    store.add(snapshot(_id="first"))
    with client_of(workspace, seconds=answers.SECONDS, keep=MEMORY) as client:
        assert client.get(LIST, headers=ADMIN).json()["total"] == 1
        if change == "added":
            store.add(snapshot())
        else:
            workspace["statistics"].delete_one({"_id": "first"})
        time.sleep(1)
        total = client.get(LIST, headers=ADMIN).json()["total"]

    assert total == (2 if change == "added" else 0)


def test_settings_permissions_and_logins_count_within_a_second(workspace: Db) -> None:
    with client_of(workspace, seconds=answers.SECONDS, keep=MEMORY) as client:
        assert client.get(LIST, headers=ADMIN).status_code == 200
        workspace[Collection.PERMISSIONS].update_one({"_id": "view-statistics"}, {"$set": {"roles": ["user"]}})
        time.sleep(1)
        assert client.get(LIST, headers=PLAIN).status_code == 200
        workspace[Collection.USERS].update_one({"_id": "plain"}, {"$set": {"services.resume.loginTokens": []}})
        time.sleep(1)
        assert client.get(LIST, headers=PLAIN).status_code == 401


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


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0", "gzip"),
        ("*", "zstd"),
        ("identity", None),
        ("gzip;q=0", None),
        ("gzip;q=x", None),
        ("", None),
    ],
)
def test_an_answer_is_compressed_as_the_client_accepts_it(watched: Db, accepted: str, encoding: str | None) -> None:
    with client_of(watched, keep=MEMORY) as client:
        for _ in range(2):  # made, and from memory
            with client.stream("GET", LIST, headers=ADMIN | {"Accept-Encoding": accepted}) as answer:
                raw = b"".join(answer.iter_raw())
            assert answer.headers.get("content-encoding") == encoding
            assert "Accept-Encoding" in answer.headers["vary"]
            assert json.loads(_plain(raw, encoding))["count"] == 3


def _plain(raw: bytes, encoding: str | None) -> bytes:
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    return gzip.decompress(raw) if encoding else raw


def test_what_fits_a_packet_is_not_compressed(admin: TestClient) -> None:
    assert "content-encoding" not in admin.get(LIST, headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_a_page_too_long_to_be_held_is_sent_in_pieces(workspace: Db, accepted: str) -> None:
    filling = zlib.compress(bytes(range(256)) * 40).hex() * 4  # does not shrink to nothing
    Store(workspace)._snapshots.insert_many([snapshot(filling=filling, n=n) for n in range(1000)])
    with client_of(workspace, keep=MEMORY) as client:
        answer = client.get(LIST, params={"count": "0"}, headers=ADMIN | {"Accept-Encoding": accepted})

    body = answer.json()
    assert (body["count"], body["total"], body["success"]) == (1000, 1000, True)
    assert {found["n"] for found in body["statistics"]} == set(range(1000))
    assert ("content-length" in answer.headers) == (len(answer.content) < answers.WHOLE)


def test_equal_requests_at_once_are_made_once(watched: Db, heard: Heard) -> None:
    with client_of(watched, seconds=60, keep=MEMORY) as client:
        client.get("/api/info", headers=ADMIN)
        heard.names.clear()
        start = threading.Barrier(8)

        def ask() -> bytes:
            start.wait()
            return bytes(client.get(LIST, headers=ADMIN).content)

        with ThreadPoolExecutor(8) as pool:
            bodies = {future.result() for future in [pool.submit(ask) for _ in range(8)]}

    assert len(bodies) == 1
    assert heard.names.count("find") <= answers.AT_ONCE


def test_a_minute_has_so_many_requests_for_each_user(workspace: Db) -> None:
    with client_of(workspace, calls=2) as client:
        first, second, third = (client.get(LIST, headers=ADMIN) for _ in range(3))
        other = client.get("/api/info", headers=PLAIN)

    assert [answer.status_code for answer in (first, second, third, other)] == [200, 200, 429, 200]
    assert [answer.headers["x-ratelimit-remaining"] for answer in (first, second, third)] == ["1", "0", "0"]
    assert {answer.headers["x-ratelimit-limit"] for answer in (first, second, third)} == {"2"}
    assert 0 < int(third.headers["x-ratelimit-reset"]) / 1000 - time.time() <= 60
    error = third.json()["error"]
    assert error.startswith("Error, too many requests. Please slow down. You must wait ")
    assert error.endswith(" seconds before trying this endpoint again. [error-too-many-requests]")
    assert list(third.json()) == ["success", "error"]


def test_a_bad_query_counts_and_says_what_is_left(workspace: Db) -> None:
    with client_of(workspace, calls=2) as client:
        answer = client.get(LIST, params={"sort": "{"}, headers=ADMIN)

    assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (400, "1")


def test_who_has_the_servers_permission_is_not_limited(workspace: Db) -> None:
    insert(workspace, Collection.PERMISSIONS, {"_id": "api-bypass-rate-limit", "roles": ["admin"]})
    with client_of(workspace, calls=1) as client:
        statuses = [client.get(LIST, headers=ADMIN).status_code for _ in range(3)]

    assert statuses == [200] * 3


def test_the_very_same_request_is_answered_again_and_still_counted(watched: Db, heard: Heard) -> None:
    with client_of(watched, seconds=60, keep=MEMORY, calls=3) as client:
        first = client.get(LIST, headers=ADMIN)
        heard.names.clear()
        again = [client.get(LIST, headers=ADMIN) for _ in range(3)]

    assert heard.names == []
    assert [answer.status_code for answer in again] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in again] == ["1", "0", "0"]
    assert again[0].content == first.content
    without = {name: value for name, value in first.headers.items() if name != "x-ratelimit-remaining"}
    assert without.items() <= again[0].headers.items()


@pytest.mark.parametrize("other", [{"X-Auth-Token": "wrong"}, {"X-User-Id": "plain"}, {"Accept": "text/csv"}])
def test_a_request_that_differs_in_any_header_is_another_one(watched: Db, other: dict[str, str]) -> None:
    with client_of(watched, seconds=60, keep=MEMORY) as client:
        first = client.get(LIST, headers=ADMIN)
        second = client.get(LIST, headers=ADMIN | other)

    assert (second.status_code, second.content) != (200, first.content)


def test_what_was_refused_is_not_repeated(workspace: Db) -> None:
    with client_of(workspace, seconds=0.1, keep=MEMORY) as client:
        assert client.get(LIST, headers=PLAIN).status_code == 400
        workspace[Collection.PERMISSIONS].update_one({"_id": "view-statistics"}, {"$set": {"roles": ["user"]}})
        time.sleep(0.3)
        assert client.get(LIST, headers=PLAIN).status_code == 200
