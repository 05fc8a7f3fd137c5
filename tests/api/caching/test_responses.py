"""What is answered from memory, what is sent again and what is not, and how often one may ask."""

import asyncio
import base64
import gzip
import hashlib
import json
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psutil
import pytest
import zstandard
from httpx2 import ASGITransport, AsyncClient
from pymongo.database import Database
from pymongo.monitoring import CommandListener, CommandStartedEvent
from starlette.testclient import TestClient

from api.access.admission import Admission
from api.app import create
from api.caching import responses, single_flight
from api.caching.responses import EACH, ResponseCache
from api.rendering.body import WHOLE, begin, response
from api.routes.health import Status
from api.routes.statistics import Statistics
from collector.errors import DatabaseError
from collector.mongodb.connection import connect
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, LIST, PLAIN, client_of, parts_of
from tests.factories import NOW, hours, insert, login, setting, snapshot

Db = Database[dict[str, Any]]
MEMORY = 2**20
FILLING = base64.b64encode(hashlib.shake_256(b"").digest(15_000)).decode()  # 20 kB that do not shrink
OTHER_ADMIN = {"X-User-Id": "other", "X-Auth-Token": "other's token"}


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
    with client_of(workspace, seconds=single_flight.SECONDS, keep=MEMORY) as client:
        assert client.get(LIST, headers=ADMIN).json()["total"] == 1
        if change == "added":
            store.add(snapshot())
        else:
            workspace["statistics"].delete_one({"_id": "first"})
        time.sleep(1)
        total = client.get(LIST, headers=ADMIN).json()["total"]

    assert total == (2 if change == "added" else 0)


def test_settings_permissions_and_logins_count_within_a_second(workspace: Db) -> None:
    with client_of(workspace, seconds=single_flight.SECONDS, keep=MEMORY) as client:
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
    assert ("content-length" in answer.headers) == (len(answer.content) < WHOLE)


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
    assert heard.names.count("find") <= responses.AT_ONCE


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


def test_a_junk_parameter_makes_no_other_answer(watched: Db, heard: Heard) -> None:
    """C2: what a route does not understand is part of no key."""
    with client_of(watched, seconds=60, keep=MEMORY) as client:
        for path in (LIST, "/api/v1/statistics", "/api/info"):
            plain = client.get(path, headers=ADMIN)
            heard.names.clear()
            junk = client.get(path, params={"junk": "x" * 5000}, headers=ADMIN)

            assert (junk.content, junk.headers["etag"]) == (plain.content, plain.headers["etag"])
            assert heard.names == []


def test_requests_without_a_login_do_not_fill_the_memory(workspace: Db) -> None:
    """C2: 60 kB of junk at a time; 600 requests took 38 MiB, and none of it was given back."""
    with client_of(workspace, seconds=60, keep=16 * MEMORY) as client:
        for _ in range(20):
            client.get(f"/api/info?{'w' * 60_000}")
        before = psutil.Process().memory_info().rss
        for number in range(600):
            client.get(f"/api/info?{number}{'x' * 60_000}", headers={"X-User-Id": "y" * 1000, "X-Auth-Token": "z"})
        grown = (psutil.Process().memory_info().rss - before) / 2**20

    print(f"600 requests of 60 kB without a login: {grown:+.1f} MiB")
    assert grown < 12


def test_wrong_logins_reach_the_workspace_only_so_often(watched: Db, heard: Heard) -> None:
    """M9: 4000 wrong logins were 4015 finds."""
    with client_of(watched, seconds=60, unknown_logins=5) as client:
        client.get(LIST, headers=ADMIN)
        heard.names.clear()
        statuses = [
            client.get(LIST, headers={"X-User-Id": "u", "X-Auth-Token": f"t{n}"}).status_code for n in range(50)
        ]
        wrong = heard.names.count("find")
        good = client.get(LIST, headers=ADMIN)
        new = client.get(LIST, headers=PLAIN)

    assert statuses == [401] * 4 + [429] * 46
    assert wrong == 4
    assert good.status_code == 200
    assert new.status_code == 429


