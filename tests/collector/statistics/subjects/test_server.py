"""What the server and its MongoDB tell of themselves."""

from datetime import timedelta
from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from collector.statistics.reading import Absent
from collector.statistics.releases import Release
from tests.factories import NOW, hours, insert, read

Db = Database[dict[str, Any]]


def test_the_peak_is_the_highest_that_the_server_stored_since_midnight_thirty_days_ago(real_database: Db) -> None:
    midnight = NOW - timedelta(days=30, hours=12, minutes=30)
    documents = [{"createdAt": midnight - hours(0.1), "dailyPeakConnections": 900}]
    documents += [{"createdAt": midnight, "dailyPeakConnections": 70}, {"createdAt": NOW, "dailyPeakConnections": 60}]
    insert(real_database, Collection.STATISTICS, *documents)

    values = read("peaks", real_database)
    assert values["maxMonthlyPeakConnections"] == 70
    assert values["dailyPeakConnections"] == Absent("the server keeps it only in memory")


def test_mongodbs_release_and_engine_are_read(real_database: Db) -> None:
    values = read("mongo", real_database)

    assert values["mongoVersion"].count(".") == 2
    assert values["mongoStorageEngine"] == "wiredTiger"


def test_no_server_follows_the_oplog_from_release_8_on(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, {"createdAt": NOW, "oplogEnabled": True, "msEnabled": True})

    assert read("modes", real_database, release=Release(7, 10)) == {"msEnabled": True, "oplogEnabled": True}
    assert read("modes", real_database) == {"msEnabled": True}
    assert read("no_oplog", real_database) == {"oplogEnabled": False}
