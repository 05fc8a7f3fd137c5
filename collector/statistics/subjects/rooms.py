"""How many rooms there are of each kind, and how many messages they say they hold."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import among
from collector.statistics.reading import Cost, Statistic, Subject, Unit, Values

rooms = Subject("rooms", "How many rooms there are of each kind, and how many messages they say they hold.")

CHANNEL, GROUP, DIRECT, LIVECHAT = "c", "p", "d", "l"


@rooms.reads(
    "rooms",
    Statistic("totalRooms", "All rooms of every kind.", Unit.ROOMS, estimated=True),
    Statistic("totalChannels", "Public channels, with discussions and teams' main rooms.", Unit.ROOMS),
    Statistic("totalPrivateGroups", "Private groups, with discussions and teams' main rooms.", Unit.ROOMS),
    Statistic("totalDirect", "Direct message rooms.", Unit.ROOMS),
    Statistic("totalLivechat", "Omnichannel rooms.", Unit.ROOMS),
    Statistic("totlalLivechat", "The same as totalLivechat, under the misspelt key of early releases.", Unit.ROOMS),
    Statistic("totalMessages", "The sum of the five message totals below.", Unit.MESSAGES),
    Statistic("totalChannelMessages", "What the public channels that are no discussions count.", Unit.MESSAGES),
    Statistic("totalPrivateGroupMessages", "What the private groups that are no discussions count.", Unit.MESSAGES),
    Statistic("totalDiscussionsMessages", "What the discussions in channels and groups count.", Unit.MESSAGES),
    Statistic("totalDirectMessages", "What the direct message rooms count.", Unit.MESSAGES),
    Statistic("totalLivechatMessages", "What the omnichannel rooms count.", Unit.MESSAGES),
    Statistic(
        "collector.messages.documents",
        "All messages, hidden and system ones too.",
        Unit.MESSAGES,
        estimated=True,
    ),
    Statistic("collector.messages.counted", "What the rooms of every kind count together.", Unit.MESSAGES),
    Statistic(
        "collector.messages.difference", "How far the rooms' counters are off: counted less documents.", Unit.MESSAGES
    ),
    source="rocketchat_room, metadata and one group over t, and one over t of discussions, adding up the counters msgs",
    cost=Cost.SCAN,
    reason="No index carries msgs; one pass over the rooms gives the sums of all kinds.",
)
def totals(sources: Sources) -> Values:
    kinds = _kinds(sources, {})
    discussions = _kinds(sources, {"prid": {"$gt": ""}, "t": {"$in": [CHANNEL, GROUP]}})
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
    ("totalBroadcastRooms", "Rooms in which only some may write.", {"broadcast": True}),
    ("totalE2ERooms", "Rooms that are end-to-end encrypted.", {"encrypted": True}),
    ("totalOTRRooms", "Rooms that had an off-the-record conversation.", {"createdOTR": True}),
):
    rooms.count(_key, _meaning, Unit.ROOMS, of=Collection.ROOMS, where=_where, cost=Cost.INDEXED)


@dataclass(frozen=True)
class _Kind:
    """Rooms of one type, and the messages they count."""

    rooms: int = 0
    messages: float = 0


def _kinds(sources: Sources, where: Document) -> dict[Any, _Kind]:
    """The rooms that match, by type; those of other types as one.

    A counter that is missing, null or a text adds nothing; in the server's own sum it would make the total NaN.
    """
    kind = among("$t", (CHANNEL, GROUP, DIRECT, LIVECHAT))
    rows = sources.workspace.groups(Collection.ROOMS, where, by=kind, messages="$msgs")
    return defaultdict(_Kind, {row["_id"]: _Kind(row["documents"], row["messages"]) for row in rows})
