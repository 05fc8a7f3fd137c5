"""Small random workspaces that are full of special and odd cases, for the recount to be compared on.

What would make the server's own definition undefined is left out: starred, pinned or held messages without a room.
"""

from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from pymongo.database import Database

from collector.demo.sample import indexes, own_statistics
from collector.demo.sample.blueprint import RELEASE, WITH_CALLS
from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.statistics.releases import Release
from tests.oracle import edge_rooms, edge_settings, edge_users, odd_data
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
    Collection.ABAC_ATTRIBUTES: {"key": ("site",), "values": ([], ["north"], ["north", "south", "east"], None)},
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


def random_workspace(
    random: Random, now: datetime, zone: ZoneInfo, release: Release = RELEASE, *, odd: bool = False
) -> Workspace:
    """At most about 15 documents a collection, settings excepted; some collections are empty or not there at all.

    It is of a release, but for what an upgrade may leave behind; an `odd` one has data of every unlikely kind.
    """
    workspace = whole_workspace(random, to_the_millisecond(now), zone, release)
    if odd:
        odd_data.spoil(random, workspace)
    if release not in WITH_CALLS and random.random() < 0.7:
        without_calls(workspace)
    return workspace


def whole_workspace(random: Random, now: datetime, zone: ZoneInfo, release: Release) -> Workspace:
    whole = {
        **{collection: some_drawn(random, choices) for collection, choices in SIMPLE.items()},
        Collection.USERS: edge_users.users(random, now),
        Collection.CONTACTS: edge_users.contacts(random),
        Collection.SESSIONS: edge_users.sessions(random, now, zone),
        Collection.ROOMS: edge_rooms.rooms(random, now, zone),
        Collection.MESSAGES: edge_rooms.messages(random, now),
        Collection.SUBSCRIPTIONS: edge_rooms.subscriptions(random, now),
        Collection.SETTINGS: edge_settings.settings(random, now, release),
        Collection.FREESWITCH_CALLS: calls(random, now),
        Collection.ANALYTICS: analytics(random),
    }
    own = {Collection.STATISTICS: [*server_statistics(random, now, zone), newest_statistics(random, now, release)]}
    return own | {
        name: documents for name, documents in whole.items() if indexes.has(release, name) and random.random() < 0.9
    }


def without_calls(workspace: Workspace) -> None:
    """Takes away what a server before 8.0 left in documents."""
    gone = ("callStatus", "createdOTR", "streamingOptions", "extension")
    for collection in (Collection.ROOMS, Collection.USERS):
        for document in workspace.get(collection, []):
            for field in gone:
                document.pop(field, None)


MODULES = (*own_statistics.modules(RELEASE), "federation", "oauth-enterprise")


def newest_statistics(random: Random, now: datetime, release: Release) -> Document:
    """The server's newest document: its release, and what is licensed."""
    some = [module for module in MODULES if random.random() < 0.5]
    modules = random.choice([[], some, some, list(MODULES), list(MODULES)])
    version = f"{release.major}.{release.minor}.{release.patch}"
    return {"_id": "newest", "createdAt": now, "version": version, "enterprise": {"modules": modules, "tags": []}}


def calls(random: Random, now: datetime) -> list[Document]:
    choices = {
        "startedAt": edge_rooms.moments(now),
        "direction": ("internal", "external_inbound", "external_outbound", "unknown", None, MISSING),
        "duration": (0, 4, 4.5, 5, 120, 2**33, -1, MISSING),
    }
    return some_drawn(random, choices)


def analytics(random: Random) -> list[Document]:
    seats = [draw(random, {"count": (0, 7, 7, MISSING)}) | {"_id": f"seats{n}", "type": "seat-request"} for n in (1, 2)]
    plain = some_drawn(random, {"type": ("messages", "users"), "count": (1, 2)})
    return plain + random.choice([[], seats[:1], seats[:1], seats])


def server_statistics(random: Random, now: datetime, zone: ZoneInfo) -> list[Document]:
    """The server's own documents, on both sides of the midnight that its month of peaks begins at."""
    day = now.astimezone(zone).date() - timedelta(days=30)
    start = datetime.combine(day, time(), zone)
    near: list[Any] = [start, start - timedelta(milliseconds=1), start - timedelta(days=1), start + timedelta(days=1)]
    choices = {
        "createdAt": (*near, now - timedelta(hours=1), MISSING, None, "today"),
        "dailyPeakConnections": (0, 5, 99, 100, 2**33, None, MISSING),
    }
    return some_drawn(random, choices)


def write(database: Database[Document], workspace: Workspace) -> None:
    """Makes the workspace's collections of this database exactly these."""
    for name in set(database.list_collection_names()) & set(Collection):
        database[name].delete_many({})
    for collection, documents in workspace.items():
        if documents:
            database[collection].insert_many([odd_data.stored(document) for document in documents])