def test_a_wrong_login_counts_for_its_own_address_alone(workspace: Db) -> None:
    app = create(*parts_of(workspace, unknown_logins=1))
    answers = [
        TestClient(app, client=(address, 1)).get(LIST, headers={"X-User-Id": "u", "X-Auth-Token": "t"}).status_code
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2")
    ]

    assert answers == [401, 429, 401]


@pytest.mark.parametrize("name", ["X-User-Id", "X-Auth-Token"])
def test_a_login_longer_than_any_is_nobodys_and_is_not_looked_up(watched: Db, heard: Heard, name: str) -> None:
    with client_of(watched, seconds=60) as client:
        client.get("/api/info")
        heard.names.clear()
        answer = client.get(LIST, headers=ADMIN | {name: "x" * 257})

    assert (answer.status_code, heard.names) == (401, [])


def test_refreshes_take_no_thread_and_share_what_is_asked_for(workspace: Db) -> None:
    """H4: 45 of them took the API, /health and /metrics with them."""
    waiting: Future[dict[str, Any]] = Future()
    answers, _, status = parts_of(workspace)
    app = create(answers, Statistics(answers, Store(workspace), lambda: waiting), status)

    async def ask() -> tuple[list[int], float]:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            refreshes = [
                asyncio.create_task(client.get("/api/v1/statistics?refresh=true", headers=ADMIN)) for _ in range(100)
            ]
            await asyncio.sleep(0.5)
            begun = time.monotonic()
            others = [await client.get(path, headers=ADMIN) for path in ("/health", "/ready", LIST)]
            took = time.monotonic() - begun
            waiting.set_result(snapshot(_id="new"))
            refreshed = await asyncio.gather(*refreshes)
        assert {answer.json()["_id"] for answer in refreshed} == {"new"}
        return [answer.status_code for answer in others], took

    statuses, took = asyncio.run(ask())
    print(f"/health, /ready and a list beside 100 waiting refreshes: {took * 1000:.0f} ms")
    assert statuses == [200, 200, 200]
    assert took < 1


def test_a_client_that_gives_up_does_not_take_the_snapshot_from_the_others(workspace: Db) -> None:
    waiting: Future[dict[str, Any]] = Future()
    answers, _, status = parts_of(workspace)
    app = create(answers, Statistics(answers, Store(workspace), lambda: waiting), status)

    async def ask() -> int:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            first, second = (
                asyncio.create_task(client.get("/api/v1/statistics?refresh=true", headers=ADMIN)) for _ in range(2)
            )
            await asyncio.sleep(0.3)
            first.cancel()
            await asyncio.sleep(0.1)
            waiting.set_result(snapshot())
            return (await second).status_code

    assert asyncio.run(ask()) == 200


def test_an_answer_of_many_snapshots_is_held_in_pieces_however_many_ask(workspace: Db) -> None:
    """H5: 200 clients that did not read held 2.3 GiB; turns and pieces hold the memory, and nobody else waits."""
    workspace["statistics"].insert_many([snapshot(filling=FILLING, n=n) for n in range(400)])  # 8 MB a page
    answers, statistics, status = parts_of(workspace)
    app = create(answers, statistics, status)
    asked = {"type": "http", "method": "GET", "path": LIST, "query_string": b"count=0", "http_version": "1.1"}
    headers = [(name.lower().encode(), value.encode()) for name, value in ADMIN.items()]

    async def reads_nothing(statuses: list[int]) -> None:
        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            elif message.get("more_body"):
                await asyncio.sleep(60)  # the transport's buffer is never emptied

        async def receive() -> Any:
            await asyncio.sleep(60)

        scope = asked | {"headers": headers, "client": ("192.0.2.1", 1), "server": ("test", 80), "scheme": "http"}
        await app(scope, receive, send)

    async def attack() -> tuple[list[int], int, float]:
        statuses: list[int] = []
        before = psutil.Process().memory_info().rss
        clients = [asyncio.create_task(reads_nothing(statuses)) for _ in range(60)]
        await asyncio.sleep(6)
        grown = (psutil.Process().memory_info().rss - before) / 2**20
        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            other = (await client.get(LIST, headers=OTHER_ADMIN)).status_code
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        return statuses, other, grown

    insert(workspace, Collection.USERS, login("other", "other's token", ["admin"]))
    statuses, other, grown = asyncio.run(attack())
    print(f"60 clients that do not read pages of 8 MB: {grown:+.0f} MiB")
    assert sorted(statuses) == [200] * EACH + [429] * (60 - EACH)
    assert other == 200
    assert grown < 120


