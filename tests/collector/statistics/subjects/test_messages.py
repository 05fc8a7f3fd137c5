"""Messages: pins, stars, threads and encryption."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from tests.factories import NOW, insert, message, read

Db = Database[dict[str, Any]]


def test_pins_and_stars_leave_out_hidden_and_removed_messages(real_database: Db) -> None:
    for index in ("pinned", "starred._id", "t"):
        real_database[Collection.MESSAGES].create_index(index, sparse=True)
    real_database[Collection.MESSAGES].create_index([("tcount", 1), ("tlm", 1)], sparse=True)
    star = [{"_id": "ann"}]
    insert(
        real_database,
        Collection.MESSAGES,
        message(rid="1", pinned=True, starred=star),
        message(rid="1", pinned=True, _hidden=True),
        message(rid="2", pinned=True, t="rm"),
        message(rid="3", pinned=False, starred=[]),
        message(rid="3", starred=star, _hidden=True),
        message(tcount=0, tlm=NOW),
        message(t="e2e"),
    )

    assert read("pinned", real_database) == {"totalRoomsWithPinned": 2, "totalPinned": 1}
    assert read("starred", real_database) == {"totalRoomsWithStarred": 2, "totalStarred": 1}
    assert read("totalThreads", real_database) == {"totalThreads": 1}
    assert read("totalEncryptedMessages", real_database) == {"totalEncryptedMessages": 1}


def test_a_thread_is_a_message_whose_tcount_is_a_number_or_null(real_database: Db) -> None:
    real_database[Collection.MESSAGES].create_index([("tcount", 1), ("tlm", 1)], sparse=True)
    counts: tuple[Any, ...] = (0, 3, -1, None)
    insert(real_database, Collection.MESSAGES, *(message(tcount=count) for count in (*counts, "text", [], {})))
    insert(real_database, Collection.MESSAGES, message(tlm=NOW), message())

    assert read("totalThreads", real_database) == {"totalThreads": len(counts)}
