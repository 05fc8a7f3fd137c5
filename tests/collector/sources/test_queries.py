"""The queries of the workspace's database."""

from pymongo.database import Database

from collector.key_paths import Document
from collector.mongodb.connection import connect
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from tests.commands import Commands
from tests.factories import insert, room, user

Db = Database[Document]


def test_several_counts_are_those_of_each_also_of_missing_collections(real_database: Db) -> None:
    insert(real_database, Collection.USERS, user(active=True), user(active=False), user(active=False))
    insert(real_database, Collection.ROOMS, room("c"))
    wanted: list[tuple[Collection, Document]] = [
        (Collection.TEAMS, {"active": True}),
        (Collection.USERS, {"active": False}),
        (Collection.ROOMS, {"t": "d"}),
        (Collection.USERS, {"active": True}),
        (Collection.ROOMS, {"t": "c"}),
    ]
    queries = RocketChat(real_database)

    assert queries.counts(*wanted) == [queries.count(*one) for one in wanted] == [0, 2, 0, 1, 1]


def test_several_counts_take_one_round_trip(real_database: Db, mongod_url: str) -> None:
    with connect(mongod_url, "TEST", heard := Commands()) as client:
        RocketChat(client[real_database.name]).counts((Collection.USERS, {"a": 1}), (Collection.ROOMS, {"a": 1}))

    assert heard.names.count("aggregate") == 1
