"""Owns the numbers of rooms by kind, and of messages by the rooms' counters."""

from collections import defaultdict
from dataclasses import dataclass
from math import nan
from typing import Any

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import among
from collector.statistics.reading import Cost, Sites, Statistic, Unit
from collector.statistics.releases import before
from collector.statistics.subject import Subject
from collector.statistics.values import Values

rooms = Subject("rooms", "Rooms by kind, and messages according to the rooms' counters.")

# What JavaScript takes for false, and so for no parent of a discussion.
_FALSY = [None, "", False, 0, nan]

CHANNEL, GROUP, DIRECT, LIVECHAT = "c", "p", "d", "l"


@rooms.reads(
    "rooms",
    Statistic("totalRooms", "All rooms of any kind.", Unit.ROOMS, estimated=True),
    Statistic("totalChannels", "Public channels, with discussions and teams' main rooms.", Unit.ROOMS),
    Statistic("totalPrivateGroups", "Private groups, with discussions and teams' main rooms.", Unit.ROOMS),
    Statistic("totalDirect", "Direct message rooms.", Unit.ROOMS),
    Statistic("totalLivechat", "Omnichannel rooms.", Unit.ROOMS, sites=Sites.ADD),
    Statistic(
        "totlalLivechat", "Omnichannel rooms, under the misspelt key of early releases.", Unit.ROOMS, sites=Sites.ADD
    ),
    Statistic("totalMessages", "The sum of the five message totals below.", Unit.MESSAGES),
    Statistic(
        "totalChannelMessages", "Sum of the message counters of public channels, without discussions.", Unit.MESSAGES
    ),
    Statistic(
        "totalPrivateGroupMessages",
        "Sum of the message counters of private groups, without discussions.",
        Unit.MESSAGES,
    ),
    Statistic(
        "totalDiscussionsMessages", "Sum of the message counters of discussions in channels and groups.", Unit.MESSAGES
    ),
    Statistic("totalDirectMessages", "Sum of the message counters of direct message rooms.", Unit.MESSAGES),
    Statistic(
        "totalLivechatMessages", "Sum of the message counters of omnichannel rooms.", Unit.MESSAGES, sites=Sites.ADD
    ),
    Statistic(
        "collector.messages.documents",
        "All messages, hidden and system ones too.",
        Unit.MESSAGES,
        estimated=True,
    ),
    Statistic("collector.messages.counted", "Sum of the message counters of all rooms.", Unit.MESSAGES),
    Statistic(
        "collector.messages.difference", "Deviation of the rooms' counters: counted minus documents.", Unit.MESSAGES
    ),
    source="rocketchat_room, metadata and one group over t, and one over t of discussions, adding up the counters msgs",
    cost=Cost.SCAN,
    reason="No index covers msgs; one pass over the rooms yields all sums.",
)
def totals(sources: Sources) -> Values:
    kinds = _kinds(sources, {})
    discussions = _kinds(sources, {"prid": {"$exists": True, "$nin": _FALSY}, "t": {"$in": [CHANNEL, GROUP]}})
    messages = {
        "totalChannelMessages": kinds[CHANNEL].messages - discussions[CHANNEL].messages,
        "totalPrivateGroupMessages": kinds[GROUP].messages - discussions[GROUP].messages,
        "totalDiscussionsMessages": discussions[CHANNEL].messages + discussions[GROUP].messages,
        "totalDirectMessages": kinds[DIRECT].messages,
        "totalLivechatMessages": kinds[LIVECHAT].messages,
    }
    documents = sources.workspace.estimate(Collection.MESSAGES)
    counted = sum(kind.messages for kind in kinds.values())
    return {
        "totalRooms": sources.workspace.estimate(Collection.ROOMS),
        "totalChannels": kinds[CHANNEL].rooms,
        "totalPrivateGroups": kinds[GROUP].rooms,
        "totalDirect": kinds[DIRECT].rooms,
        "totalLivechat": kinds[LIVECHAT].rooms,
        "totlalLivechat": kinds[LIVECHAT].rooms,
        "totalMessages": sum(messages.values()),
        **messages,
        "collector.messages.documents": documents,
        "collector.messages.counted": counted,
        "collector.messages.difference": counted - documents,
    }


for _key, _meaning, _where in (
    ("totalDiscussions", "Discussions in rooms of any kind.", {"prid": {"$exists": True}}),
    ("totalBroadcastRooms", "Rooms in which only authorized users can write.", {"broadcast": True}),
    ("totalE2ERooms", "Rooms that are end-to-end encrypted.", {"encrypted": True}),
):
    rooms.count(_key, _meaning, Unit.ROOMS, of=Collection.ROOMS, where=_where)
rooms.count(
    "totalOTRRooms",
    "Rooms that had an off-the-record conversation.",
    Unit.ROOMS,
    of=Collection.ROOMS,
    where={"createdOTR": True},
    releases=before("8.0"),
)


@rooms.reads(
    "live_streams",
    Statistic(
        "totalRoomsWithActiveLivestream", "Rooms with a live stream that is on.", Unit.ROOMS, releases=before("7.0")
    ),
    source="rocketchat_room, count over streamingOptions.type",
    cost=Cost.SCAN,
    reason="No index covers streamingOptions.",
)
def live_streams(sources: Sources) -> Values:
    where = {"streamingOptions.type": "livestream"}
    return {"totalRoomsWithActiveLivestream": sources.workspace.count(Collection.ROOMS, where)}


@dataclass(frozen=True)
class _Kind:
    """Rooms of one type, and their message counters."""

    rooms: int = 0
    messages: float = 0


def _kinds(sources: Sources, where: Document) -> dict[Any, _Kind]:
    """The rooms that match, by type; those of other types as one.

    A counter that is missing, null or a text adds nothing; in the server's own sum it would make the total NaN.
    """
    kind = among("$t", (CHANNEL, GROUP, DIRECT, LIVECHAT))
    rows = sources.workspace.groups(Collection.ROOMS, where, by=kind, messages="$msgs")
    return defaultdict(_Kind, {row["_id"]: _Kind(row["documents"], row["messages"]) for row in rows})
