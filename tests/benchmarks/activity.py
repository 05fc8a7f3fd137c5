"""What goes on in a workspace between two snapshots, so that nothing that changes can be taken from the last one."""

from datetime import UTC, datetime, timedelta

from pymongo import InsertOne, UpdateOne

from collector.demo.sample.randomness import Chance
from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.benchmarks.query_model import Db

MESSAGES, UPLOADS, LOGINS, ROOMS, REACTIONS = 300, 30, 150, 5, 40


def some(database: Db, chance: Chance) -> None:
    """A few minutes of talk, logins, presence, uploads, pins and stars."""
    now = datetime.now(UTC)
    users = _any(database, Collection.USERS, LOGINS, {"username": 1, "name": 1})
    rooms = _any(database, Collection.ROOMS, 60, {"t": 1})
    _talk(database, chance, now, users, rooms)
    _presence(database, chance, now, users)
    _uploads(database, chance, now, users, rooms)
    _visitors(database, chance, now)
    _reactions(database, chance, users)


def _any(database: Db, of: Collection, count: int, fields: Document) -> list[Document]:
    return list(database[of].aggregate([{"$sample": {"size": count}}, {"$project": fields}]))


def _talk(database: Db, chance: Chance, now: datetime, users: list[Document], rooms: list[Document]) -> None:
    """Messages, of which some begin threads and some are encrypted, and the rooms' counters."""
    kinds: tuple[Document, ...] = ({},) * 17 + ({"tcount": 1, "tlm": now}, {"t": "e2e"}, {"pinned": True})
    messages, counters = [], []
    for _ in range(MESSAGES):
        room, user = chance.one(rooms), chance.one(users)
        kind = chance.one(kinds)
        moment = now - timedelta(seconds=chance.random())
        message = {"_id": chance.id(), "rid": room["_id"], "msg": "Good morning!", "ts": moment, "u": user}
        messages.append(InsertOne(message | kind | {"_updatedAt": moment}))
        counters.append(UpdateOne({"_id": room["_id"]}, {"$inc": {"msgs": 1}, "$set": {"lm": moment}}))
    database[Collection.MESSAGES].bulk_write(messages)
    database[Collection.ROOMS].bulk_write(counters)
    seen = [UpdateOne({"rid": room["_id"]}, {"$set": {"ls": now, "unread": 0}}) for room in rooms]
    database[Collection.SUBSCRIPTIONS].bulk_write(seen)


def _presence(database: Db, chance: Chance, now: datetime, users: list[Document]) -> None:
    """Users come, go, are busy or away, and turn their second factor on or off."""
    changes = []
    for user in users:
        status = chance.one(("online", "away", "busy", "offline"))
        values = {"status": status, "statusConnection": status, "lastLogin": now, "_updatedAt": now}
        if chance.within(0.1):
            values["services.email2fa.enabled"] = chance.within(0.5)
        if chance.within(0.1):
            values["services.github"] = {"id": chance.hex()}
        changes.append(UpdateOne({"_id": user["_id"]}, {"$set": values}))
    database[Collection.USERS].bulk_write(changes)


def _uploads(database: Db, chance: Chance, now: datetime, users: list[Document], rooms: list[Document]) -> None:
    database[Collection.UPLOADS].insert_many(
        {
            "_id": chance.hex(),
            "name": "photo.png",
            "size": chance.randrange(5_000_000),
            "type": "image/png",
            "rid": chance.one(rooms)["_id"],
            "userId": chance.one(users)["_id"],
            "uploadedAt": now,
            "_updatedAt": now,
        }
        for _ in range(UPLOADS)
    )


def _visitors(database: Db, chance: Chance, now: datetime) -> None:
    """New conversations."""
    database[Collection.ROOMS].insert_many(
        {
            "_id": chance.id(),
            "t": "l",
            "msgs": 1,
            "usersCount": 1,
            "ts": now,
            "v": {"_id": chance.id(), "token": chance.id(), "status": "online", "activity": [f"{now:%Y-%m}"]},
            "source": {"type": "widget"},
            "open": True,
            "_updatedAt": now,
        }
        for _ in range(ROOMS)
    )


def _reactions(database: Db, chance: Chance, users: list[Document]) -> None:
    """Old messages are pinned, starred, neither any more, or removed."""
    changes: tuple[Document, ...] = (
        {"$set": {"pinned": True}},
        {"$set": {"pinned": False}},
        {"$set": {"starred": [{"_id": users[0]["_id"]}]}},
        {"$set": {"starred": []}},
        {"$set": {"t": "rm", "msg": ""}},
    )
    old = _any(database, Collection.MESSAGES, REACTIONS, {"_id": 1})
    database[Collection.MESSAGES].bulk_write(
        [UpdateOne({"_id": message["_id"]}, chance.one(changes)) for message in old]
    )
