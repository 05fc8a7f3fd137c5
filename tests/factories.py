"""Small documents with defaults, and the parts of rcstats over a test's database."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from pymongo.database import Database

from collector.demo.sample.size import Size
from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.licence import Licence
from collector.sources.rocketchat import RocketChat, hash_token
from collector.statistics import catalog
from collector.statistics.reading import Cost, Reading, Statistic, Unit, of_release
from collector.statistics.releases import NEWEST, Release
from collector.statistics.values import Values
from collector.store.snapshots import COLLECTION

SMALL = Size(users=50, channels=10, groups=5, directs=10, livechats=5, discussions=3, messages=200)
"""A workspace that is filled in a moment."""

NOW = datetime(2024, 3, 15, 12, 30, tzinfo=UTC)
_numbers = count(1)


def number() -> int:
    return next(_numbers)


def user(**over: Any) -> Document:
    return {"_id": f"user{number()}", "type": "user", "active": True, "roles": ["user"], "status": "offline"} | over


def room(kind: str = "c", **over: Any) -> Document:
    return {"_id": f"room{number()}", "t": kind, "msgs": 0} | over


def message(**over: Any) -> Document:
    return {"_id": f"message{number()}", "rid": "GENERAL", "msg": "hi", "ts": NOW} | over


def setting(name: str, value: Any, **over: Any) -> Document:
    return {"_id": name, "value": value, "packageValue": value, "createdAt": NOW} | over


def instance(**over: Any) -> Document:
    extra = {"host": "localhost", "port": "3000", "nodeVersion": "v22.16.0"}
    row = {"_id": f"instance{number()}", "pid": 1, "name": "rocket.chat", "extraInformation": extra}
    return row | {"_createdAt": NOW, "_updatedAt": NOW} | over


def login(user_id: str = "someone", token: str = "secret", roles: Iterable[str] = ("admin",)) -> Document:
    """A user with a login token."""
    tokens = [{"hashedToken": hash_token(token), "when": NOW}]
    return user(_id=user_id, roles=list(roles), services={"resume": {"loginTokens": tokens}})


def permission(roles: Iterable[str] = ("admin",)) -> Document:
    return {"_id": "view-statistics", "roles": list(roles)}


def snapshot(workspace: str = "workspace", at: datetime = NOW, slot: datetime | None = None, **over: Any) -> Document:
    own = {"workspace": workspace, "startedAt": at, "readings": {}, "unavailable": {}, "seconds": 0.1}
    own |= {"slot": slot} if slot else {}
    return {"_id": f"snapshot{number()}", "createdAt": at, "_updatedAt": at, "collector": own} | over


def nulls() -> Document:
    """Values that the server itself does not have, as release 7.4 and newer store them."""
    apps = {"frameworkDevMode": None, "frameworkEnable": None}
    rooms = {"biggestRoom": None, "smallestRoom": None, "amountOfFederatedRooms": 0}
    widget = {"id": None, "alias": None, "type": "widget", "count": 2}
    return {
        "lastMessageSentAt": None,
        "settings": {"general": {"apps": apps}},
        "matrixFederation": rooms,
        "omnichannelSources": [widget],
    }


def job(name: str = "finish-sessions", at: datetime = datetime(2024, 3, 16, 1, 5, tzinfo=UTC)) -> Document:
    """A job of the server, and when it runs next; by default at five past one UTC."""
    intervals = {"finish-sessions": "5 1 * * *", "aggregate-sessions": "0 2 * * *"}
    row = {"_id": f"job{number()}", "name": name, "repeatInterval": intervals[name], "repeatTimezone": None}
    return row | {"nextRunAt": at}


def hours(amount: float) -> timedelta:
    return timedelta(hours=amount)


def insert(database: Database[Document], of: Collection, *documents: Document) -> None:
    database[of].insert_many(list(documents))


def with_id(database: Database[Document], value: str = "workspace") -> Database[Document]:
    """The database as that of a workspace, which has an id; one that it has already stays."""
    if not database[Collection.SETTINGS].find_one({"_id": "uniqueID"}, {"_id": 1}):
        insert(database, Collection.SETTINGS, setting("uniqueID", value))
    return database


def sources(database: Database[Document], **over: Any) -> Sources:
    return Sources(RocketChat(database), now=NOW, **over)


def licensed(*modules: str) -> Licence:
    """A licence with these modules."""
    return Licence(frozenset(modules))


def keep(database: Database[Document], *snapshots: Mapping[str, Any]) -> None:
    """Puts documents into the store as they are, also such as it would not take."""
    database[COLLECTION].insert_many(snapshots)  # type: ignore[arg-type]


def reading(name: str, release: Release = NEWEST) -> Reading:
    """The catalogue's reading of this name, with the statistics and definitions of a release."""
    return next(r for r in of_release(catalog.READINGS, release) if r.name == name)


def read(name: str, database: Database[Document], *, release: Release = NEWEST, **over: Any) -> Values:
    """What the catalogue's reading of this name gives for a database of a release."""
    return reading(name, release).read(sources(database, **over))


def some_reading(read_it: Callable[[Sources], Values], *keys: str, **over: Any) -> Reading:
    """A reading that is in no catalogue."""
    statistics = tuple(Statistic(key, "Made up.", Unit.NUMBER) for key in keys)
    return Reading(over.pop("name", "made_up"), statistics, "nowhere", over.pop("cost", Cost.FREE), read_it, **over)
