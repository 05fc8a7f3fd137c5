"""Video conferences."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from tests.factories import insert, read

Db = Database[dict[str, Any]]


def test_conferences_are_counted_by_type_and_status(real_database: Db) -> None:
    pairs = (("direct", 0), ("direct", 1), ("direct", 3), ("direct", 4), ("videoconference", 3), ("livechat", 1))
    insert(real_database, Collection.VIDEO_CONFERENCES, *({"type": kind, "status": status} for kind, status in pairs))

    values = read("conferences", real_database)
    assert {key.partition(".")[2] for key, value in values.items() if value} == {
        "direct.calling",
        "direct.started",
        "direct.ended",
        "videoConference.ended",
        "livechat.started",
    }
