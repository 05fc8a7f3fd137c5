"""The larger filters and aggregations of the server."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from collector.key_paths import Document

_EXISTS = {"$exists": True}

SEATLESS = {
    "active": True,
    "$or": [{"roles": ["guest"]}, {"type": {"$in": ["app", "bot"]}}, {"federated": True}, {"isRemote": True}],
}
GUESTS = {
    "active": True,
    "type": {"$nin": ["app"]},
    "roles": {"$eq": "guest", "$size": 1},
    "isRemote": {"$ne": True},
    "_id": {"$nin": []},
}
PERSONS = {"active": True, "type": {"$nin": ["app"]}, "roles": {"$ne": ["guest"]}}
LANGUAGES: list[Document] = [
    {"$match": {"language": {"$exists": True, "$ne": ""}}},
    {"$group": {"_id": "$language", "total": {"$sum": 1}}},
]
SOURCES: list[Document] = [
    {"$match": {"source": _EXISTS, "t": "l"}},
    {"$group": {"_id": "$source", "count": {"$sum": 1}}},
]
PINNED = {"t": {"$ne": "rm"}, "_hidden": {"$ne": True}, "pinned": True}
STARRED = {"_hidden": {"$ne": True}, "starred._id": _EXISTS}
CONTACTS: list[Document] = [
    {
        "$group": {
            "_id": None,
            "totalConflicts": {
                "$sum": {"$size": {"$cond": [{"$isArray": "$conflictingFields"}, "$conflictingFields", []]}}
            },
            "avgChannelsPerContact": {"$avg": {"$size": {"$cond": [{"$isArray": "$channels"}, "$channels", []]}}},
        }
    }
]
FULLY_BLOCKED = {
    "channels.blocked": True,
    "channels": {"$not": {"$elemMatch": {"$or": [{"blocked": False}, {"blocked": {"$exists": False}}]}}},
}


def rooms_with(where: Document) -> list[Document]:
    """The number of rooms that have such messages."""
    return [{"$match": where}, {"$group": {"_id": "$rid"}}, {"$group": {"_id": None, "total": {"$sum": 1}}}]


def visitors(where: Document) -> list[Document]:
    """Contacts and conversations by their source, among the conversations that match."""
    by_source = {
        "_id": {"$ifNull": ["$source.alias", "$source.type"]},
        "contacts": {"$addToSet": "$v._id"},
        "conversations": {"$sum": 1},
    }
    whole = {
        "_id": None,
        "sources": {"$push": {"source": "$_id", "contacts": {"$size": "$contacts"}, "rooms": "$conversations"}},
        "contactsCount": {"$sum": {"$size": "$contacts"}},
        "conversationsCount": {"$sum": "$conversations"},
    }
    return [{"$match": {"t": "l", **where}}, {"$group": by_source}, {"$group": whole}]


def visitors_since(now: datetime, days: int) -> list[Document]:
    return visitors({"v.activity": _EXISTS, "ts": {"$gte": now - timedelta(days=days), "$lt": now}})


def _period(now: datetime, name: str) -> Document:
    """The filter of a period that ends yesterday; across two months it takes another form, as the server's does."""
    end = now.date() - timedelta(days=1)
    start = {"Yesterday": end, "LastWeek": end - timedelta(days=6), "LastMonth": _month_before(end)}[name]
    if start == end:
        return {"year": end.year, "month": end.month, "day": end.day}
    if (start.year, start.month) == (end.year, end.month):
        return {"year": end.year, "month": end.month, "day": {"$gte": start.day, "$lte": end.day}}
    if start.year == end.year:
        return {"year": end.year, "$and": [{"$or": _months(start, "$gt")}, {"$or": _months(end, "$lt")}]}
    return {"$and": [{"$or": _years(start, "$gt")}, {"$or": _years(end, "$lt")}]}


def _month_before(end: date) -> date:
    first = end.replace(day=1)
    before = first - timedelta(days=1)
    is_last = end.day == monthrange(end.year, end.month)[1]
    return before.replace(day=1) + timedelta(days=before.day if is_last else min(before.day, end.day))


def _months(day: date, beyond: str) -> list[Document]:
    return [{"month": {beyond: day.month}}, {"month": day.month, "day": {f"{beyond}e": day.day}}]


def _years(day: date, beyond: str) -> list[Document]:
    return [{"year": {beyond: day.year}}, *({"year": day.year, **month} for month in _months(day, beyond))]


def _sums(prefix: str = "", **more: Any) -> Document:
    return {name: {"$sum": f"${prefix}{name}"} for name in ("sessions", "time")} | more


def users(now: datetime, period: str) -> list[Document]:
    """Of a day the rows are counted; of longer periods they are first merged by user."""
    roles = {"$push": {"role": "$_id.role", "count": "$count", "sessions": "$sessions", "time": "$time"}}
    by_role = {"_id": {"role": "$mostImportantRole"}, **_sums(count={"$sum": 1})}
    whole = {"_id": 1, **_sums(roles=roles, count={"$sum": "$count"})}
    match = {"$match": {"type": "user_daily", **_period(now, period)}}
    if period == "Yesterday":
        return [match, {"$group": by_role}, {"$group": whole}]
    by_user = {"_id": {"userId": "$userId"}, **_sums(mostImportantRole={"$first": "$mostImportantRole"})}
    return [match, {"$group": by_user}, {"$group": by_role}, {"$sort": {"time": -1}}, {"$group": whole}]


def devices(now: datetime, period: str) -> list[Document]:
    names = {name: f"$devices.device.{name}" for name in ("type", "name", "version")}
    return [{"$match": {"type": "user_daily", **_period(now, period)}}, *_used(names)]


def systems(now: datetime, period: str) -> list[Document]:
    names = {name: f"$devices.device.os.{name}" for name in ("name", "version")}
    match = {"type": "user_daily", "devices.device.os.name": _EXISTS, **_period(now, period)}
    return [{"$match": match}, *_used(names)]


def _used(names: Document) -> list[Document]:
    sums = {"count": {"$sum": "$devices.sessions"}, "time": {"$sum": "$devices.time"}}
    return [{"$unwind": "$devices"}, {"$group": {"_id": names, **sums}}, {"$sort": {"time": -1}}]


SESSIONS: dict[str, Callable[[datetime, str], list[Document]]] = {"Users": users, "Devices": devices, "OS": systems}


def telephone(now: datetime, days: int | None) -> Document:
    """The filter of the calls of the last days, or of all."""
    return {"startedAt": {"$gte": now - timedelta(days=days)}} if days else {}
