"""Owns the statistics of messages with features: threads, pins, stars, encryption."""

from math import inf
from typing import Any

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.subject import Subject
from collector.statistics.values import Values

messages = Subject("messages", "Messages with features: threads, pins, stars, encryption.")

_IS_HIDDEN = {"$eq": ["$_hidden", True]}
_IS_REMOVED = {"$eq": ["$t", "rm"]}


@messages.reads(
    "totalThreads",
    Statistic("totalThreads", "Messages that began a thread.", Unit.MESSAGES),
    source="rocketchat_message, messages whose tcount is a number or null",
    cost=Cost.INDEX_SCAN,
    message_index="tcount",
)
def threads(sources: Sources) -> Values:
    """The index alone answers for numbers; for other values that are no null, the messages would have to be read."""
    numbers = sources.workspace.count(Collection.MESSAGES, {"tcount": {"$gte": -inf}})
    nulls = sources.workspace.count(Collection.MESSAGES, {"tcount": {"$type": "null"}})
    return {"totalThreads": numbers + nulls}


@messages.reads(
    "starred",
    Statistic("totalRoomsWithStarred", "Rooms with a message that somebody starred.", Unit.ROOMS),
    Statistic("totalStarred", "Messages that somebody starred, without hidden ones.", Unit.MESSAGES),
    source="rocketchat_message, one group over those with starred._id",
    cost=Cost.INDEX_SCAN,
    message_index="starred._id",
)
def starred(sources: Sources) -> Values:
    row = _rooms_and_messages(sources, {"starred._id": {"$exists": True}}, left_out=_IS_HIDDEN)
    return {"totalRoomsWithStarred": row["rooms"], "totalStarred": row["messages"]}


@messages.reads(
    "pinned",
    Statistic("totalRoomsWithPinned", "Rooms with a pinned message.", Unit.ROOMS),
    Statistic("totalPinned", "Pinned messages, without hidden and removed ones.", Unit.MESSAGES),
    source="rocketchat_message, one group over those with pinned",
    cost=Cost.INDEX_SCAN,
    message_index="pinned",
)
def pinned(sources: Sources) -> Values:
    row = _rooms_and_messages(sources, {"pinned": True}, left_out={"$or": [_IS_HIDDEN, _IS_REMOVED]})
    return {"totalRoomsWithPinned": row["rooms"], "totalPinned": row["messages"]}


messages.count(
    "totalEncryptedMessages",
    "End-to-end encrypted messages.",
    Unit.MESSAGES,
    of=Collection.MESSAGES,
    where={"t": "e2e"},
)


def _rooms_and_messages(sources: Sources, where: Document, left_out: Any) -> Document:
    """The numbers of rooms with such messages and of the messages, without excluded ones: {rooms, messages}."""
    counted = {"$sum": {"$cond": [left_out, 0, 1]}}
    per_room = {"$group": {"_id": "$rid", "messages": counted}}
    whole = {"$group": {"_id": None, "rooms": {"$sum": 1}, "messages": {"$sum": "$messages"}}}
    rows = sources.workspace.aggregate(Collection.MESSAGES, [{"$match": where}, per_room, whole])
    return rows[0] if rows else {"rooms": 0, "messages": 0}
