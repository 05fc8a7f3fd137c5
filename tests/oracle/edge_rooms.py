"""Odd rooms of all kinds, messages and subscriptions."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from collector.key_paths import Document
from tests.oracle.randomness import FLAG, MISSING, draw, some

KINDS = ("c", "c", "c", "p", "p", "d", *"llllll", "v", "x", None, MISSING)
COUNTERS = (0, 5, 5, 120, -3, 2**40, 7.0, None, MISSING, "12", True, float("nan"), float("inf"))
"""How many messages a room says it holds."""

REFERENCE = (MISSING, MISSING, "other", None)
"""The id of something else that a document may belong to."""

SOURCES = (
    {"type": "widget"},
    {"type": "widget"},
    {"type": "email", "id": "inbox1"},
    {"type": "app", "id": "app1", "alias": "whatsapp"},
    {"type": "app", "id": "app1", "alias": "whatsapp", "label": "WhatsApp"},
    {"type": "app", "id": "app2", "alias": "whatsapp", "sidebarIcon": "phone"},
    {"type": "api", "alias": None},
    {"type": "api", "alias": ""},
    {"type": "other", "alias": "widget"},
)
MESSAGE_TYPES = (
    MISSING,
    MISSING,
    MISSING,
    None,
    "uj",
    "rm",
    "e2e",
    "omnichannel_placed_chat_on_hold",
    "omnichannel_placed_chat_on_hold",
    "voip-call-wrapup",
    "voip-call-ended-unexpectedly",
    "voip-call-on-hold",
    "voip-call-on-hold",
)
STARS: tuple[Any, ...] = (
    MISSING,
    MISSING,
    [],
    None,
    [{}],
    [{"_id": "u1"}],
    [{"_id": "u1"}, {"_id": "u2"}],
    [{"_id": None}],
    {"_id": "u1"},
)


def rooms(random: Random, now: datetime, zone: ZoneInfo) -> list[Document]:
    """Every room has another number of members, so that the biggest is only one."""
    sizes = random.sample(range(100), 16)
    return some(random, lambda number: room(random, now, zone) | {"_id": f"r{number}", "usersCount": sizes[number]})


def room(random: Random, now: datetime, zone: ZoneInfo) -> Document:
    choices = {
        "t": KINDS,
        "msgs": COUNTERS,
        "ts": moments(now),
        "prid": (MISSING, MISSING, MISSING, "r1", "r1", "", None, 7),
        "name": ("name", None, MISSING),
        "fname": ("Full name", None, MISSING),
        "federated": (MISSING, True, True, False, None, "true"),
        "teamId": (MISSING, "team", "team", None),
        "teamMain": (MISSING, MISSING, True, False, None),
        "abacAttributes": (MISSING, MISSING, [{"key": "site", "values": ["north"]}], [], None),
        "streamingOptions": (MISSING, MISSING, {"type": "livestream"}, {"type": "call"}, {}),
        **dict.fromkeys(
            ("broadcast", "encrypted", "teamDefault", "pdfTranscriptRequested", "createdOTR", "archived"), FLAG
        ),
        **dict.fromkeys(("departmentId", "callStatus", "priorityId", "slaId", "pdfTranscriptFileId"), REFERENCE),
    }
    return draw(random, choices) | visit(random, now, zone)


def visit(random: Random, now: datetime, zone: ZoneInfo) -> Document:
    """A livechat conversation's parts; who was active has a source, else nobody knows what to call it."""
    months = months_around(now, zone)
    activity: tuple[Any, ...] = (months[:1], months[:1], months, months[1:], months[0], [], None, MISSING)
    visitor = {"_id": random.choice(["v1", "v2", "v3"])}
    active = {"v": visitor | draw(random, {"activity": activity}), "source": random.choice(SOURCES)}
    return random.choice([active, active, active, active, active, {"v": visitor}, {"v": None}, {}])


def months_around(now: datetime, zone: ZoneInfo) -> list[str]:
    """This month in UTC, then its neighbours and the month of the workspace's own zone, where they are others."""
    this = f"{now.astimezone(UTC):%Y-%m}"
    others = {f"{moment.astimezone(UTC):%Y-%m}" for moment in (now - timedelta(days=31), now + timedelta(days=31))}
    others.add(f"{now.astimezone(zone):%Y-%m}")
    return [this, *sorted(others - {this})]


def moments(now: datetime) -> tuple[Any, ...]:
    """Dates on both sides of every rolling window's border, and what is no date."""
    tick = timedelta(milliseconds=1)
    starts = [now - timedelta(days=days) for days in (0, 1, 7, 30)]
    borders = [border for start in starts for border in (start - tick, start, start + tick)]
    return (*borders, now + timedelta(days=1), now - timedelta(days=90), MISSING, None, "today", 1_700_000_000_000)


def messages(random: Random, now: datetime) -> list[Document]:
    choices = {
        "rid": ("r1", "r2", "r3", "r4"),
        "ts": moments(now),
        "t": MESSAGE_TYPES,
        "_hidden": (MISSING, MISSING, True, False, None),
        "pinned": FLAG,
        "starred": STARS,
        "tcount": (MISSING, MISSING, 0, 3, None, -1),
    }
    return some(random, lambda number: {"_id": f"m{number}"} | draw(random, choices))


def subscriptions(random: Random, now: datetime) -> list[Document]:
    return some(random, lambda number: {"_id": f"s{number}", "rid": "r1"} | draw(random, {"ls": moments(now)}))
