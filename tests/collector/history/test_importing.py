"""The server's own documents, brought into the store."""

import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Binary, Decimal128, Int64, ObjectId, encode
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from collector import __version__
from collector.errors import DatabaseError
from collector.history import importing
from collector.history.importing import import_all, modern
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.store.imported import missing
from collector.store.snapshots import Store
from tests.factories import NOW, hours, insert, nulls, with_id

Db = Database[dict[str, Any]]

# As Rocket.Chat 0.61 stored it.
OLD: dict[str, Any] = {
    "_id": "v3D4mvobwfznKozH8",
    "uniqueId": "wD4EP3M7FeFzJZgk9",
    "installedAt": "2018-02-18T19:40:45.369Z",
    "version": "0.61.0-develop",
    "totalUsers": 88.0,
    "totlalLivechat": 3.0,
    "lastLogin": datetime(2018, 2, 24, tzinfo=UTC),
    "os": {"totalmem": 5787901952.0, "loadavg": [0.5, 1.0]},
    "createdAt": datetime(2018, 2, 24, 15, 13, tzinfo=UTC),
}


def told(number: int, **over: Any) -> dict[str, Any]:
    return {"_id": f"{number:024x}", "createdAt": NOW - hours(number), "totalUsers": number} | over


def brought(database: Db, workspace: str = "workspace") -> importing.Tally:
    return import_all(RocketChat(database), Store(database), workspace, rest=0)


def stored(database: Db) -> dict[str, Any]:
    """What totalUsers each imported snapshot has, by its id."""
    return {found["_id"]: found["totalUsers"] for found in database["statistics"].find()}


def broken(document: dict[str, Any]) -> RawBSONDocument:
    """The document with a byte that UTF-8 does not have in place of each §."""
    return RawBSONDocument(encode(document).replace("§".encode(), b"\xff\xff"))


def test_an_old_document_is_converted_to_todays_format() -> None:
    found = modern(OLD, "workspace")

    assert found is not None
    assert found.pop("collector") == {
        "version": __version__,
        "workspace": "workspace",
        "kind": "imported",
        "readings": {},
        "unavailable": {},
    }
    assert found == OLD | {
        "installedAt": datetime(2018, 2, 18, 19, 40, 45, 369000, UTC),
        "totalLivechat": 3,
        "os": {"totalmem": 5787901952, "loadavg": [0.5, 1]},
    }
    assert type(found["totalUsers"]) is int
    assert type(found["os"]["totalmem"]) is Int64


def test_an_imported_document_names_its_site() -> None:
    found = modern(OLD, "workspace@berlin")

    assert found is not None
    assert (found["collector"]["workspace"], found["collector"]["site"]) == ("workspace@berlin", "berlin")


@pytest.mark.parametrize("value", ["yesterday", "", None, True, {"a": 1}, -5, 10**30, "0001-01-01"])
def test_an_invalid_date_is_kept_unchanged(value: Any) -> None:
    found = modern(OLD | {"lastLogin": value}, "workspace")

    assert found is not None
    assert found["lastLogin"] == value


@pytest.mark.parametrize("value", ["2018-02-18T19:40:45.369Z", "2018-02-18T20:40:45.369+01:00", 1518982845369])
def test_a_date_in_another_format_is_converted(value: Any) -> None:
    found = modern(OLD | {"lastLogin": value}, "workspace")

    assert found is not None
    assert found["lastLogin"] == datetime(2018, 2, 18, 19, 40, 45, 369000, UTC)


def test_a_document_without_createdat_gets_its_other_date() -> None:
    undated = {"_id": "a", "totalUsers": 1}

    assert modern(undated | {"_updatedAt": NOW}, "w")["createdAt"] == NOW  # type: ignore[index]
    assert modern(undated | {"_id": str(ObjectId.from_datetime(NOW))}, "w")["createdAt"] == NOW  # type: ignore[index]
    assert modern(undated, "w") is None


def test_keys_that_grant_access_are_not_imported() -> None:
    found = modern(OLD | {"statsToken": "secret"}, "workspace")

    assert "secret" not in str(found)


