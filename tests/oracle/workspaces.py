"""Small random workspaces that are full of special and odd cases, for the recount to be compared on.

What would make the server's own definition undefined is left out: starred, pinned or held messages without a room,
active visitors without a source, daily rows without user or role, federated rooms without a size.
"""

from copy import deepcopy
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from pymongo.database import Database

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle import edge_rooms, edge_settings, edge_users
from tests.oracle.randomness import FLAG, MISSING, Choices, draw, some_drawn
from tests.oracle.whole import to_the_millisecond

Workspace = dict[Collection, list[Document]]

SIZES = (0, 3, 1000, 2**34, 5.0, -1, MISSING, None, "12", float("nan"), float("inf"), [3])
PLAIN = (
    Collection.BUSINESS_HOURS,
    Collection.CANNED_RESPONSES,
    Collection.EMAIL_INBOXES,
    Collection.FEDERATION_SERVERS,
    Collection.LIVECHAT_TAGS,
    Collection.NOTIFICATIONS,
    Collection.SERVICE_LEVELS,
    Collection.TEAMS,
    Collection.TRIGGERS,
    Collection.VISITORS,
)
"""Only their documents are counted."""

SIMPLE: dict[Collection, Choices] = {
    **{collection: {"name": ("one", "two", MISSING)} for collection in PLAIN},
    Collection.ABAC_ATTRIBUTES: {"key": ("site",), "values": ([], ["north"], ["north", "south", "east"])},
    Collection.APPS: {
        "status": (
            *("auto_enabled", "manually_enabled", "manually_enabled", "manually_disabled", "manually_disabled"),
            *("invalid_license_disabled", "initialized", "unknown", None, MISSING),
        ),
        "installationSource": ("private", "private", "marketplace", None, MISSING),
    },
    Collection.CUSTOM_FIELDS: {"public": FLAG},
    Collection.DEPARTMENTS: {"archived": FLAG, "type": (MISSING, MISSING, "u", "d", None)},
    Collection.INTEGRATIONS: {
        "type": ("webhook-incoming", "webhook-incoming", "webhook-outgoing", "webhook-outgoing", "other", MISSING),
        "enabled": FLAG,
        "scriptEnabled": FLAG,
    },
    Collection.INVITES: {"uses": SIZES},
    Collection.MATRIX_BRIDGED_ROOMS: {"fromServer": ("own.example", "one.example", "two.example", MISSING)},
    Collection.ROLES: {"scope": ("Users", "Users", "Subscriptions", None, MISSING), "protected": FLAG},
    Collection.UPLOADS: {"size": SIZES},
    Collection.VIDEO_CONFERENCES: {
        "type": ("videoconference", "direct", "direct", "livechat", "voip", None, MISSING),
        "status": (0, 1, 2, 3, 3, 4, None, MISSING, "1"),
    },
}


def random_workspace(random: Random, now: datetime, zone: ZoneInfo) -> Workspace:
    """At most about 15 documents a collection, settings excepted; some collections are empty or not there at all."""
    now = to_the_millisecond(now)
    whole = {
        **{collection: some_drawn(random, choices) for collection, choices in SIMPLE.items()},
        Collection.USERS: edge_users.users(random, now),
        Collection.CONTACTS: edge_users.contacts(random),
        Collection.SESSIONS: edge_users.sessions(random, now, zone),
        Collection.ROOMS: edge_rooms.rooms(random, now, zone),
        Collection.MESSAGES: edge_rooms.messages(random, now),
        Collection.SUBSCRIPTIONS: edge_rooms.subscriptions(random, now),
        Collection.SETTINGS: edge_settings.settings(random, now),
        Collection.FREESWITCH_CALLS: calls(random, now),
        Collection.ANALYTICS: analytics(random),
        Collection.STATISTICS: server_statistics(random, now, zone),
    }
    return {collection: documents for collection, documents in whole.items() if random.random() < 0.9}


def calls(random: Random, now: datetime) -> list[Document]:
    choices = {
        "startedAt": edge_rooms.moments(now),
        "direction": ("internal", "external_inbound", "external_outbound", "unknown", None, MISSING),
        "duration": (0, 4, 4.5, 5, 120, 2**33, -1, MISSING),
    }
    return some_drawn(random, choices)


def analytics(random: Random) -> list[Document]:
    seats = draw(random, {"count": (0, 7, 7, MISSING)}) | {"_id": "seats", "type": "seat-request"}
    return some_drawn(random, {"type": ("messages", "users"), "count": (1, 2)}) + random.choice([[], [seats]])


def server_statistics(random: Random, now: datetime, zone: ZoneInfo) -> list[Document]:
    """The server's own documents, on both sides of the midnight that its month of peaks begins at."""
    day = now.astimezone(zone).date() - timedelta(days=30)
    start = datetime.combine(day, time(), zone)
    near: list[Any] = [start, start - timedelta(milliseconds=1), start - timedelta(days=1), start + timedelta(days=1)]
    choices = {
        "createdAt": (*near, now, MISSING, None, "today"),
        "dailyPeakConnections": (0, 5, 99, 100, 2**33, None, MISSING),
    }
    return some_drawn(random, choices)


def write(database: Database[Document], workspace: Workspace) -> None:
    """Makes the workspace's collections of this database exactly these."""
    for name in set(database.list_collection_names()) & set(Collection):
        database[name].delete_many({})
    for collection, documents in workspace.items():
        if documents:
            database[collection].insert_many(deepcopy(documents))
