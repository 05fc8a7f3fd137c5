"""Recounts the rooms, and the messages that their own counters say they hold."""

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import Counts, Stored, added, either, has, how_many, is_true, is_truthy, matches


def recounted(stored: Stored) -> Counts:
    rooms = stored[Collection.ROOMS]
    return kinds(rooms) | marks(rooms) | messages(rooms) | teams(rooms)


def kinds(rooms: list[Document]) -> Counts:
    names = {"totalChannels": "c", "totalPrivateGroups": "p", "totalDirect": "d", "totalLivechat": "l"}
    counts = {name: len(of_kind(rooms, kind)) for name, kind in names.items()}
    return {
        **counts,
        "totlalLivechat": counts["totalLivechat"],
        "voipCalls": len(of_kind(rooms, "v")),
        "totalRooms": len(rooms),
    }


def of_kind(rooms: list[Document], kind: str) -> list[Document]:
    return [room for room in rooms if matches(room, "t", kind)]


def marks(rooms: list[Document]) -> Counts:
    counted_if_present = {
        "totalDiscussions": "prid",
        "totalLivechatRoomsWithDepartment": "departmentId",
        "omnichannelWebRTCCalls": "callStatus",
        "enterprise.omnichannelRoomsWithPriorities": "priorityId",
        "enterprise.omnichannelRoomsWithSlas": "slaId",
        "enterprise.omnichannelPdfTranscriptSucceeded": "pdfTranscriptFileId",
    }
    counted_if_true = {
        "totalBroadcastRooms": "broadcast",
        "totalE2ERooms": "encrypted",
        "totalOTRRooms": "createdOTR",
        "enterprise.omnichannelPdfTranscriptRequested": "pdfTranscriptRequested",
        "matrixFederation.amountOfFederatedRooms": "federated",
    }
    present = {name: len([room for room in rooms if has(room, key)]) for name, key in counted_if_present.items()}
    true = {name: len([room for room in rooms if is_true(room, key)]) for name, key in counted_if_true.items()}
    live = [room for room in rooms if matches(room, "streamingOptions.type", "livestream")]
    return (
        present
        | true
        | {"abacRoomsEnrolled": how_many(rooms, is_enrolled), "totalRoomsWithActiveLivestream": len(live)}
    )


def is_enrolled(room: Document) -> bool:
    """No attributes are attributes too."""
    return has(room, "abacAttributes") and not is_true(room, "archived")


def is_discussion(room: Document) -> bool:
    return room.get("t") in ("c", "p") and is_truthy(room.get("prid"))


def messages(rooms: list[Document]) -> Counts:
    """Whether a Decimal128 adds nothing or its number is left open."""
    both = [held_messages(rooms, decimals) for decimals in (False, True)]
    return {key: either(*(counts[key] for counts in both)) for key in both[0]}


def held_messages(rooms: list[Document], decimals: bool) -> Counts:
    def held(some: list[Document]) -> float:
        return added((room.get("msgs") for room in some), decimals=decimals)

    plain = [room for room in rooms if not is_discussion(room)]
    counts = {
        "totalChannelMessages": held(of_kind(plain, "c")),
        "totalPrivateGroupMessages": held(of_kind(plain, "p")),
        "totalDiscussionsMessages": held([room for room in rooms if is_discussion(room)]),
        "totalDirectMessages": held(of_kind(rooms, "d")),
        "totalLivechatMessages": held(of_kind(rooms, "l")),
    }
    return counts | {"totalMessages": sum(counts.values())}


def teams(rooms: list[Document]) -> Counts:
    inside = [room for room in rooms if has(room, "teamId") and not has(room, "teamMain")]
    return {
        "teams.totalRoomsInsideTeams": len(inside),
        "teams.totalDefaultRoomsInsideTeams": how_many(inside, lambda room: is_true(room, "teamDefault")),
    }
