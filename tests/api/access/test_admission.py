"""Whose request is let pass, and how often."""

import asyncio
import threading
import time
from concurrent.futures import Future
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient
from pymongo.database import Database
from starlette.testclient import TestClient

from api.access.admission import Admission
from api.app import create
from api.caching import single_flight
from api.caching.responses import ResponseCache
from api.routes.health import Status
from api.routes.statistics import Statistics
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, LIST, MEMORY, PLAIN, client_of, parts_of
from tests.clock import Clock
from tests.commands import Commands
from tests.factories import insert, setting
from tests.waiting import until

Db = Database[dict[str, Any]]


def test_permissions_and_logins_count_for_the_next_request(workspace: Db) -> None:
    with client_of(workspace, seconds=3600, keep=MEMORY) as client:
        assert client.get(LIST, headers=ADMIN).status_code == 200
        workspace[Collection.PERMISSIONS].update_one({"_id": "view-statistics"}, {"$set": {"roles": ["user"]}})
        assert client.get(LIST, headers=PLAIN).status_code == 200
        workspace[Collection.USERS].update_one({"_id": "plain"}, {"$set": {"services.resume.loginTokens": []}})
        assert client.get(LIST, headers=PLAIN).status_code == 401


def test_settings_count_within_a_second(workspace: Db) -> None:
    clock = Clock()
    with client_of(workspace, seconds=single_flight.SECONDS, keep=MEMORY, clock=clock) as client:
        assert client.options(LIST, headers={"Origin": "https://board.example"}).status_code == 405
        insert(workspace, Collection.SETTINGS, setting("API_Enable_CORS", True))
        clock.now += 1
        assert client.options(LIST, headers={"Origin": "https://board.example"}).status_code == 200


DICTIONARY = "/api/v1/statistics.dictionary"


def test_login_and_permission_are_one_command(watched: Db, heard: Commands) -> None:
    with client_of(watched, seconds=3600, keep=MEMORY) as client:
        client.get(DICTIONARY, headers=ADMIN)
        heard.names.clear()
        client.get(DICTIONARY, headers=ADMIN)
        client.get(DICTIONARY, headers=PLAIN)

    assert heard.names == ["aggregate"] * 2


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


def test_wrong_logins_reach_the_workspace_only_so_often(watched: Db, heard: Commands) -> None:
    """M9: 4000 wrong logins were 4015 finds."""
    with client_of(watched, seconds=60, unknown_logins=5) as client:
        client.get(LIST, headers=ADMIN)
        heard.names.clear()
        statuses = [
            client.get(LIST, headers={"X-User-Id": "u", "X-Auth-Token": f"t{n}"}).status_code for n in range(50)
        ]
        wrong = heard.names.count("aggregate")
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
def test_a_login_longer_than_any_is_nobodys_and_is_not_looked_up(watched: Db, heard: Commands, name: str) -> None:
    with client_of(watched, seconds=60) as client:
        client.get("/api/info")
        heard.names.clear()
        answer = client.get(LIST, headers=ADMIN | {name: "x" * 257})

    assert (answer.status_code, heard.names) == (401, [])


class Slow(RocketChat):
    """Holds back its first answer about a login, which it has read by then."""

    def __init__(self, database: Db) -> None:
        super().__init__(database)
        self.asked = 0
        self.answer = threading.Event()

    def login_permissions(self, user_id: str, hashed_token: str, *permissions: str) -> frozenset[str] | None:
        found = super().login_permissions(user_id, hashed_token, *permissions)
        self.asked += 1
        if self.asked == 1:
            self.answer.wait(10)
        return found


CHANGES: list[tuple[Collection, dict[str, Any], int]] = [
    (Collection.USERS, {"services.resume.loginTokens": []}, 401),
    (Collection.USERS, {"roles": []}, 400),
    (Collection.PERMISSIONS, {"roles": []}, 400),
]


@pytest.mark.parametrize(("collection", "change", "status"), CHANGES)
def test_a_read_that_began_before_a_change_answers_no_later_request(
    workspace: Db, collection: Collection, change: dict[str, Any], status: int
) -> None:
    """M15: a withdrawn login went on for as long as an answer took, up to five seconds."""
    slow, store = Slow(workspace), Store(workspace)
    answers = ResponseCache(Admission(slow), store, keep=MEMORY)
    app = create(answers, Statistics(answers, store, Future), Status({}))

    async def ask() -> list[int]:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://test", headers=ADMIN) as client:
            first = asyncio.create_task(client.get(LIST))
            await until(lambda: slow.asked == 1)
            one = {"_id": "admin" if collection is Collection.USERS else "view-statistics"}
            workspace[collection].update_one(one, {"$set": change})
            later = [asyncio.create_task(client.get(LIST)) for _ in range(20)]
            await asyncio.sleep(0.05)  # they have arrived
            slow.answer.set()
            return [(await answer).status_code for answer in (first, *later)]

    assert asyncio.run(ask()) == [200] + [status] * 20
    assert slow.asked == 2
