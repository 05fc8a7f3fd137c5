"""The rooms of the sample workspace, who is in them, and the teams that own some of them."""

from collections.abc import Iterator
from datetime import timedelta

from collector.demo.sample import words
from collector.demo.sample.blueprint import WITH_CALLS, Plan, Room
from collector.demo.sample.omnichannel import call, conversation
from collector.demo.sample.randomness import Chance
from collector.key_paths import Document
from collector.statistics.releases import before, since

_LIVE_STREAMS = before("7.0")
_ATTRIBUTES = since("8.0")


def rooms(plan: Plan, numbers: range) -> Iterator[Document]:
    chance = plan.chance("rooms", numbers.start)
    for number in numbers:
        room = plan.room(number)
        yield _common(plan, chance, room) | _SHAPES[room.kind](plan, chance, room)


def _common(plan: Plan, chance: Chance, room: Room) -> Document:
    """The counter of messages has drifted in a few rooms, as counters of old workspaces have."""
    written = plan.messages_in(room.number)
    drift = chance.randint(1, 9) if chance.within(0.05) else 0
    document: Document = {
        "_id": room.id,
        "t": room.kind,
        "msgs": written + drift,
        "usersCount": plan.size.users if room.number == 0 else len(room.members),
        "u": plan.person(room.members[0]),
        "ts": room.created,
        "_updatedAt": room.created,
    }
    if written:
        document["lm"] = document["_updatedAt"] = chance.between(max(room.created, plan.lively), plan.now)
    return document


def _shared(plan: Plan, chance: Chance, room: Room) -> Document:
    """A channel or a group."""
    topic, number = chance.one(words.TOPICS), room.number
    if number == 0:
        return {"name": "general", "default": True, "sysMes": True}
    if room.discussion:
        parent = plan.room(chance.randrange(min(20, plan.size.channels)))
        return {"name": plan.id_of("discussion", number), "fname": f"About item {number}", "prid": parent.id}
    name = f"{topic}-{number}" if room.kind == "c" else f"team-{topic}-{number}"
    return {
        "name": name,
        "fname": name,
        "topic": f"All about {topic}",
        "ro": False,
        **_of_a_team(plan, chance, number),
        **({"encrypted": True} if room.encrypted else {}),
        **_rarely(plan, chance),
    }


def _of_a_team(plan: Plan, chance: Chance, number: int) -> Document:
    """The first channels are the main rooms of the teams; some of the others belong to one."""
    if number <= plan.teams:
        return {"teamId": plan.id_of("team", number), "teamMain": True}
    if plan.teams and chance.within(0.15):
        return {"teamId": plan.id_of("team", 1 + number % plan.teams), "teamDefault": chance.within(0.3)}
    return {}


def _rarely(plan: Plan, chance: Chance) -> Document:
    kind = chance.random()
    if kind < 0.02:
        return {"broadcast": True, "ro": True}
    if kind < 0.05:
        return {"federated": True, "federation": {"mrid": f"!{chance.id()}:example.net"}}
    if kind < 0.1:
        return {"archived": True}
    if kind < 0.12 and plan.release in _ATTRIBUTES:
        return {"abacAttributes": [{"key": "site", "values": ["north"]}]}
    if kind < 0.12 and plan.release in _LIVE_STREAMS:
        return {"streamingOptions": {"type": "livestream", "url": "https://live.example.org"}}
    return {}


def _direct(plan: Plan, chance: Chance, room: Room) -> Document:
    pair = [plan.person(member) for member in room.members]
    private: Document = {"encrypted": True} if room.encrypted else {}
    if chance.within(0.03) and plan.release in WITH_CALLS:
        private["createdOTR"] = True
    return {"uids": [user["_id"] for user in pair], "usernames": [user["username"] for user in pair], **private}


_SHAPES = {"c": _shared, "p": _shared, "d": _direct, "l": conversation, "v": call}


def subscriptions(plan: Plan, numbers: range) -> Iterator[Document]:
    """Of the members of all rooms but the first, of which everybody is a member."""
    chance = plan.chance("subscriptions", numbers.start)
    for number in numbers:
        room = plan.room(number)
        if number:
            for member in room.members:
                yield _subscription(plan, chance, room, member)


def everybodys(plan: Plan, numbers: range) -> Iterator[Document]:
    """The subscriptions of the first room."""
    chance = plan.chance("everybodys", numbers.start)
    general = plan.room(0)
    for number in numbers:
        yield _subscription(plan, chance, general, number)


def _subscription(plan: Plan, chance: Chance, room: Room, member: int) -> Document:
    seen = chance.between(room.created, plan.now)
    unread = chance.one((0, 0, 0, 0, 1, 3))
    document = {
        "_id": chance.id(),
        "rid": room.id,
        "u": plan.person(member),
        "t": room.kind,
        "name": "general" if room.number == 0 else f"room-{room.number}",
        "open": chance.within(0.9),
        "alert": unread > 0,
        "unread": unread,
        "ts": room.created,
        "lr": seen,
        "_updatedAt": seen,
    }
    if chance.within(0.97):
        document["ls"] = seen
    if member == room.members[0]:
        document["roles"] = ["owner"]
    return document | ({"f": True} if chance.within(0.03) else {})


def teams(plan: Plan, numbers: range) -> Iterator[Document]:
    for number in numbers:
        room = plan.room(number + 1)
        yield {
            "_id": plan.id_of("team", number + 1),
            "name": f"team-{number + 1}",
            "type": number % 2,
            "roomId": room.id,
            "createdBy": plan.person(room.members[0]),
            "createdAt": room.created,
            "_updatedAt": room.created + timedelta(days=1),
        }
