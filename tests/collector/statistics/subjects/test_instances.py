"""The peaks of connections that the server itself stored."""

from datetime import timedelta

from pymongo.database import Database

from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.sources.rocketchat import NO_SERVER_STATISTICS
from collector.statistics.values import Absent, Noted
from tests.factories import NOW, hours, insert, read

Db = Database[Document]


def test_the_peak_is_the_highest_that_the_server_stored_since_midnight_thirty_days_ago(real_database: Db) -> None:
    midnight = NOW - timedelta(days=30, hours=12, minutes=30)
    documents = [{"createdAt": midnight - hours(0.1), "dailyPeakConnections": 900}]
    documents += [{"createdAt": midnight, "dailyPeakConnections": 70}, {"createdAt": NOW, "dailyPeakConnections": 60}]
    insert(real_database, Collection.STATISTICS, *documents)

    values = read("peaks", real_database)
    assert values["maxMonthlyPeakConnections"] == 70
    assert values["dailyPeakConnections"] == Noted(60, "as of 2024-03-15 12:30 UTC")


def test_a_document_without_a_peak_has_none(real_database: Db) -> None:
    assert read("peaks", real_database)["dailyPeakConnections"] == Absent(NO_SERVER_STATISTICS)

    insert(real_database, Collection.STATISTICS, {"createdAt": NOW, "dailyPeakConnections": "many"})
    assert read("peaks", real_database)["dailyPeakConnections"] == Absent(
        "the server's newest statistics document does not have it"
    )
