"""Owns the statistics of recently active omnichannel contacts, by source of their conversations."""

from datetime import UTC, datetime, timedelta
from typing import Any

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import MOST_KINDS, each, kinds, largest
from collector.statistics.bounds import listed
from collector.statistics.reading import Cost, Sites, Statistic, Unit
from collector.statistics.subject import Subject
from collector.statistics.values import Values, noted

omnichannel_sources = Subject(
    "omnichannel_sources", "Recently active omnichannel contacts, by source of their conversations.", Sites.ADD
)

_SHAPE = "contacts and conversations, in all and by source"
_SOURCE = {"$ifNull": ["$source.alias", "$source.type"]}
_WINDOWS = {
    "uniqueContactsOfYesterday": timedelta(days=1),
    "uniqueContactsOfLastWeek": timedelta(days=7),
    "uniqueContactsOfLastMonth": timedelta(days=30),
}


@omnichannel_sources.reads(
    "active_contacts",
    Statistic("omnichannelContactsBySource", f"This month, by UTC: {_SHAPE}.", Unit.DOCUMENT),
    source="rocketchat_room, omnichannel rooms whose v.activity has this month",
    cost=Cost.INDEX_SCAN,
    lists=1,
)
def active_contacts(sources: Sources) -> Values:
    month = f"{sources.now.astimezone(UTC):%Y-%m}"
    found = _contacts(sources, {"t": "l", "v.activity": month}, {"all": 1})
    return {"omnichannelContactsBySource": _active(found, "all")}


@omnichannel_sources.reads(
    "unique_contacts",
    Statistic("uniqueContactsOfYesterday", f"The last 24 hours: {_SHAPE}.", Unit.DOCUMENT),
    Statistic("uniqueContactsOfLastWeek", f"The last 7 days of 24 hours: {_SHAPE}.", Unit.DOCUMENT),
    Statistic("uniqueContactsOfLastMonth", f"The last 30 days of 24 hours: {_SHAPE}.", Unit.DOCUMENT),
    source="rocketchat_room, omnichannel rooms with v.activity, by ts; one pass for all three",
    cost=Cost.INDEX_SCAN,
    lists=3,
)
def unique_contacts(sources: Sources) -> Values:
    longest = max(_WINDOWS.values())
    where = {"t": "l", "ts": {"$gte": sources.now - longest, "$lt": sources.now}, "v.activity": {"$exists": True}}
    began = {key: _since(sources.now - window) for key, window in _WINDOWS.items()}
    found = _contacts(sources, where, began)
    return {key: _active(found, key) for key in _WINDOWS}


def _since(moment: datetime) -> Document:
    return {"$cond": [{"$gte": ["$ts", moment]}, 1, 0]}


def _contacts(sources: Sources, where: Document, counted: dict[str, Any]) -> Document:
    """For each of `counted`, conversations and contacts with any: {sources: by source, whole: [in total]}.

    A contact is counted once a source, however many conversations it had there. The last of `counted` has all of them.
    """
    *_, widest = counted
    per_contact = {name: {"$sum": what} for name, what in counted.items()}
    sums: Document = {f"{name}_conversations": {"$sum": f"${name}"} for name in counted}
    is_known = {"$gt": ["$_id.contact", None]}  # a conversation without a visitor's id has no contact
    sums |= {f"{name}_contacts": {"$sum": each({"$gt": [f"${name}", 0]}, is_known)} for name in counted}
    whole = {"$group": {"_id": None} | {name: {"$sum": f"${name}"} for name in sums}}
    (found,) = sources.workspace.aggregate(
        Collection.ROOMS,
        [
            {"$match": where},
            {"$set": {"source": _SOURCE}},  # MongoDB 6 is slower with the expression in the group
            {"$group": {"_id": {"source": "$source", "contact": "$v._id"}} | per_contact},
            kinds({"source": "$_id.source"}, **sums),
            {"$facet": {"sources": largest(f"{widest}_conversations"), "whole": [whole]}},
        ],
    )
    return found


def _active(found: Document, name: str) -> Any:
    """The server's document; its totals sum the sources, so that a contact of two sources counts twice."""
    rows = [
        {"source": row["_id"].get("source"), **_counts(row, name)}
        for row in found["sources"]
        if row[f"{name}_conversations"]
    ]
    rows.sort(key=lambda row: (-row["conversationsCount"], str(row["source"])))
    totals = _counts(found["whole"][0], name) if found["whole"] else {"contactsCount": 0, "conversationsCount": 0}
    kept, note = listed(rows, more=len(found["sources"]) == MOST_KINDS)
    return noted(totals | {"sources": kept}, note)


def _counts(row: Document, name: str) -> Document:
    return {"contactsCount": row[f"{name}_contacts"], "conversationsCount": row[f"{name}_conversations"]}
