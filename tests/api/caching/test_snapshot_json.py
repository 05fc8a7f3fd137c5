"""The JSON of snapshots, made once for each projection."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest
from bson import ObjectId
from pymongo.database import Database

from api.caching.memory import Memory
from api.caching.snapshot_json import AT_ONCE, MOST_IDS, SnapshotJson
from collector.mongodb.connection import connect
from collector.store.parameters import ListQuery
from collector.store.snapshots import Store
from tests.commands import Commands
from tests.factories import NOW, hours, keep, snapshot

Db = Database[dict[str, Any]]
MEMORY = 2**20


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
def store(real_database: Db, mongod_url: str, commands: Commands) -> Iterator[Store]:
    with connect(mongod_url, "TEST", commands) as client:
        yield Store(client[real_database.name])


def filled(database: Db, count: int = 40) -> None:
    keep(
        database,
        *(snapshot(_id=f"s{n:03}", at=NOW - hours(n), totalUsers=n, os={"type": "Linux"}) for n in range(count)),
    )


def page(found: SnapshotJson, edition: str = "1", **query: Any) -> list[Mapping[str, Any]]:
    return [orjson.loads(item) for item in found.page("workspace", ListQuery(**query), edition)]


def test_a_page_of_another_edition_needs_only_its_ids(real_database: Db, store: Store, commands: Commands) -> None:
    filled(real_database)
    found = SnapshotJson(store, Memory(MEMORY))
    first = page(found, count=10)
    commands.names.clear()

    assert page(found, "2", count=10) == first
    assert commands.names == ["find"]
    assert [one["totalUsers"] for one in first] == list(range(10))


def test_a_page_of_the_same_edition_needs_nothing(real_database: Db, store: Store, commands: Commands) -> None:
    filled(real_database)
    found = SnapshotJson(store, Memory(MEMORY))
    first = page(found, count=10)
    commands.names.clear()

    assert page(found, count=10) == first
    assert commands.names == []


def test_a_snapshot_that_was_removed_is_not_in_the_next_edition(real_database: Db, store: Store) -> None:
    filled(real_database, 3)
    found = SnapshotJson(store, Memory(MEMORY))
    page(found, count=3)
    real_database["statistics"].delete_one({"_id": "s001"})

    assert [one["_id"] for one in page(found, "2", count=3)] == ["s000", "s002"]


def test_pages_that_overlap_share_what_is_made(real_database: Db, store: Store, commands: Commands) -> None:
    filled(real_database)
    found = SnapshotJson(store, Memory(MEMORY))
    page(found, count=20)
    commands.names.clear()

    rows = page(found, count=AT_ONCE, offset=10)
    assert [one["totalUsers"] for one in rows] == list(range(10, 10 + AT_ONCE))
    assert commands.names == ["find", "find"]


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ({}, {"_id", "createdAt", "_updatedAt", "collector", "totalUsers", "os"}),
        ({"totalUsers": 1}, {"_id", "totalUsers"}),
        ({"os": 0, "collector": 0}, {"_id", "createdAt", "_updatedAt", "totalUsers"}),
        ({"_id": 0, "collector": 0}, {"createdAt", "_updatedAt", "totalUsers", "os"}),
    ],
)
def test_each_projection_is_made_of_its_own(real_database: Db, store: Store, fields: Any, keys: set[str]) -> None:
    filled(real_database, 3)
    found = SnapshotJson(store, Memory(MEMORY))

    for _ in range(2):
        assert [set(one) for one in page(found, count=3, fields=fields)] == [keys] * 3
        assert all("os" in one for one in page(found, count=3))


@pytest.mark.parametrize("query", [{"count": 0}, {"count": MOST_IDS + 1}, {"count": 3, "fields": {"_id": 0}}])
def test_what_cannot_be_kept_is_streamed(real_database: Db, store: Store, commands: Commands, query: Any) -> None:
    filled(real_database, 3)
    found = SnapshotJson(store, Memory(MEMORY))
    page(found, **query)
    commands.names.clear()

    assert len(page(found, **query)) == 3
    assert commands.names == ["find"]


def test_without_a_memory_a_page_is_read_at_once(real_database: Db, store: Store, commands: Commands) -> None:
    filled(real_database, 3)

    assert len(page(SnapshotJson(store, Memory(0)), count=3)) == 3
    assert commands.names == ["find"]


def test_an_id_of_another_type_is_not_confused_with_its_text(real_database: Db, store: Store) -> None:
    same = ObjectId()
    keep(real_database, snapshot(_id=same, totalUsers=1), snapshot(_id=str(same), totalUsers=2, at=NOW - hours(1)))
    found = SnapshotJson(store, Memory(MEMORY))

    for _ in range(2):
        assert [one["totalUsers"] for one in page(found, count=2)] == [1, 2]
        assert [one["totalUsers"] for one in page(found, count=1, offset=1)] == [2]


def test_a_page_has_no_snapshot_of_another_workspace_whose_id_it_has(real_database: Db, store: Store) -> None:
    filled(real_database, 2)
    found = SnapshotJson(store, Memory(MEMORY))
    page(found, count=2)

    assert list(found.page("another", ListQuery(count=2), "1")) == []


def test_secret_keys_are_not_kept(real_database: Db, store: Store) -> None:
    keep(real_database, snapshot(statsToken="secret", success=False))

    (one,) = page(SnapshotJson(store, Memory(MEMORY)), count=1)
    assert {"statsToken", "success"}.isdisjoint(one)
