"""Snapshots kept, and given out page by page."""

from typing import Any

import pytest
from bson import Timestamp
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from collector.demo.mongod import free_port
from collector.errors import CommandRefusedError, DatabaseError, IndexProblemError
from collector.mongodb.connection import connect
from collector.store.parameters import ListQuery
from collector.store.snapshots import COLLECTION, Store
from tests.factories import NOW, hours, snapshot

Db = Database[dict[str, Any]]


@pytest.fixture
def store(database: Db) -> Store:
    store = Store(database)
    store.prepare()
    return store


@pytest.fixture
def real_store(real_database: Db) -> Store:
    """Pages come as the bytes that a real server sends."""
    return Store(real_database)


def ids(store: Store, query: ListQuery, workspace: str = "workspace") -> list[str]:
    return [found["_id"] for found in store.page(workspace, query)]


def test_a_snapshot_is_kept_as_it_is(store: Store) -> None:
    kept = snapshot(totalUsers=3)

    assert store.add(kept)
    assert store.newest("workspace") == kept


def test_a_slot_is_kept_once(store: Store) -> None:
    assert store.add(snapshot(slot=NOW))
    assert not store.add(snapshot(slot=NOW))
    assert store.count("workspace", {}) == 1


def test_each_workspace_has_its_own_slots(store: Store) -> None:
    assert store.add(snapshot("one", slot=NOW))
    assert store.add(snapshot("two", slot=NOW))


def test_snapshots_on_demand_are_kept_in_any_number(store: Store) -> None:
    assert all(store.add(snapshot()) for _ in range(3))
    assert store.count("workspace", {}) == 3


def test_it_knows_which_slots_it_has(store: Store) -> None:
    store.add(snapshot("one", slot=NOW))

    assert store.has_slot("one", NOW)
    assert not store.has_slot("one", NOW + hours(1))
    assert not store.has_slot("two", NOW)


def test_the_newest_is_that_of_the_workspace(store: Store) -> None:
    for name, age in (("one", 2), ("one", 1), ("one", 3), ("two", 0)):
        store.add(snapshot(name, NOW - hours(age)))

    newest = store.newest("one")
    assert newest is not None
    assert newest["createdAt"] == NOW - hours(1)
    assert store.newest("three") is None


def test_a_page_is_newest_first_and_counts_all_that_match(real_store: Store) -> None:
    for age in (1, 0, 2):
        real_store.add(snapshot(at=NOW - hours(age), _id=f"age {age}"))

    assert ids(real_store, ListQuery(count=2)) == ["age 0", "age 1"]
    assert real_store.count("workspace", {}) == 3
    assert real_store.count("workspace", {"_id": {"$ne": "age 1"}}) == 2


def test_a_page_has_offset_sort_and_fields(real_store: Store) -> None:
    for age in range(4):
        real_store.add(snapshot(at=NOW - hours(age), _id=f"age {age}", totalUsers=age, os={"type": "Linux"}))

    query = ListQuery(sort={"totalUsers": -1}, offset=1, count=2, fields={"totalUsers": 1})
    assert [dict(found) for found in real_store.page("workspace", query)] == [
        {"_id": "age 2", "totalUsers": 2},
        {"_id": "age 1", "totalUsers": 1},
    ]


def test_a_count_of_zero_means_all(real_store: Store) -> None:
    for _ in range(60):
        real_store.add(snapshot())

    assert len(ids(real_store, ListQuery(count=0))) == 60


@pytest.mark.parametrize(
    "where",
    [
        {"collector.workspace": "other"},
        {"$or": [{"collector.workspace": "other"}, {"_id": "theirs"}]},
        {"collector.workspace": {"$ne": "workspace"}},
        {"_id": "theirs"},
        {},
    ],
)
def test_no_filter_reaches_another_workspace(real_store: Store, where: dict[str, Any]) -> None:
    real_store.add(snapshot("other", _id="theirs"))
    real_store.add(snapshot(_id="ours"))

    assert "theirs" not in ids(real_store, ListQuery(where=where))


def test_indexes_are_made_once_and_missed_before(database: Db) -> None:
    store = Store(database)

    assert store.indexes.missing() == ["trends", "one_per_slot"]
    store.prepare()
    store.prepare()
    assert store.indexes.missing() == []


def test_a_filter_that_mongodb_refuses_is_told_apart_from_trouble(real_database: Db) -> None:
    with pytest.raises(CommandRefusedError) as refused:
        list(Store(real_database).page("workspace", ListQuery(where={"a": {"$regex": "("}})))
    assert "(" not in str(refused.value).removesuffix("(code 51091)")


def test_the_newest_and_a_page_are_read_by_the_index(real_database: Db) -> None:
    store = Store(real_database)
    store.prepare()
    store.add(snapshot())
    find = {"find": COLLECTION, "filter": {"collector.workspace": "w"}, "sort": {"createdAt": -1}}

    plan = real_database.command({"explain": find, "verbosity": "queryPlanner"})["queryPlanner"]["winningPlan"]
    assert plan["inputStage"]["indexName"] == "trends"
    assert plan["stage"] == "FETCH"


def test_the_unique_index_itself_refuses_a_second_snapshot_of_a_slot(database: Db) -> None:
    Store(database).prepare()
    database[COLLECTION].insert_one(snapshot(slot=NOW))

    with pytest.raises(DuplicateKeyError):
        database[COLLECTION].insert_one(snapshot(slot=NOW))


