"""The API over a test's database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from api.app import create
from api.statistics import Statistics
from api.status import Status
from collector.sources.rocketchat import Collection, RocketChat
from collector.store import Store
from tests.factories import insert, login, permission, setting, snapshot

Db = Database[dict[str, Any]]
ADMIN = {"X-User-Id": "admin", "X-Auth-Token": "admin's token"}
PLAIN = {"X-User-Id": "plain", "X-Auth-Token": "plain's token"}


def client_of(
    database: Db,
    refresh: Callable[[], dict[str, Any]] = snapshot,
    entries: Sequence[Mapping[str, str]] = (),
) -> TestClient:
    """A client over the real application, without logging in."""
    workspace, store = RocketChat(database), Store(database)
    status = Status({"workspace": workspace.identity, "store": store.missing_indexes})
    app = create(Statistics(workspace, store, refresh, entries), status)
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def workspace(database: Db) -> Db:
    """A workspace with an administrator and a plain user."""
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
def anonymous(workspace: Db) -> Iterator[TestClient]:
    with client_of(workspace) as client:
        yield client


@pytest.fixture
def admin(anonymous: TestClient) -> TestClient:
    anonymous.headers.update(ADMIN)
    return anonymous
