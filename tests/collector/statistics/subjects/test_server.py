"""What the server and its MongoDB tell of themselves."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from collector.statistics.releases import Release
from collector.statistics.values import Absent
from tests.factories import NOW, insert, read

Db = Database[dict[str, Any]]


def test_migration_is_the_control_document_as_it_is(database: Db) -> None:
    control = {"_id": "control", "version": 332, "locked": False, "lockedAt": NOW, "hash": "abc"}
    insert(database, Collection.MIGRATIONS, control, {"_id": "other", "version": 1})

    assert read("migration", database) == {"migration": control}


def test_without_a_control_document_migration_is_absent(database: Db) -> None:
    assert isinstance(read("migration", database)["migration"], Absent)


def test_no_server_follows_the_oplog_from_release_8_on(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, {"createdAt": NOW, "oplogEnabled": True, "msEnabled": True})

    assert read("modes", real_database, release=Release(7, 10)) == {"msEnabled": True, "oplogEnabled": True}
    assert read("modes", real_database) == {"msEnabled": True}
    assert read("no_oplog", real_database) == {"oplogEnabled": False}
