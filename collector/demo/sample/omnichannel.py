"""Omnichannel in the sample workspace: visitors, their conversations and calls, contacts, departments and rules."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collector.demo.sample import words
from collector.demo.sample.blueprint import WITH_CALLS, Plan, Room
from collector.demo.sample.randomness import Chance
from collector.key_paths import Document

DEPARTMENTS = 8
UNITS = 2
PRIORITIES = 5
SERVICE_LEVELS = 3
_SOURCES: tuple[Document, ...] = (
    {"type": "widget"},
    {"type": "widget"},
    {"type": "widget"},
    {"type": "email", "id": "support@example.org", "label": "support@example.org", "sidebarIcon": "mail"},
    {"type": "sms", "id": "twilio", "alias": "Twilio"},
    {"type": "app", "id": "8d3f", "alias": "whatsapp", "label": "WhatsApp", "sidebarIcon": "phone"},
    {"type": "api"},
)


def conversation(plan: Plan, chance: Chance, room: Room) -> Document:
    """What a room with a visitor has beside what every room has."""
    which = chance.randrange(plan.size.visitors)
    still_open = chance.within(0.1)
    hours = chance.random() * 20
    closed = min(room.created + timedelta(hours=hours), plan.now)
    return {
        "fname": plan.person(which % plan.people + 1)["name"],
        "v": _visitor_of(plan, which, room.created, closed),
        "source": chance.one(_SOURCES),
        "open": still_open,
        "servedBy": plan.person(room.members[0]) | {"ts": room.created},
        "priorityWeight": 99,
        "contactId": plan.id_of("contact", which),
        **({} if still_open else {"closedAt": closed, "closer": "user", "metrics": {"chatDuration": hours * 3600}}),
        **_handling(plan, chance),
    }


def _visitor_of(plan: Plan, which: int, start: datetime, end: datetime) -> Document:
    """The visitor as the room quotes him, with the months in which he was active."""
    visitor_id = plan.id_of("visitor", which)
    months = sorted({f"{start:%Y-%m}", f"{end:%Y-%m}"})
    visitor = {"_id": visitor_id, "username": f"guest-{which + 1}", "token": _token(plan, which), "status": "offline"}
    return visitor | ({"activity": months} if which % 20 else {})  # rooms of old releases have none


def _token(plan: Plan, which: int) -> str:
    return plan.id_of("visitor token", which)


def _handling(plan: Plan, chance: Chance) -> Document:
    """Department, priority and the like, which some conversations have."""
    handling: Document = {}
    if chance.within(0.6):
        handling["departmentId"] = plan.id_of("department", chance.randrange(DEPARTMENTS))
    if chance.within(0.1):
        handling |= {"priorityId": plan.id_of("priority", chance.randrange(PRIORITIES)), "priorityWeight": 3}
    if chance.within(0.1):
        handling["slaId"] = plan.id_of("service level", chance.randrange(SERVICE_LEVELS))
    if chance.within(0.05):
        handling |= {"pdfTranscriptRequested": True, "pdfTranscriptFileId": chance.hex()}
    if chance.within(0.03):
        handling["onHold"] = True
    if chance.within(0.02) and plan.release in WITH_CALLS:
        handling["callStatus"] = chance.one(("ringing", "ended"))
    if chance.within(0.15):
        handling["tags"] = [chance.one(words.TOPICS)]
    return handling


def call(plan: Plan, chance: Chance, room: Room) -> Document:
    """What a room of a telephone call has."""
    which = chance.randrange(plan.size.visitors)
    seconds = chance.randrange(900)
    return {
        "name": f"{chance.one(words.FIRST_NAMES)}-{room.number}",
        "v": {"_id": plan.id_of("visitor", which), "token": _token(plan, which), "status": "offline"},
        "servedBy": plan.person(room.members[0]),
        "open": False,
        "callDuration": seconds * 1000,
        "closedAt": min(room.created + timedelta(seconds=seconds), plan.now),
    }


def visitors(plan: Plan, numbers: range) -> Iterator[Document]:
    chance = plan.chance("visitors", numbers.start)
    for number in numbers:
        yield {
            "_id": plan.id_of("visitor", number),
            "username": f"guest-{number + 1}",
            "token": _token(plan, number),
            "status": "online" if chance.within(0.05) else "offline",
            "name": f"{chance.one(words.FIRST_NAMES)} {chance.one(words.LAST_NAMES)}",
            "visitorEmails": [{"address": f"guest-{number + 1}@example.com"}],
            "ts": chance.between(plan.lively, plan.now),
            "department": plan.id_of("department", number % DEPARTMENTS),
            "activity": [f"{plan.now:%Y-%m}"] if number % 4 else [],  # the months in which they wrote
            "_updatedAt": plan.now,
        }


def contacts(plan: Plan, numbers: range) -> Iterator[Document]:
    chance = plan.chance("contacts", numbers.start)
    for number in numbers:
        unknown = chance.within(0.5)
        contact = {
            "_id": plan.id_of("contact", number),
            "name": f"{chance.one(words.FIRST_NAMES)} {chance.one(words.LAST_NAMES)}",
            "emails": [{"address": f"guest-{number + 1}@example.com"}],
            "unknown": unknown,
            "channels": [_channel(plan, chance, number, unknown) for _ in range(chance.one((0, 1, 1, 1, 1, 2, 3)))],
            "createdAt": plan.installed,
            "_updatedAt": plan.now,
        }
        conflict = {"conflictingFields": [{"field": "name", "value": "Another"}]} if chance.within(0.03) else {}
        yield contact | conflict


def _channel(plan: Plan, chance: Chance, number: int, unknown: bool) -> Document:  # noqa: FBT001  one fact of four
    return {
        "name": "widget",
        "blocked": chance.within(0.04),
        "verified": not unknown and chance.within(0.6),
        "visitor": {"visitorId": plan.id_of("visitor", number), "source": {"type": "widget"}},
    }


def departments(plan: Plan, numbers: range) -> Iterator[Document]:
    """Units live in the same collection."""
    for number in numbers:
        department = {
            "_id": plan.id_of("department", number),
            "name": f"{words.DEPARTMENTS[number % len(words.DEPARTMENTS)]} {number + 1}",
            "enabled": number % 4 != 3,
            "numAgents": 2,
            "_updatedAt": plan.installed,
        }
        if number >= DEPARTMENTS:
            yield department | {"type": "u", "visibility": "public", "numDepartments": 3}
        elif number % 4 == 3:
            yield department | {"archived": True}
        else:
            yield department | {"parentId": plan.id_of("department", DEPARTMENTS + number % UNITS)}