def test_all_documents_are_imported_once(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, OLD, *[told(number) for number in range(250)], {"_id": "undated"})
    first, second = brought(real_database), brought(real_database)

    assert (first.read, first.added, first.left_out) == (252, 251, 1)
    assert (second.read, second.added) == (252, 0)
    assert Store(real_database).count("workspace", {"collector.kind": "imported"}) == 251
    assert real_database[Collection.STATISTICS].count_documents({}) == 252


def test_an_interrupted_import_continues(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, *[told(number) for number in range(250)])

    def end(tally: importing.Tally) -> None:
        if tally.read >= 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_all(RocketChat(real_database), Store(real_database), "workspace", end, rest=0)
    assert brought(real_database).added == 50


def test_an_import_only_reads_the_workspace(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, told(1))
    before = list(real_database[Collection.STATISTICS].find())
    brought(real_database)

    assert list(real_database[Collection.STATISTICS].find()) == before
    with pytest.raises(DatabaseError):
        RocketChat(real_database).aggregate(Collection.STATISTICS, [{"$bad": 1}])


# A value of each BSON type that an id can have, besides text.
ODD_IDS: list[Any] = [
    *(None, 1, 2.5, Int64(2**40), Decimal128("7"), {"a": 1}, {"a": "1"}, True, NOW, b"bytes", Binary(b"bytes", 5)),
    *(ObjectId(), datetime(1, 1, 1, tzinfo=UTC)),
]


def test_ids_of_every_bson_type_are_imported(real_database: Db) -> None:
    texts = [told(number) for number in range(150)]
    others = [told(number, _id=own) for number, own in enumerate([*ODD_IDS, *(ObjectId() for _ in range(150))], 1000)]
    insert(real_database, Collection.STATISTICS, *texts, *others)
    first, second = brought(real_database), brought(real_database)

    assert (first.read, first.added, first.left_out) == (313, 313, 0)
    assert (second.read, second.added, second.left_out) == (313, 0, 0)
    assert sorted(stored(real_database).values()) == [*range(150), *range(1000, 1163)]


@pytest.mark.parametrize("end", [100, 200, 300])
def test_an_import_interrupted_among_ids_of_another_type_continues(real_database: Db, end: int) -> None:
    others = [told(number, _id=ObjectId()) for number in range(150, 300)]
    insert(real_database, Collection.STATISTICS, *[told(number) for number in range(150)], *others)

    def stop(tally: importing.Tally) -> None:
        if tally.read >= end:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_all(RocketChat(real_database), Store(real_database), "workspace", stop, rest=0)
    assert brought(real_database).added == 300 - end
    assert sorted(stored(real_database).values()) == list(range(300))


def test_string_and_object_ids_are_kept_and_other_ids_are_derived(real_database: Db) -> None:
    own, known = ObjectId(), "v3D4mvobwfznKozH8"
    insert(real_database, Collection.STATISTICS, *[told(n, _id=found) for n, found in enumerate((known, own, "1", 1))])
    brought(real_database)
    found = {users: name for name, users in stored(real_database).items()}

    assert (found[0], found[1], found[2]) == (known, str(own), "1")
    assert len(found[3]) == 17


def test_an_object_id_and_its_own_text_are_two_documents(real_database: Db) -> None:
    own = ObjectId()
    insert(real_database, Collection.STATISTICS, told(1, _id=own), told(2, _id=str(own)))

    assert [brought(real_database).added for _ in range(2)] == [2, 0]
    assert sorted(stored(real_database).values()) == [1, 2]
    assert stored(real_database)[str(own)] == 2


def test_an_id_of_another_workspace_in_the_store_does_not_count_as_imported(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, told(1), told(2))
    brought(real_database, "original")
    first, second = brought(real_database, "clone"), brought(real_database, "clone")

    assert (first.added, second.added) == (2, 0)
    assert Store(real_database).count("original", {}) == Store(real_database).count("clone", {}) == 2


