"""Omnichannel contacts that were active lately, by the source of their conversations."""

from datetime import UTC, datetime, timedelta
from typing import Any

from collector.connection import Document
from collector.reading import Cost, Statistic, Subject, Unit, Values
from collector.sources import Sources
from collector.sources.rocketchat import Collection

conversations = Subject("conversations", "Omnichannel contacts that were active lately, by source of conversation.")

_SHAPE = "contacts and conversations, in all and by source"
_SOURCE = {"$ifNull": ["$source.alias", "$source.type"]}
_WINDOWS = {
    "uniqueContactsOfYesterday": timedelta(days=1),
    "uniqueContactsOfLastWeek": timedelta(days=7),
    "uniqueContactsOfLastMonth": timedelta(days=30),
}


@conversations.reads(
    "active_contacts",
    Statistic("omnichannelContactsBySource", f"This month, by UTC: {_SHAPE}.", Unit.DOCUMENT),
    source="rocketchat_room, omnichannel rooms whose v.activity has this month",
    cost=Cost.INDEXED,
)
def active_contacts(sources: Sources) -> Values:
    month = f"{sources.now.astimezone(UTC):%Y-%m}"
    rows = _contacts(sources, {"t": "l", "v.activity": month}, {"all": 1})
    return {"omnichannelContactsBySource": _active(rows, "all")}


@conversations.reads(
    "unique_contacts",
    Statistic("uniqueContactsOfYesterday", f"The last 24 hours: {_SHAPE}.", Unit.DOCUMENT),
    Statistic("uniqueContactsOfLastWeek", f"The last 7 days of 24 hours: {_SHAPE}.", Unit.DOCUMENT),
    Statistic("uniqueContactsOfLastMonth", f"The last 30 days of 24 hours: {_SHAPE}.", Unit.DOCUMENT),
    source="rocketchat_room, omnichannel rooms with v.activity, by ts; one pass for all three",
    cost=Cost.INDEXED,
)
def unique_contacts(sources: Sources) -> Values:
    longest = max(_WINDOWS.values())
    where = {"t": "l", "ts": {"$gte": sources.now - longest, "$lt": sources.now}, "v.activity": {"$exists": True}}
    began = {key: _since(sources.now - window) for key, window in _WINDOWS.items()}
    rows = _contacts(sources, where, began)
    return {key: _active(rows, key) for key in _WINDOWS}


def _since(moment: datetime) -> Document:
    return {"$cond": [{"$gte": ["$ts", moment]}, 1, 0]}


def _contacts(sources: Sources, where: Document, counted: dict[str, Any]) -> list[Document]:
    """Per source, for each of `counted`: its conversations, and the contacts that had any.

    A contact is counted once a source, however many conversations it had there.
    """
    per_contact = {name: {"$sum": what} for name, what in counted.items()}
    per_source: Document = {}
    for name in counted:
        per_source[f"{name}_conversations"] = {"$sum": f"${name}"}
        per_source[f"{name}_contacts"] = {"$sum": {"$cond": [{"$gt": [f"${name}", 0]}, 1, 0]}}
    return sources.workspace.aggregate(
        Collection.ROOMS,
        [
            {"$match": where},
            {"$group": {"_id": {"source": _SOURCE, "contact": "$v._id"}} | per_contact},
            {"$group": {"_id": "$_id.source"} | per_source},
        ],
    )


def _active(rows: list[Document], name: str) -> Document:
    """The server's shape; its totals add up the sources, so who came by two of them counts twice."""
    sources = [
        {
            "source": row["_id"],
            "contactsCount": row[f"{name}_contacts"],
            "conversationsCount": row[f"{name}_conversations"],
        }
        for row in rows
        if row[f"{name}_conversations"]
    ]
    totals = {key: sum(source[key] for source in sources) for key in ("contactsCount", "conversationsCount")}
    return totals | {"sources": sources}
