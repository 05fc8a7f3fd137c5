"""The statistics document that the server itself would store of a workspace, by the recount and the server's habits."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pymongo.database import Database

from collector.demo.sample.own_statistics import javascript
from collector.key_paths import Document, at, place, place_parents
from collector.sources.collections import Collection
from collector.statistics.releases import NULLS, Release
from tests.oracle.documents import UNDEFINED, Allowed
from tests.oracle.whole import is_elsewhere, recount
from tests.releases import names

OURS = "totlalLivechat"


def server_document(database: Database[Document], moment: datetime, zone: ZoneInfo, release: Release) -> Document:
    """The whole document of a moment; what only the server knows is that of the newest one that it stored."""
    stored = database[Collection.STATISTICS].find_one(sort=[("createdAt", -1)]) or {}
    known = {path: value for path, value in names.of_document(stored).items() if is_elsewhere(path)}
    document: Document = {"_id": "0" * 24}
    for path, value in (known | recount(database, moment, zone, release)).items():
        if path != OURS:
            put(document, path, value, release)
    mongodb = {"mongoVersion": database.client.server_info()["version"], "mongoStorageEngine": "unknown"}
    saved = {"createdAt": moment, "_updatedAt": moment, "statsToken": "a.b.c"}
    return document | habits(document, release) | mongodb | saved


def put(document: Document, path: str, value: Any, release: Release) -> None:
    """Undefined values are null since 7.4; before, only their parents are there."""
    if isinstance(value, Allowed):
        value = value.values[0] if value.values else UNDEFINED
    if value is not UNDEFINED:
        place(document, path, value)
    elif release >= NULLS:
        place(document, path, None)
    else:
        place_parents(document, path)


def habits(document: Document, release: Release) -> Document:
    """What the server writes otherwise than rcstats."""
    dates = {key: javascript(document[key]) for key in ("lastLogin", "lastSeenSubscription") if document.get(key)}
    written = {"installedAt": document["installedAt"].isoformat().replace("+00:00", "Z")}
    oauth = at(document, "services.oauth") or {}
    numbered = {str(number): nameless(release) for number, _ in enumerate(oauth.get("custom", {}))}
    apps = document["apps"] | {"totalActive": 0, "totalFailed": 0, "engineVersion": "1.55.0"}
    return {
        **dates,
        **written,
        "services": document["services"] | {"oauth": oauth | {"custom": numbered}},
        "apps": apps,
        "omnichannelSources": [part for row in document["omnichannelSources"] for part in halves(row)],
        "instanceCount": 3,
        "dailyPeakConnections": 12,
    }


def nameless(release: Release) -> Document:
    found: Document = {"enabled": True, "users": 0, "mergeRoles": None}
    return found | ({"mapChannels": None, "rolesToSync": False} if release >= Release(8) else {})


def halves(row: Document) -> list[Document]:
    """Sources that differ in their labels only are rows of their own."""
    return [row | {"count": row["count"] - 1}, row | {"count": 1}] if row["count"] > 1 else [row]


def aged(document: Document, age: timedelta) -> Document:
    return document | {"createdAt": document["createdAt"] - age}
