"""Rooms and the messages that they count."""

from typing import Any

import pytest
from pymongo.database import Database

from collector.sources.collections import Collection
from collector.statistics.releases import Release
from tests.factories import insert, message, read, room

Db = Database[dict[str, Any]]


@pytest.fixture
def database(real_database: Db) -> Db:
    """The real one only: mongomock refuses comments on counts by metadata."""
    return real_database


def test_rooms_are_counted_by_kind_and_discussions_count_apart(database: Db) -> None:
    insert(
        database,
        Collection.ROOMS,
        room("c", msgs=10),
        room("c", msgs=5, prid="parent"),
        room("p", msgs=7),
        room("p", msgs=2, prid="parent"),
        room("d", msgs=3),
        room("l", msgs=1),
        room("v", msgs=100),
    )

    assert read("rooms", database) == {
        "totalRooms": 7,
        "totalChannels": 2,
        "totalPrivateGroups": 2,
        "totalDirect": 1,
        "totalLivechat": 1,
        "totlalLivechat": 1,
        "totalMessages": 28,
        "totalChannelMessages": 10,
        "totalPrivateGroupMessages": 7,
        "totalDiscussionsMessages": 7,
        "totalDirectMessages": 3,
        "totalLivechatMessages": 1,
        "collector.messages.documents": 0,
        "collector.messages.counted": 128,
        "collector.messages.difference": 128,
    }


@pytest.mark.parametrize("nothing", ["", None])
def test_a_room_with_an_empty_parent_is_not_a_discussion(database: Db, nothing: str | None) -> None:
    insert(database, Collection.ROOMS, room("c", msgs=4, prid=nothing))

    assert read("rooms", database)["totalChannelMessages"] == 4


@pytest.mark.parametrize("odd", [None, "12", float("nan"), float("inf"), [3], {"n": 3}])
def test_a_counter_that_is_not_a_number_adds_nothing(database: Db, odd: object) -> None:
    insert(database, Collection.ROOMS, room("c", msgs=odd), room("c", msgs=2))

    assert read("rooms", database)["totalChannelMessages"] == 2


def test_a_room_without_a_counter_adds_nothing(database: Db) -> None:
    uncounted = room("d")
    del uncounted["msgs"]
    insert(database, Collection.ROOMS, uncounted, room("d", msgs=2))

    assert read("rooms", database)["totalDirectMessages"] == 2


def test_a_negative_counter_is_added_as_the_server_adds_it(database: Db) -> None:
    insert(database, Collection.ROOMS, room("p", msgs=-2), room("p", msgs=5))

    assert read("rooms", database)["totalPrivateGroupMessages"] == 3


def test_a_direct_room_with_a_parent_still_counts_as_direct(database: Db) -> None:
    insert(database, Collection.ROOMS, room("d", msgs=6, prid="parent"))

    values = read("rooms", database)
    assert (values["totalDirectMessages"], values["totalDiscussionsMessages"]) == (6, 0)


@pytest.mark.parametrize("kind", [None, 7, ["c"], {"t": "c"}])
def test_a_room_of_no_known_kind_is_a_room_and_nothing_else(database: Db, kind: object) -> None:
    insert(database, Collection.ROOMS, room("c") | {"t": kind, "msgs": 9})

    values = read("rooms", database)
    assert values["totalRooms"] == 1
    assert values["totalMessages"] == 0


def test_totals_are_whole_numbers_also_where_counters_are_doubles(database: Db) -> None:
    insert(database, Collection.ROOMS, room("c", msgs=2.0))

    assert isinstance(read("rooms", database)["totalChannelMessages"], int)


def test_a_workspace_without_rooms_has_zeros(database: Db) -> None:
    assert set(read("rooms", database).values()) == {0}


def test_the_counters_are_held_against_the_messages_that_there_are(database: Db) -> None:
    insert(database, Collection.ROOMS, room("c", msgs=-4), room("v", msgs=1))
    insert(database, Collection.MESSAGES, message(), message(_hidden=True))

    values = read("rooms", database)
    assert [values[f"collector.messages.{name}"] for name in ("documents", "counted", "difference")] == [2, -3, -5]


def test_rooms_of_special_kinds_are_counted(database: Db) -> None:
    insert(database, Collection.ROOMS, room(prid=None, broadcast=True), room(encrypted=True), room(createdOTR=False))

    counts = [
        read(key, database, release=Release(7, 10))[key]
        for key in ("totalDiscussions", "totalBroadcastRooms", "totalE2ERooms", "totalOTRRooms")
    ]
    assert counts == [1, 1, 1, 0]
