"""Queries for which MongoDB needs too long: who is to blame, and what becomes of the others."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NoReturn

import httpx2
import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from api.access.admission import Admission
from api.app import create
from api.caching.responses import QUERY_WITHIN, ResponseCache
from api.caching.single_flight import IN_ALL
from api.routes.health import Status
from api.routes.statistics import Statistics
from collector.errors import DatabaseTimeoutError
from collector.key_paths import Document
from collector.mongodb.connection import Client, connect
from collector.series.pipeline import SeriesQuery
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.store.parameters import ListQuery
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, LIST
from tests.api.dashboard.serving import served
from tests.factories import NOW, hours, insert, keep, login, snapshot
from tests.failpoints import TOO_SLOW, blocked, refused

Db = Database[dict[str, Any]]
SERIES = "/api/v1/statistics.series"
FORECAST = "/api/v1/statistics.forecast"
OTHER_ADMIN = {"X-User-Id": "other", "X-Auth-Token": "other's token"}

ON_TIME = IN_ALL + 0.3  # seconds; the other test processes keep the machine busy

PATTERNS = [{"$regex": f"(a|b|c)*z{n}$"} for n in range(50)]
HARD = {
    "patterns": {"$or": [{"rows": pattern} for pattern in PATTERNS]},
    "lists": {"$or": [{"rows": {"$elemMatch": pattern}} for pattern in PATTERNS]},
    "alternatives": {"$nor": [{"$and": [{"rows": pattern}]} for pattern in PATTERNS]},
}
ANYTHING = {"fields": "anything", "start": "2024-01-01", "end": "2024-04-01"}


class Slow(Store):
    """A store that is too slow for all queries of clients; if it is `silent`, it then answers nothing at all."""

    def __init__(self, database: Db, *, silent: bool) -> None:
        super().__init__(database)
        self._is_silent, self._was_asked = silent, False

    def _too_slow(self) -> NoReturn:
        self._was_asked = True
        raise DatabaseTimeoutError("the store's MongoDB did not answer in time")

    def page(self, workspace: str, query: ListQuery) -> NoReturn:
        self._too_slow()

    def series(self, workspace: str, query: SeriesQuery) -> NoReturn:
        self._too_slow()

    def newest_as_stored(self, workspace: str) -> NoReturn:
        self._too_slow()

    def edition(self) -> str:
        if self._is_silent and self._was_asked:
            self._too_slow()
        return super().edition()


@contextmanager
def over(workspace: Db, store: Store, within: float = QUERY_WITHIN) -> Iterator[TestClient]:
    answers = ResponseCache(Admission(RocketChat(workspace), seconds=0), store, seconds=0, within=within)
    with TestClient(create(answers, Statistics(answers, store, Future), Status({})), headers=ADMIN) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "given", "blamed"),
    [
        (LIST, {"query": '{"a":{"$regex":"x"}}', "sort": '{"b":1}', "offset": "7", "count": "0"}, "query"),
        (LIST, {"query": "{}", "sort": '{"b":1}', "offset": "7"}, "sort"),
        (LIST, {"sort": '{"createdAt":-1,"b":1}'}, "sort"),
        (LIST, {"sort": '{"createdAt":1}', "offset": "7", "count": "0"}, "offset"),
        (LIST, {"count": "0", "format": "csv"}, "count"),
        (LIST, {"fields": '{"totalUsers":1}', "count": "0"}, "count"),
        (SERIES, ANYTHING, "fields"),
        (SERIES, ANYTHING | {"format": "ndjson"}, "fields"),
    ],
)
def test_the_error_names_the_parameter_that_makes_the_query_slow(
    workspace: Db, path: str, given: dict[str, str], blamed: str
) -> None:
    with over(workspace, Slow(workspace, silent=False)) as client:
        answer = client.get(path, params=given)

    body = answer.json()
    assert answer.status_code == 400
    assert body["error"].startswith(f'Invalid {blamed} parameter provided: "{given[blamed]}" [')
    assert body["errorType"] == ("invalid-params" if blamed in {"offset", "count"} else f"error-invalid-{blamed}")
    assert body["details"]["reason"].startswith("MongoDB needs more than 2 seconds for this query; ")


@pytest.mark.parametrize(
    ("path", "given"),
    [(LIST, {}), (LIST, {"count": "1", "sort": '{"createdAt":1}'}), ("/api/v1/statistics", {}), (FORECAST, {})],
)
def test_a_request_that_should_be_fast_is_not_to_blame(workspace: Db, path: str, given: dict[str, str]) -> None:
    with over(workspace, Slow(workspace, silent=False)) as client:
        assert client.get(path, params=given).status_code == 503


@pytest.mark.parametrize(("path", "given"), [(LIST, {"query": '{"a":1}'}), (SERIES, ANYTHING)])
def test_a_query_is_not_to_blame_if_the_store_answers_no_other_either(
    workspace: Db, path: str, given: dict[str, str]
) -> None:
    with over(workspace, Slow(workspace, silent=True)) as client:
        answer = client.get(path, params=given)

    assert answer.status_code == 503
    assert answer.json() == {"success": False, "error": "the store's MongoDB did not answer in time"}


def test_a_query_whose_time_others_have_taken_is_not_to_blame(workspace: Db) -> None:
    with over(workspace, Slow(workspace, silent=False), within=IN_ALL) as client:  # more than is ever left
        answer = client.get(LIST, params={"query": '{"a":1}'})

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "5"


def test_a_series_that_mongodb_does_not_finish_is_a_400_in_time(
    workspace: Db, mongod_url: str, real_client: Client
) -> None:
    with (
        blocked(real_client, "wide", "aggregate", seconds=IN_ALL + 1),
        connect(f"{mongod_url}&appName=wide", "TEST") as client,
        over(workspace, Store(client[workspace.name])) as asked,
    ):
        begun = time.monotonic()
        answer = asked.get(SERIES, params=ANYTHING)
        took = time.monotonic() - begun

    assert answer.status_code == 400
    assert "ask for a shorter time or fewer fields" in answer.json()["details"]["reason"]
    assert took < ON_TIME


def test_a_store_that_is_silent_is_a_503_in_time(workspace: Db, mongod_url: str, real_client: Client) -> None:
    with (
        blocked(real_client, "silent", "find", "count", "aggregate", seconds=IN_ALL + 1),
        connect(f"{mongod_url}&appName=silent", "TEST") as client,
        over(workspace, Store(client[workspace.name])) as asked,
    ):
        begun = time.monotonic()
        hard = ((LIST, {"query": '{"a":1}'}), (SERIES, ANYTHING))
        statuses = [asked.get(path, params=given).status_code for path, given in hard]
        took = time.monotonic() - begun

    assert statuses == [503, 503]
    assert took < 2 * ON_TIME


@pytest.fixture(scope="module")
def large(real_client: Client) -> Iterator[Db]:
    """A workspace with 3,000 snapshots of 12 kB, over which some filters take seconds."""
    database = real_client["slow_queries"]
    insert(database, Collection.SETTINGS, {"_id": "uniqueID", "value": "workspace"})
    insert(database, Collection.USERS, login("admin", "admin's token"), login("other", "other's token"))
    insert(database, Collection.PERMISSIONS, {"_id": "view-statistics", "roles": ["admin"]})
    Store(database).prepare()
    rows = [f"{hashlib.sha256(b'%d' % n).hexdigest()[:6]}abc" for n in range(800)]
    for batch in range(6):
        keep(database, *[snapshot(at=NOW - hours(500 * batch + n), rows=rows, totalUsers=n) for n in range(500)])
    yield database
    real_client.drop_database(database.name)


def ask(address: str, path: str, given: Mapping[str, str], who: Mapping[str, str]) -> tuple[httpx2.Response, float]:
    begun = time.monotonic()
    answer = httpx2.get(f"{address}{path[1:]}", params=given, headers=who, timeout=10)
    return answer, time.monotonic() - begun


UNCOMPRESSED = ADMIN | {"Accept-Encoding": "identity"}
OTHERS: list[tuple[str, Document]] = [
    ("/health", {}),
    (LIST, {"count": "1"}),
    ("/api/v1/statistics", {}),
    (FORECAST, {}),
    (LIST, {"count": "24", "sort": '{"createdAt":-1}', "fields": '{"createdAt":1,"collector.seconds":1}'}),
    (SERIES, ANYTHING | {"fields": "totalUsers,activeUsers", "every": "1d"}),
]


def test_filters_that_take_too_long_are_a_400_in_time_while_others_are_served(large: Db) -> None:
    with served(large) as address, ThreadPoolExecutor(len(HARD)) as pool:
        hard = [pool.submit(ask, address, LIST, {"query": json.dumps(where)}, ADMIN) for where in HARD.values()]
        while not all(future.done() for future in hard):
            for path, given in OTHERS:
                answer, took = ask(address, path, given, OTHER_ADMIN)
                assert answer.status_code == 200, (path, answer.text)
                assert took < QUERY_WITHIN, path

        for answer, took in (future.result() for future in hard):
            assert answer.status_code == 400, answer.text
            assert "narrow the query by createdAt" in answer.json()["details"]["reason"]
            assert took < ON_TIME


def test_a_response_whose_time_is_up_after_its_beginning_is_not_completed(
    workspace: Db, mongod_url: str, real_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    filling = hashlib.shake_256(b"").hexdigest(50_000)
    keep(workspace, *[snapshot(at=NOW - hours(n), filling=filling) for n in range(300)])  # 30 MB, in several batches
    with (
        refused(real_client, "stream", "getMore", code=TOO_SLOW),
        connect(f"{mongod_url}&appName=stream", "TEST") as client,
        served(client[workspace.name]) as address,
    ):
        for form in ("json", "ndjson"):
            given = {"count": "0", "format": form}
            with (
                httpx2.stream("GET", f"{address}{LIST[1:]}", params=given, headers=UNCOMPRESSED) as answer,
                pytest.raises(httpx2.RemoteProtocolError),
            ):
                answer.read()
            assert answer.status_code == 200

    told = [record.getMessage() for record in caplog.records if record.name == "api.rendering.body"]
    assert told == ['response aborted reason=database error="the store\'s MongoDB did not answer in time"'] * 2
