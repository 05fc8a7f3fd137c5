"""The API over a test's database."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from api.access.admission import Admission
from api.app import create
from api.caching import responses
from api.caching.responses import ResponseCache
from api.routes.health import Status
from api.routes.statistics import Statistics
from collector.demo.mongod import free_port
from collector.mongodb.connection import connect
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog
from collector.statistics import snapshot as snapshots
from collector.store.snapshots import Store
from tests.api import scrapes
from tests.commands import Commands
from tests.factories import NOW, hours, insert, login, permission, setting, snapshot

Db = Database[dict[str, Any]]
MEMORY = 2**20
ADMIN = {"X-User-Id": "admin", "X-Auth-Token": "admin's token"}
LIST = "/api/v1/statistics.list"
SERIES = "/api/v1/statistics.series?fields=totalUsers&start=2024-03-01&end=2024-04-01"
PLAIN = {"X-User-Id": "plain", "X-Auth-Token": "plain's token"}


def parts_of(
    database: Db,
    refresh: Callable[[], dict[str, Any]] = snapshot,
    entries: Sequence[Mapping[str, str]] = (),
    *,
    seconds: float = 0,
    keep: int = 0,
    within: float = responses.QUERY_WITHIN,
    clock: Callable[[], float] = time.monotonic,
    **over: Any,
) -> tuple[ResponseCache, Statistics, Status]:
    """What the application is made of, over a database that is workspace and store."""
    workspace, store = RocketChat(database), Store(database)
    status = Status(
        {"workspace": lambda: workspace.identity() and "", "store": lambda: store.edition() and ""}, seconds
    )
    admission = Admission(workspace, seconds=seconds, within=within, clock=clock, **over)
    answers = ResponseCache(admission, store, keep=keep, seconds=seconds, within=within, clock=clock)
    return answers, Statistics(answers, store, lambda: done(refresh), entries), status


def done(take: Callable[[], dict[str, Any]]) -> Future[dict[str, Any]]:
    """What the schedule would give for a snapshot that is taken at once."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(take)


def client_of(database: Db, refresh: Callable[[], dict[str, Any]] = snapshot, **more: Any) -> TestClient:
    """A client over the real application, without logging in; it remembers nothing but for `seconds`."""
    return TestClient(create(*parts_of(database, refresh, **more)), raise_server_exceptions=False)


@pytest.fixture
def workspace(real_database: Db) -> Db:
    """A workspace with an administrator and a plain user."""
    database = real_database
    insert(database, Collection.SETTINGS, setting("uniqueID", "workspace"))
    insert(
        database,
        Collection.USERS,
        login("admin", "admin's token", ["user", "admin"]),
        login("plain", "plain's token", ["user"]),
    )
    insert(database, Collection.PERMISSIONS, permission(["admin", "auditor"]))
    return database


@pytest.fixture
def heard() -> Commands:
    return Commands()


@pytest.fixture
def watched(workspace: Db, mongod_url: str, heard: Commands) -> Iterator[Db]:
    """The workspace's database with three snapshots, and what it is asked."""
    for age in range(3):
        Store(workspace).add(snapshot(at=NOW - hours(age), totalUsers=age, filling="x" * 2000))
    with connect(mongod_url, "TEST", heard) as client:
        yield client[workspace.name]


@pytest.fixture
def anonymous(workspace: Db) -> Iterator[TestClient]:
    with client_of(workspace) as client:
        yield client


@pytest.fixture
def admin(anonymous: TestClient) -> TestClient:
    anonymous.headers.update(ADMIN)
    return anonymous


@pytest.fixture
def here(workspace: Db) -> Iterator[TestClient]:
    """A client on the daemon's own host, over the application and its metrics."""
    with scrapes.client_of(workspace) as client:
        yield client


@pytest.fixture
def nowhere() -> Iterator[Db]:
    """A database on a port where nobody listens."""
    with connect(f"mongodb://rcstats:its-password@{scrapes.HERE}:{free_port()}/?timeoutMS=60000", "TEST") as client:
        yield client["rocketchat"]


@pytest.fixture
def taken(workspace: Db) -> dict[str, Any]:
    """A snapshot that all readings made of the workspace, stored."""
    sources = Sources(RocketChat(workspace))
    document = snapshots.take(catalog.READINGS, sources, snapshots.SnapshotContext("workspace", "UTC"))
    Store(workspace).add(document)
    return document