def test_a_document_that_cannot_be_imported_is_left_out_and_named(real_database: Db) -> None:
    far = "9999-12-31T23:59:59-14:00"
    unfit: list[Any] = [
        broken(told(1, _id="broken", os={"type": "§"})),
        broken(told(2, _id="id§")),
        told(3, _id="far", createdAt=far),
        told(4, _id="early", createdAt=datetime(1, 1, 1, tzinfo=UTC)),
        told(5, _id="large", text="x" * (16 * 2**20 - len(encode(told(5, _id="large", text=""))) - 30)),
        told(6, _id="forbidden", totalUsers="many"),
    ]
    real_database.create_collection("statistics", validator={"totalUsers": {"$type": "number"}})
    real_database[Collection.STATISTICS].insert_many([*unfit, *[told(number) for number in range(100, 350)]])
    tally = brought(real_database)

    assert (tally.read, tally.added, tally.left_out) == (256, 250, 6)
    assert {one.id: one.reason for one in tally.named} == {
        "'broken'": "its text is not valid UTF-8",
        "'id\ufffd\ufffd'": "its id is not valid UTF-8",
        "'far'": "it has no date from 2015 on",
        "'early'": "it has no date from 2015 on",
        "'large'": "with the fields that rcstats adds it is larger than MongoDB's limit of 16 MiB",
        "'forbidden'": "the store's MongoDB answered with an error (code 121)",
    }
    assert brought(real_database).added == 0


def test_the_first_few_that_are_left_out_are_named_and_all_are_counted(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, *[{"_id": f"{n:04}{'x' * 200}"} for n in range(150)])
    tally = brought(real_database)

    assert (tally.left_out, len(tally.named)) == (150, importing.NAMED)
    assert tally.named[0].id == f"'0000{'x' * 55}…"


@pytest.mark.parametrize("far", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_text_date_beyond_the_calendar_is_kept_unchanged(far: str) -> None:
    found = modern(OLD | {"lastLogin": far, "createdAt": far, "_updatedAt": NOW}, "workspace")

    assert found is not None
    assert (found["lastLogin"], found["createdAt"]) == (far, NOW)


@pytest.mark.parametrize("early", [datetime(1, 1, 1, tzinfo=UTC), datetime(2014, 12, 31, tzinfo=UTC)])
def test_a_document_dated_before_rocketchats_first_release_is_refused(early: datetime) -> None:
    undated = {"_id": "a", "totalUsers": 1, "createdAt": early}

    assert modern(undated, "w") is None
    assert modern(undated | {"_id": f"{1:024x}"}, "w") is None
    assert modern(undated | {"_updatedAt": NOW}, "w")["createdAt"] == NOW  # type: ignore[index]


def test_large_documents_are_read_one_at_a_time(real_database: Db) -> None:
    """48 MiB in all, in one batch of ids."""
    for number in range(24):
        insert(real_database, Collection.STATISTICS, told(number, text="x" * 2**21))
    tracemalloc.start()
    try:
        brought(real_database)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(stored(real_database)) == 24
    assert peak < 24 * 2**20


def test_the_query_for_ids_is_covered_by_their_index(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, *[told(number) for number in range(250)])
    real_database.command("profile", 2)
    try:
        assert len(list(RocketChat(real_database).server_statistics_ids(100))) == 250
    finally:
        real_database.command("profile", 0)
    rows = list(real_database["system.profile"].find({"ns": f"{real_database.name}.{Collection.STATISTICS.value}"}))

    assert [row["nreturned"] for row in rows] == [100, 100, 50]
    assert {row["docsExamined"] for row in rows} == {0}


def test_null_is_imported_as_null_also_where_a_date_belongs() -> None:
    found = modern(told(1, installedAt=None, lastLogin=None, **nulls()), "workspace")

    assert found is not None
    assert {key: found[key] for key in nulls()} == nulls()
    assert (found["installedAt"], found["lastLogin"]) == (None, None)


def test_what_the_store_lacks_is_told_by_id(real_database: Db) -> None:
    insert(with_id(real_database), Collection.STATISTICS, told(1), {"_id": 7, "createdAt": NOW})
    brought(real_database)
    insert(real_database, Collection.STATISTICS, told(2))

    ids = [told(2)["_id"], told(1)["_id"], 7]
    assert missing(ids, RocketChat(real_database), Store(real_database)) == [told(2)["_id"]]
