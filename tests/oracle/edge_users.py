"""Odd users, their sessions, and livechat's contacts."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from collector.key_paths import Document
from tests.oracle.edge_settings import OWN
from tests.oracle.randomness import FLAG, MISSING, draw, some
from tests.oracle.services import PROVIDERS
from tests.oracle.sessions import periods

ROLES: tuple[Any, ...] = (
    ["user"],
    ["user", "admin"],
    ["guest"],
    ["guest"],
    ["guest", "user"],
    ["user", "guest"],
    [],
    ["livechat-agent"],
    ["livechat-manager", "livechat-monitor"],
    ["guest", "livechat-agent"],
    "livechat-agent",
    "guest",
    None,
    MISSING,
)
TWO_FACTOR: tuple[Any, ...] = (
    MISSING,
    MISSING,
    None,
    {},
    {"enabled": True},
    {"enabled": True},
    {"enabled": False},
    {"enabled": "yes"},
)
LINK: tuple[Any, ...] = (MISSING, MISSING, MISSING, None, {}, {"id": "7"}, "linked")
LINKED = ("ldap", "saml", "cas", *(key for _, key in PROVIDERS.values()), *OWN)


def users(random: Random, now: datetime) -> list[Document]:
    choices = {
        "active": (True, True, True, True, False, None, MISSING, "true"),
        "type": ("user", "user", "user", "bot", "app", "unknown", None, MISSING, 7),
        "roles": ROLES,
        "status": ("online", "online", "away", "busy", "offline", None, MISSING, 7, "dnd"),
        "federated": (MISSING, MISSING, MISSING, True, False, None),
        "isRemote": (MISSING, MISSING, MISSING, True, False, None),
        "language": ("en", "en", "de", "pt-BR", "", None, MISSING),
        "lastLogin": (
            now,
            now - timedelta(days=3),
            now - timedelta(days=400),
            None,
            MISSING,
            "never",
            1_700_000_000_000,
        ),
        "extension": (MISSING, MISSING, "1001", None),
    }
    return some(random, lambda number: {"_id": f"u{number}"} | draw(random, choices) | services(random))


def services(random: Random) -> Document:
    links = dict.fromkeys(LINKED, LINK) | {"totp": TWO_FACTOR, "email2fa": TWO_FACTOR}
    linked = draw(random, links)
    return draw(random, {"services": (linked, linked, linked, linked, {}, None, MISSING)})


def contacts(random: Random) -> list[Document]:
    def contact(number: int) -> Document:
        channels = some(random, lambda _: channel(random), most=3)
        choices = {
            "unknown": FLAG,
            "conflictingFields": (MISSING, [], [{"field": "name"}], [{"field": "name"}] * 3, None, "name"),
            "channels": (channels, channels, channels, channels, [], None, MISSING),
        }
        return {"_id": f"{number}"} | draw(random, choices)

    return some(random, contact)


def channel(random: Random) -> Document:
    choices = {"blocked": (True, True, True, False, None, MISSING), "verified": (True, False, None, MISSING)}
    return {"name": "sms"} | draw(random, choices)


def sessions(random: Random, now: datetime, zone: ZoneInfo) -> list[Document]:
    """Rows of the days on both sides of every period's border, one a user and day, and rows that are none."""
    pairs = [(user, day) for user in ("u1", "u2", "u3", "u4") for day in days(random, now, zone)]
    wanted = random.choice([0, 1, 5, 10, 15, 15])
    return [session(random, user, day) for user, day in random.sample(pairs, min(wanted, len(pairs)))]


def days(random: Random, now: datetime, zone: ZoneInfo) -> list[date]:
    one = timedelta(days=1)
    firsts = [first for first, _ in periods(now, zone).values()]
    yesterday = max(firsts)
    borders = {first - one for first in firsts} | set(firsts) | {yesterday + one}
    within = {yesterday - one * random.randrange(40) for _ in range(3)}
    return sorted(borders | within)


def session(random: Random, user: str, day: date) -> Document:
    used = some(random, lambda _: device_use(random), most=3)
    choices = {
        "type": ("user_daily",) * 8 + ("session", "computed-session", MISSING),
        "mostImportantRole": ("user", "user", "admin", "guest", "livechat-agent", "no-role"),
        "sessions": NUMBERS,
        "time": NUMBERS,
        "devices": (used, used, used, used, [], None, MISSING),
        "year": (day.year,),
        "month": (day.month,),
        "day": (*(day.day,) * 12, MISSING, None, str(day.day)),
    }
    return {"_id": f"{user}-{day}", "userId": user} | draw(random, choices)


NUMBERS: tuple[Any, ...] = (
    1,
    2,
    60,
    3600,
    86_399,
    0,
    -5,
    2**33,
    MISSING,
    None,
    "60",
    float("nan"),
    float("-inf"),
    [60],
)


def device_use(random: Random) -> Document:
    device = draw(
        random,
        {
            "type": ("browser", "browser", "mobile-app", MISSING),
            "name": ("Chrome", "Firefox", "RC Mobile", MISSING),
            "version": ("122.0", "9.1.1", MISSING),
            "os": (*(operating_system(random),) * 5, {}, MISSING),
        },
    )
    return draw(random, {"sessions": NUMBERS, "time": NUMBERS, "device": (device, device, device, device, {}, MISSING)})


def operating_system(random: Random) -> Document:
    return draw(random, {"name": ("Windows", "Linux", "iOS", MISSING), "version": ("10", "11", MISSING)})
