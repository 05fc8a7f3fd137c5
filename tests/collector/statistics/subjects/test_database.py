"""MongoDB's release, storage engine and replication lag."""

from typing import Any

from pymongo.database import Database

from tests.factories import read

Db = Database[dict[str, Any]]


def test_mongodbs_release_and_engine_are_read(real_database: Db) -> None:
    values = read("mongo", real_database)

    assert values["mongoVersion"].count(".") == 2
    assert values["mongoStorageEngine"] == "wiredTiger"


def test_the_primary_has_no_replication_lag(real_database: Db) -> None:
    assert read("replication", real_database) == {"collector.replicationLag": 0}
