"""Recounts livechat: where conversations come from, and who was in contact when."""

from datetime import UTC, datetime, timedelta
from typing import Any

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import Counts, Stored, has, how_many, is_true, matches
from tests.oracle.rooms import of_kind

WINDOWS = {
    "uniqueContactsOfYesterday": timedelta(days=1),
    "uniqueContactsOfLastWeek": timedelta(days=7),
    "uniqueContactsOfLastMonth": timedelta(days=30),
}


def recounted(stored: Stored, now: datetime) -> Counts:
    rooms = of_kind(stored[Collection.ROOMS], "l")
    active = [room for room in rooms if has(room, "v.activity")]
    return {
        "omnichannelSources": sources(rooms),
        "omnichannelContactsBySource": contacts([room for room in active if is_of_month(room, now)]),
        **{key: contacts(since(active, now - length, now)) for key, length in WINDOWS.items()},
        **departments(stored),
    }


def departments(stored: Stored) -> Counts:
    found, fields = stored[Collection.DEPARTMENTS], stored[Collection.CUSTOM_FIELDS]
    return {
        "archivedDepartments": how_many(found, lambda department: is_true(department, "archived")),
        "enterprise.businessUnits": how_many(found, lambda department: matches(department, "type", "u")),
        "totalLivechatPublicCustomFields": how_many(fields, lambda field: is_true(field, "public")),
    }


def sources(rooms: list[Document]) -> list[Document]:
    """[{id, alias, type, count}]; ours has one row for all sources that these do not tell apart, the server several."""
    groups: dict[str, Document] = {}
    for room in rooms:
        if has(room, "source"):
            row = {key: source(room)[key] for key in ("id", "alias", "type") if source(room).get(key) is not None}
            groups.setdefault(repr(row), row | {"count": 0})["count"] += 1
    return list(groups.values())


def source(room: Document) -> Document:
    """What is no document has neither id nor alias nor type."""
    given = room.get("source")
    return given if isinstance(given, dict) else {}


def is_of_month(room: Document, now: datetime) -> bool:
    """Months of activity are written in UTC."""
    return matches(room, "v.activity", f"{now.astimezone(UTC):%Y-%m}")


def since(rooms: list[Document], start: datetime, end: datetime) -> list[Document]:
    return [room for room in rooms if isinstance(room.get("ts"), datetime) and start <= room["ts"] < end]


def contacts(rooms: list[Document]) -> Document:
    """{contactsCount, conversationsCount, sources}; a visitor of two sources counts twice."""
    groups: dict[Any, list[Document]] = {}
    for room in rooms:
        groups.setdefault(source_name(room), []).append(room)
    rows = [
        {"source": name, "contactsCount": visitors(group), "conversationsCount": len(group)}
        for name, group in groups.items()
    ]
    return {
        "contactsCount": sum(row["contactsCount"] for row in rows),
        "conversationsCount": len(rooms),
        "sources": rows,
    }


def source_name(room: Document) -> Any:
    given = source(room)
    return given.get("type") if given.get("alias") is None else given["alias"]


def visitors(rooms: list[Document]) -> int:
    return len({room["v"]["_id"] for room in rooms if "_id" in room["v"]})
