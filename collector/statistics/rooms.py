"""How many rooms there are of each kind, and how many messages they say they hold."""

from dataclasses import dataclass

from collector.connection import Document
from collector.reading import Cost, Statistic, Subject, Unit, Values
from collector.sources import Sources
from collector.sources.rocketchat import Collection

rooms = Subject("rooms", "How many rooms there are of each kind, and how many messages they say they hold.")

CHANNEL, GROUP, DIRECT, LIVECHAT = "c", "p", "d", "l"

# A counter that is missing, null, a text or NaN adds nothing; in the server's own sum it would make the total NaN.
_COUNTER = {"$cond": [{"$and": [{"$gt": ["$msgs", -(2**53)]}, {"$lt": ["$msgs", 2**53]}]}, "$msgs", 0]}
_IS_DISCUSSION = {"$cond": [{"$in": [{"$ifNull": ["$prid", ""]}, ["", False, 0]]}, False, True]}
_BY_KIND: Document = {
    "_id": {"type": "$t", "discussion": _IS_DISCUSSION},
    "rooms": {"$sum": 1},
    "messages": {"$sum": _COUNTER},
}


@dataclass
class _Kind:
    """Rooms of one type, and the messages they count, by whether they are discussions."""

    rooms: int = 0
    messages: int = 0
    in_discussions: int = 0

    def add(self, row: Document) -> None:
        self.rooms += int(row["rooms"])
        if row["_id"].get("discussion"):
            self.in_discussions += int(row["messages"])
        else:
            self.messages += int(row["messages"])


@rooms.reads(
    "rooms",
    Statistic("totalRooms", "All rooms of every kind. From metadata.", Unit.ROOMS),
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
    source="rocketchat_room, metadata and one group over t and prid, adding up the counters msgs",
    cost=Cost.SCAN,
    reason="No index carries msgs; one pass over the rooms gives all twelve numbers.",
)
def totals(sources: Sources) -> Values:
    kinds = _by_kind(sources.workspace.aggregate(Collection.ROOMS, [{"$group": _BY_KIND}]))
    messages = {
        "totalChannelMessages": kinds[CHANNEL].messages,
        "totalPrivateGroupMessages": kinds[GROUP].messages,
        "totalDiscussionsMessages": kinds[CHANNEL].in_discussions + kinds[GROUP].in_discussions,
        "totalDirectMessages": kinds[DIRECT].messages + kinds[DIRECT].in_discussions,
        "totalLivechatMessages": kinds[LIVECHAT].messages + kinds[LIVECHAT].in_discussions,
    }
    return {
        "totalRooms": sources.workspace.estimate(Collection.ROOMS),
        "totalChannels": kinds[CHANNEL].rooms,
        "totalPrivateGroups": kinds[GROUP].rooms,
        "totalDirect": kinds[DIRECT].rooms,
        "totalLivechat": kinds[LIVECHAT].rooms,
        "totlalLivechat": kinds[LIVECHAT].rooms,
        "totalMessages": sum(messages.values()),
        **messages,
    }


def _by_kind(rows: list[Document]) -> dict[str, _Kind]:
    kinds = {kind: _Kind() for kind in (CHANNEL, GROUP, DIRECT, LIVECHAT)}
    for row in rows:
        kind = row["_id"].get("type")
        if isinstance(kind, str) and kind in kinds:
            kinds[kind].add(row)
    return kinds
