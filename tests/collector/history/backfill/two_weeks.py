"""A workspace of two weeks, and a backfill over it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pymongo.database import Database

from collector.history.backfill.run import Backfill
from collector.history.backfill.walk import Pace
from collector.key_paths import Document
from collector.series.calendar import TICK, CalendarGrid
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics.subjects.sessions import session_statistics
from collector.store.snapshots import Store
from tests.factories import NOW, insert, message, room, setting, user

Db = Database[Document]

BERLIN = ZoneInfo("Europe/Berlin")
BEGAN = datetime(2024, 3, 1, 9, tzinfo=UTC)
READ_ALONG = {
    Collection.USERS: [("createdAt", 1)],
    Collection.ROOMS: [("ts", 1)],
    Collection.UPLOADS: [("uploadedAt", -1)],
    Collection.MESSAGES: [("ts", 1)],
    Collection.SESSIONS: [("type", 1), ("year", 1), ("month", 1), ("day", 1)],
}
DAYS = 14  # from the workspace's beginning to NOW


def on(day: int, hour: int = 12, month: int = 3) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=UTC)


def midnight_after(day: int) -> datetime:
    """The moment of a day's snapshot, in UTC."""
    return on(day, 0) + timedelta(days=1) - TICK


def use(user_id: str, day: date) -> dict[str, Any]:
    """The row of a user's day."""
    device = {"type": "browser", "name": "Firefox", "version": "1", "os": {"name": "Linux", "version": "6"}}
    return {
        "_id": f"{user_id}-{day}",
        "type": "user_daily",
        "userId": user_id,
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "mostImportantRole": "user",
        "sessions": 2,
        "time": 60,
        "devices": [{"sessions": 2, "time": 60, "device": device}],
        "_computedAt": datetime(day.year, day.month, day.day, 2, tzinfo=UTC) + timedelta(days=1),
    }


def make_indexes(database: Db) -> None:
    """Those of Rocket.Chat's that the past is read along; all of them take a second."""
    for of, keys in READ_ALONG.items():
        database[of].create_index(keys)


def fill(database: Db) -> None:
    """On each day a user, a room, a file, and as many messages and sessions as its date."""
    make_indexes(database)
    insert(database, Collection.SETTINGS, setting("uniqueID", "workspace"))
    days = range(1, DAYS + 1)
    insert(database, Collection.USERS, *[user(createdAt=on(day, 9), username=f"u{day}") for day in days])
    kinds = [room("cpdl"[day % 4], ts=on(day), name=f"r{day}") for day in days]
    discussions = [room("p", ts=on(day), prid="GENERAL", name=f"d{day}") for day in (3, 5)]
    insert(database, Collection.ROOMS, *kinds, *discussions)
    insert(
        database,
        Collection.TEAMS,
        *[{"_id": f"t{day}", "name": f"t{day}", "createdAt": on(day)} for day in (2, 4)],
    )
    insert(
        database,
        Collection.UPLOADS,
        *[{"_id": f"f{day}", "uploadedAt": on(day), "size": 1000 * day} for day in days],
    )
    insert(database, Collection.MESSAGES, *[message(ts=on(day, hour % 24)) for day in days for hour in range(day)])
    insert(database, Collection.SESSIONS, *[use(f"u{who}", date(2024, 3, day)) for day in days for who in range(day)])


def backfill(database: Db, **over: Any) -> Backfill:
    zone = over.pop("zone", ZoneInfo("UTC"))
    sources = Sources(RocketChat(database), timezone=zone, now=over.pop("now", NOW))
    found = Backfill(
        sources,
        Store(database),
        "workspace",
        over.pop("pace", Pace(sleep=lambda _: None)),
        over.pop("sessions", session_statistics),
    )
    grid = CalendarGrid.parse(over.pop("every", "1d"), zone)
    found.aim(grid, over.pop("since", BEGAN), over.pop("until", NOW))
    return found


def stored(database: Db) -> list[dict[str, Any]]:
    return list(database["statistics"].find().sort("createdAt", 1))