def test_a_turn_comes_back_when_the_long_answer_is_sent_or_its_client_is_gone(workspace: Db) -> None:
    workspace["statistics"].insert_many([snapshot(filling=FILLING, n=n) for n in range(300)])
    with client_of(workspace) as client:
        for _ in range(3 * EACH):
            with client.stream("GET", f"{LIST}?count=0", headers=ADMIN) as answer:
                assert answer.status_code == 200
        whole = client.get(f"{LIST}?count=0", headers=ADMIN)

    assert whole.json()["count"] == 300


def test_a_page_that_mongodb_breaks_off_ends_without_its_end_and_with_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * (WHOLE + 1)
        raise DatabaseError("the store's MongoDB did not answer in time")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        await asyncio.sleep(60)

    answer = response(begin(broken(), ""), {})
    asyncio.run(answer({"type": "http", "asgi": {}}, receive, send))

    assert sent[-1]["more_body"] is True
    assert [record.getMessage() for record in caplog.records] == [
        "response aborted reason=database error=the store's MongoDB did not answer in time"
    ]


def test_a_login_that_was_taken_away_ends_within_a_second_also_while_answers_are_slow(workspace: Db) -> None:
    """M15: for as long as an answer took it went on, up to five seconds."""

    class Slow(RocketChat):
        def user_roles(self, user_id: str, hashed_token: str) -> list[str] | None:
            found = super().user_roles(user_id, hashed_token)
            time.sleep(1.5)
            return found

    admission = Admission(Slow(workspace))
    answers = ResponseCache(admission, Store(workspace), keep=MEMORY)
    app = create(answers, Statistics(answers, Store(workspace), Future), Status({}))

    async def ask() -> list[int]:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            asked = [asyncio.create_task(client.get(LIST, headers=PLAIN))]
            await asyncio.sleep(0.3)
            workspace[Collection.USERS].update_one({"_id": "plain"}, {"$set": {"services.resume.loginTokens": []}})
            await asyncio.sleep(1)
            asked += [asyncio.create_task(client.get(LIST, headers=PLAIN))]  # while the first still waits
            return [(await task).status_code for task in asked]

    workspace[Collection.PERMISSIONS].update_one({"_id": "view-statistics"}, {"$set": {"roles": ["user"]}})
    assert asyncio.run(ask()) == [200, 401]


def test_a_tag_inside_another_is_not_the_same(admin: TestClient) -> None:
    tag = admin.get(LIST).headers["etag"].removeprefix("W/").strip('"')

    assert admin.get(LIST, headers={"If-None-Match": f'"x{tag}", "{tag}x", {tag}'}).status_code == 200


def test_an_unknown_path_with_a_slash_is_not_redirected_to_the_host_that_was_named(anonymous: TestClient) -> None:
    answer = anonymous.get("/health/", headers={"Host": "evil.example"}, follow_redirects=False)

    assert answer.status_code == 404


def test_an_outage_is_logged_once_however_many_ask(nowhere: Db, caplog: pytest.LogCaptureFixture) -> None:
    with client_of(nowhere, within=0.3) as client:
        statuses = [client.get(LIST, headers=ADMIN).status_code for _ in range(5)]

    assert statuses == [503] * 5
    assert len([record for record in caplog.records if "request failed" in record.getMessage()]) == 1
