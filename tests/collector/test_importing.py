"""The server's own documents, brought into the store."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Int64, ObjectId
from pymongo.database import Database

from collector import __version__
from collector.errors import DatabaseError
from collector.history import importing
from collector.history.importing import bring, modern
from collector.sources.rocketchat import Collection, RocketChat
from collector.store import Store
from tests.factories import NOW, hours, insert

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


def brought(database: Db) -> Any:
    return bring(RocketChat(database), Store(database), "workspace", rest=0)


def test_an_old_document_gets_todays_form() -> None:
    found = modern(OLD, "workspace")

    assert found is not None
    assert found.pop("collector") == {
        "version": __version__,
        "workspace": "workspace",
        "origin": "imported",
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


@pytest.mark.parametrize("value", ["yesterday", "", None, True, {"a": 1}, -5, 10**30, "0001-01-01"])
def test_a_date_that_is_none_is_kept_as_it_is(value: Any) -> None:
    found = modern(OLD | {"lastLogin": value}, "workspace")

    assert found is not None
    assert found["lastLogin"] == value


@pytest.mark.parametrize("value", ["2018-02-18T19:40:45.369Z", "2018-02-18T20:40:45.369+01:00", 1518982845369])
def test_a_date_in_another_form_becomes_one(value: Any) -> None:
    found = modern(OLD | {"lastLogin": value}, "workspace")

    assert found is not None
    assert found["lastLogin"] == datetime(2018, 2, 18, 19, 40, 45, 369000, UTC)


def test_a_document_without_createdat_takes_the_date_that_it_has() -> None:
    undated = {"_id": "a", "totalUsers": 1}

    assert modern(undated | {"_updatedAt": NOW}, "w")["createdAt"] == NOW  # type: ignore[index]
    assert modern(undated | {"_id": str(ObjectId.from_datetime(NOW))}, "w")["createdAt"] == NOW  # type: ignore[index]
    assert modern(undated, "w") is None


def test_what_grants_access_is_left_behind() -> None:
    found = modern(OLD | {"statsToken": "secret"}, "workspace")

    assert "secret" not in str(found)


def test_all_documents_are_brought_and_none_twice(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, OLD, *[told(number) for number in range(250)], {"_id": "undated"})
    first, second = brought(real_database), brought(real_database)

    assert (first.read, first.added, first.undated) == (252, 251, 1)
    assert (second.read, second.added) == (252, 0)
    assert Store(real_database).count("workspace", {"collector.origin": "imported"}) == 251
    assert real_database[Collection.STATISTICS].count_documents({}) == 252


def test_ended_half_way_it_goes_on(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, *[told(number) for number in range(250)])

    def end(tally: importing.Tally) -> None:
        if tally.read >= 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(RocketChat(real_database), Store(real_database), "workspace", end, rest=0)
    assert brought(real_database).added == 50


def test_the_workspace_is_only_read(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, told(1))
    before = list(real_database[Collection.STATISTICS].find())
    brought(real_database)

    assert list(real_database[Collection.STATISTICS].find()) == before
    with pytest.raises(DatabaseError):
        RocketChat(real_database).aggregate(Collection.STATISTICS, [{"$bad": 1}])