def test_an_unreachable_store_says_so() -> None:
    url = f"mongodb://127.0.0.1:{free_port()}/?timeoutMS=200"
    with connect(url, "TEST") as client, pytest.raises(DatabaseError, match="the store's MongoDB can't be reached"):
        Store(client["rcstats"]).newest("workspace")


ONE_PER_SLOT = [("collector.workspace", 1), ("collector.slot", 1)]
HAS_SLOT = {"collector.slot": {"$exists": True}}


def test_indexes_that_are_missing_before_the_first_snapshot_are_not_a_problem(database: Db) -> None:
    store = Store(database)

    assert (store.indexes.problem(), store.indexes.obstacle()) == ("", "")
    store.prepare()
    assert (store.indexes.problem(), store.indexes.obstacle()) == ("", "")


OTHERS = {
    "other keys": ([("collector.workspace", 1)], HAS_SLOT, True),
    "other order": (ONE_PER_SLOT[::-1], HAS_SLOT, True),
    "not unique": (ONE_PER_SLOT, HAS_SLOT, False),
    "other documents": (ONE_PER_SLOT, {"collector.slot": {"$gt": 0}}, True),
}


@pytest.mark.parametrize(("keys", "of", "unique"), OTHERS.values(), ids=OTHERS)
def test_an_index_of_our_name_with_other_keys_or_options_is_told_with_its_remedy(
    real_database: Db, keys: Any, of: Any, unique: bool
) -> None:
    real_database[COLLECTION].create_index(keys, name="one_per_slot", unique=unique, partialFilterExpression=of)
    store = Store(real_database)
    where = f"{real_database.name}.statistics"
    told = (
        f"the index one_per_slot of {where} has other keys or options than one_per_slot needs:"
        f' drop it in mongosh by db.getSiblingDB("{real_database.name}").getCollection("statistics")'
        '.dropIndex("one_per_slot"), and the next snapshot builds one_per_slot'
    )

    assert store.indexes.problem() == told
    with pytest.raises(IndexProblemError) as refused:
        store.prepare()
    assert str(refused.value) == told
    assert "trends" in real_database[COLLECTION].index_information()


def test_an_index_that_is_dropped_as_told_is_built_anew(real_database: Db) -> None:
    real_database[COLLECTION].create_index("createdAt", name="trends")
    store = Store(real_database)
    with pytest.raises(IndexProblemError, match="the index trends "):
        store.prepare()
    real_database[COLLECTION].drop_index("trends")
    store.prepare()

    assert store.indexes.problem() == ""


def test_the_same_index_by_another_name_does_as_well(real_database: Db) -> None:
    real_database[COLLECTION].create_index(ONE_PER_SLOT, name="mine", unique=True, partialFilterExpression=HAS_SLOT)
    store = Store(real_database)
    store.prepare()

    assert (store.indexes.problem(), store.indexes.missing()) == ("", [])


def test_duplicates_that_keep_the_unique_index_from_being_built_are_told(real_database: Db) -> None:
    real_database[COLLECTION].insert_many([snapshot(slot=NOW), snapshot(slot=NOW), snapshot(), snapshot()])
    store = Store(real_database)
    told = (
        f"the index one_per_slot of {real_database.name}.statistics cannot be built, as more than one document has"
        " collector.workspace workspace, collector.slot 2024-03-15 12:30:00 UTC: remove all but one of each such group,"
        " and the next snapshot builds it"
    )

    assert (store.indexes.problem(), store.indexes.obstacle()) == ("", told)
    with pytest.raises(IndexProblemError) as refused:
        store.prepare()
    assert str(refused.value) == told
    assert store.indexes.problem() == told
    real_database[COLLECTION].delete_one({"collector.slot": NOW})
    store.prepare()
    assert (store.indexes.problem(), store.indexes.obstacle()) == ("", "")


def test_a_snapshot_of_the_future_does_not_hide_those_after_it(database: Db) -> None:
    store = Store(database, clock=lambda: NOW)
    for later in (-1.0, 0.05, 24 * 400, 24 * 300):
        store.add(snapshot(at=NOW + hours(later), _id=f"{later} hours"))

    newest = store.newest("workspace")
    assert newest is not None
    assert newest["_id"] == "0.05 hours"  # clocks differ by some minutes
    assert store.of_the_future("workspace") == (2, NOW + hours(24 * 400))
    assert store.of_the_future("other") == (0, None)


@pytest.mark.parametrize(
    "odd",
    [
        {"createdAt": Timestamp(4_000_000_000, 1)},
        {"createdAt": "2999-01-01"},
        {"createdAt": None},
        {"collector": [{"workspace": "workspace"}]},
    ],
    ids=str,
)
def test_a_strangers_document_is_never_the_newest(real_database: Db, odd: dict[str, Any]) -> None:
    store = Store(real_database, clock=lambda: NOW)
    ours = snapshot(at=NOW - hours(1))
    real_database[COLLECTION].insert_many([ours, snapshot(at=NOW) | odd])

    assert store.newest("workspace") == ours
    assert store.of_the_future("workspace") == (0, None)


def test_the_newest_is_still_read_by_the_index_alone(real_database: Db) -> None:
    store = Store(real_database, clock=lambda: NOW)
    store.prepare()
    for age in range(200):
        store.add(snapshot(at=NOW - hours(age)))
    real_database.command({"profile": 2})
    store.newest("workspace")
    real_database.command({"profile": 0})

    (told,) = real_database["system.profile"].find({"op": "query", "ns": f"{real_database.name}.{COLLECTION}"})
    assert (told["docsExamined"], told["keysExamined"]) == (1, 1)
