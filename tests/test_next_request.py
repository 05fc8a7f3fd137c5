"""A change in the workspace counts for the very next request: the server's own six assertions, without a pause."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from pymongo.database import Database

from collector.demo.sample import workspace
from collector.mongodb.connection import Client
from collector.sources.collections import Collection
from collector.sources.rocketchat import hash_token
from tests.factories import SMALL
from tests.processes import Running, running

ROUNDS, FEWER = 100, 20
NEWEST, LIST = "/api/v1/statistics", "/api/v1/statistics.list"
REFUSALS = {
    "8.6.1": (400, {"success": False, "error": "error-not-allowed"}),
    "9.0.0": (403, {"success": False, "error": "error-not-allowed", "errorType": "error-forbidden"}),
}
NOT_LOGGED_IN = (401, {"status": "error", "message": "You must be logged in to do this."})
LOGIN = {"X-User-Id": workspace.ADMIN.user_id, "X-Auth-Token": workspace.ADMIN.token}

Answer = tuple[int, dict[str, Any]]


@dataclass
class Served:
    """A workspace of a release, and a daemon that serves it."""

    database: Database[dict[str, Any]]
    daemon: Running
    refusal: Answer

    def grant(self, *roles: str) -> None:
        self.database[Collection.PERMISSIONS].update_one({"_id": "view-statistics"}, {"$set": {"roles": list(roles)}})

    def change(self, **fields: Any) -> None:
        """Changes the user."""
        self.database[Collection.USERS].update_one({"_id": workspace.ADMIN.user_id}, {"$set": fields})

    @contextmanager
    def client(self) -> Iterator["Asker"]:
        """A client with a connection of its own."""
        with closing(HTTPConnection(self.daemon.address, timeout=20)) as connection:
            yield Asker(connection)


@dataclass
class Asker:
    connection: HTTPConnection

    def __call__(self, path: str) -> Answer:
        self.connection.request("GET", path, headers=LOGIN)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())


@pytest.fixture(scope="module", params=REFUSALS)
def served(request: pytest.FixtureRequest, real_client: Client, mongod_url: str) -> Iterator[Served]:
    name = f"next_{uuid4().hex}"
    database, now = real_client[name], datetime.now(UTC)
    workspace.fill(database, now, SMALL)
    newest = {"_id": "newest", "createdAt": now + timedelta(hours=1), "version": request.param}
    database[Collection.STATISTICS].insert_one(newest)
    url = mongod_url.replace("/?", f"/{name}?")
    with running("run", mongo_url=url, store_url=url, rate_limit="0", schedule="0 0 1 1 *") as daemon:
        daemon.wait_for(lambda: "process" in (daemon.get(NEWEST, **LOGIN)[1] or {}))
        yield Served(database, daemon, REFUSALS[request.param])
    real_client.drop_database(name)


@pytest.fixture(autouse=True)
def as_before(served: Served) -> Iterator[None]:
    user = served.database[Collection.USERS].find_one({"_id": workspace.ADMIN.user_id})
    yield
    served.grant("admin")
    served.database[Collection.USERS].replace_one({"_id": workspace.ADMIN.user_id}, user or {})


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_servers_six_assertions_hold_a_hundred_times_without_a_pause(served: Served) -> None:
    with served.client() as ask:
        for _ in range(ROUNDS):
            served.grant()
            assert ask(NEWEST) == served.refusal
            served.grant("admin")
            status, stored = ask(NEWEST)
            assert (status, stored["success"]) == (200, True)
            status, fresh = ask(f"{NEWEST}?refresh=true")
            assert (status, fresh["success"]) == (200, True)
            assert fresh["process"]["uptime"] != stored["process"]["uptime"]
            served.grant()
            assert ask(LIST) == served.refusal
            served.grant("admin")
            for path in (LIST, f"{LIST}?count=5&offset=0"):
                status, page = ask(path)
                assert (status, page["success"]) == (200, True)
                assert isinstance(page["statistics"], list)
                assert {"offset", "total", "count"} <= page.keys()


@pytest.mark.timeout(180)
def test_each_change_counts_for_all_clients_while_others_ask_all_the_time(served: Served) -> None:
    """The others keep reads running, none of which may answer a request that came after the change."""
    ended = Event()

    def go_on() -> None:
        with served.client() as ask:
            while not ended.is_set():
                ask(LIST)

    def once(_: int) -> Answer:
        with served.client() as ask:
            status, body = ask(f"{LIST}?count=1")
            return status, body if status != 200 else {}

    with ThreadPoolExecutor(8) as pool:
        others = [pool.submit(go_on) for _ in range(4)]
        try:
            for _ in range(FEWER):
                served.grant()
                assert list(pool.map(once, range(4))) == [served.refusal] * 4
                served.grant("admin")
                assert list(pool.map(once, range(4))) == [(200, {})] * 4
        finally:
            ended.set()
        for other in others:
            other.result()


def test_a_changed_role_counts_for_the_next_request(served: Served) -> None:
    with served.client() as ask:
        for _ in range(FEWER):
            served.change(roles=["user"])
            assert ask(LIST) == served.refusal
            served.change(roles=["user", "admin"])
            assert ask(LIST)[0] == 200


def test_a_withdrawn_token_counts_for_the_next_request(served: Served) -> None:
    tokens = [{"hashedToken": hash_token(workspace.ADMIN.token)}]
    with served.client() as ask:
        for _ in range(FEWER):
            served.change(**{"services.resume.loginTokens": []})
            assert ask(LIST) == NOT_LOGGED_IN
            served.change(**{"services.resume.loginTokens": tokens})
            assert ask(LIST)[0] == 200
