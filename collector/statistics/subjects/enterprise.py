"""Owns the statistics of the licence, and of features that require one."""

from datetime import datetime, timedelta
from math import nan

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection, Pipeline
from collector.sources.expressions import among, finite, number, total
from collector.statistics.reading import Cost, Sites, Statistic, Unit
from collector.statistics.releases import ALL, before, since
from collector.statistics.subject import Subject
from collector.statistics.values import UNDEFINED, Absent, Values

enterprise = Subject("enterprise", "The licence, and figures of features that require one.")

OMNICHANNEL, ABAC = "livechat-enterprise", "abac"


enterprise.always(
    "ready",
    Statistic("enterpriseReady", "Whether this release can have a licence: always.", Unit.FLAG),
    value=True,
)


enterprise.from_server_statistics(
    "licence",
    Statistic("enterprise.modules", "The modules of the licence.", Unit.LIST),
    Statistic("enterprise.tags", "The names of the licence's tags.", Unit.LIST),
)


@enterprise.reads(
    "seat_requests",
    Statistic("enterprise.seatRequests", "Requests for a seat since the server's own last statistics.", Unit.NUMBER),
    source="rocketchat_analytics, the document of type seat-request",
    cost=Cost.SCAN,
    reason="No index covers type; documents without a date, as this one, are searched first.",
)
def seat_requests(sources: Sources) -> Values:
    for where in ({"date": None, "type": "seat-request"}, {"type": "seat-request"}):
        stages: Pipeline = [{"$match": where}, {"$limit": 1}, {"$project": {"count": finite("$count")}}]
        if rows := sources.workspace.aggregate(Collection.ANALYTICS, stages):
            return {"enterprise.seatRequests": number(rows[0]["count"])}
    return {"enterprise.seatRequests": 0}


_SIZES = {
    "enterprise.livechatTags": (Collection.LIVECHAT_TAGS, "Tags for conversations."),
    "enterprise.cannedResponses": (Collection.CANNED_RESPONSES, "Canned responses."),
    "enterprise.slas": (Collection.SERVICE_LEVELS, "Service level agreements."),
}
_COUNTS: dict[str, tuple[Collection, Document, str]] = {
    "enterprise.businessUnits": (Collection.DEPARTMENTS, {"type": "u"}, "Business units."),
    "enterprise.livechatMonitors": (
        Collection.USERS,
        {"roles": "livechat-monitor"},
        "Accounts that monitor a business unit.",
    ),
    "enterprise.omnichannelRoomsWithPriorities": (
        Collection.ROOMS,
        {"priorityId": {"$exists": True}},
        "Conversations with a priority.",
    ),
    "enterprise.omnichannelRoomsWithSlas": (
        Collection.ROOMS,
        {"slaId": {"$exists": True}},
        "Conversations with a service level.",
    ),
    "enterprise.omnichannelPdfTranscriptRequested": (
        Collection.ROOMS,
        {"t": "l", "pdfTranscriptRequested": True},  # only these rooms have the field, and t has an index
        "Conversations with a requested PDF transcript.",
    ),
    "enterprise.omnichannelPdfTranscriptSucceeded": (
        Collection.ROOMS,
        {"pdfTranscriptFileId": {"$exists": True}},
        "Conversations with a completed PDF transcript.",
    ),
}


_UNTIL_8 = {"enterprise.omnichannelPdfTranscriptRequested"}


@enterprise.reads(
    "omnichannel_licensed",
    *(Statistic(key, meaning, Unit.NUMBER, estimated=True, sites=Sites.ADD) for key, (_, meaning) in _SIZES.items()),
    *(
        Statistic(
            key,
            meaning,
            Unit.NUMBER,
            releases=before("8.0") if key in _UNTIL_8 else ALL,
            sites=Sites.DO_NOT_ADD if of is Collection.USERS else Sites.ADD,
        )
        for key, (of, _, meaning) in _COUNTS.items()
    ),
    source="metadata and counts, where the licence has livechat-enterprise",
    cost=Cost.INDEX_SCAN,
)
def omnichannel(sources: Sources) -> Values:
    if missing := _unlicensed(sources, OMNICHANNEL):
        return dict.fromkeys((*_SIZES, *_COUNTS), missing)
    sizes = {key: sources.workspace.estimate(of) for key, (of, _) in _SIZES.items()}
    counts = sources.workspace.counts(*((of, where) for of, where, _ in _COUNTS.values()))
    return sizes | dict(zip(_COUNTS, counts, strict=True))


_CALLS_LAST = {"total": None, "lastMonth": 30, "lastWeek": 7, "lastDay": 1}  # days
_DIRECTIONS = {
    "internalCalls": "internal",
    "externalInboundCalls": "external_inbound",
    "externalOutboundCalls": "external_outbound",
}
# Whether a call took 5 s or more; null of one whose duration is neither missing nor a number.
_IS_SUCCESS = {
    "$cond": [
        {"$and": [{"$isNumber": "$duration"}, {"$ne": ["$duration", nan]}]},
        {"$gte": ["$duration", 5]},
        {"$cond": [{"$eq": [{"$type": "$duration"}, "missing"]}, False, None]},
    ]
}


@enterprise.reads(
    "freeswitch_calls",
    *(
        Statistic(
            f"enterprise.voip.{period}",
            "Calls by direction and success, and their seconds.",
            Unit.DOCUMENT,
            releases=since("7.3", before="8.0"),
        )
        for period in _CALLS_LAST
    ),
    source="rocketchat_freeswitch_calls, one group for all periods, where the licence has livechat-enterprise",
    cost=Cost.SCAN,
    reason="All calls are counted, and no index covers duration.",
)
def freeswitch_calls(sources: Sources) -> Values:
    keys = {period: f"enterprise.voip.{period}" for period in _CALLS_LAST}
    if missing := _unlicensed(sources, OMNICHANNEL):
        return dict.fromkeys(keys.values(), missing)
    direction = among("$direction", _DIRECTIONS.values())
    by = {"direction": direction, "success": _IS_SUCCESS, **_began_within(sources.now)}
    rows = sources.workspace.groups(Collection.FREESWITCH_CALLS, {}, by=by, seconds="$duration")
    return {key: _calls([row for row in rows if row["_id"][period]]) for period, key in keys.items()}


def _began_within(now: datetime) -> Document:
    """Whether a call began, for each of the periods."""
    began = {period: now - timedelta(days=days) for period, days in _CALLS_LAST.items() if days}
    return {"total": {"$literal": True}} | {period: {"$gte": ["$startedAt", day]} for period, day in began.items()}


def _calls(rows: list[Document]) -> Document:
    """The server's document; without calls it has no duration."""
    found: Document = {key: total(rows, direction=direction) for key, direction in _DIRECTIONS.items()}
    if rows:
        found["callsDuration"] = sum(row["seconds"] for row in rows)
    return found | {
        "externalCalls": found["externalInboundCalls"] + found["externalOutboundCalls"],
        "successfulCalls": total(rows, success=True),
        "failedCalls": total(rows, success=False),
        "calls": total(rows, success=True) + total(rows, success=False),
    }


@enterprise.reads(
    "abac",
    Statistic("abacEnabled", "Whether attribute-based access control is enabled.", Unit.FLAG, releases=since("8.0")),
    Statistic(
        "abacTotalAttributes",
        "Attributes of attribute-based access control.",
        Unit.NUMBER,
        estimated=True,
        releases=since("8.0"),
    ),
    Statistic(
        "abacTotalAttributeValues",
        "Possible values of the attributes of attribute-based access control.",
        Unit.NUMBER,
        releases=since("8.0"),
    ),
    Statistic("abacRoomsEnrolled", "Rooms with attributes, archived ones excepted.", Unit.ROOMS, releases=since("8.0")),
    source="setting ABAC_Enabled, rocketchat_abac_attributes, rocketchat_room; where the licence has abac",
    cost=Cost.SCAN,
    reason="No index covers the lengths of lists or abacAttributes.",
    settings=("ABAC_Enabled",),
)
def abac(sources: Sources) -> Values:
    keys = ("abacEnabled", "abacTotalAttributes", "abacTotalAttributeValues", "abacRoomsEnrolled")
    if missing := _unlicensed(sources, ABAC):
        return dict.fromkeys(keys, missing)
    values = {"$cond": [{"$isArray": "$values"}, {"$size": "$values"}, 0]}
    rows = sources.workspace.groups(Collection.ABAC_ATTRIBUTES, {}, by=None, values=values)
    return {
        "abacEnabled": sources.settings("ABAC_Enabled").get("ABAC_Enabled", {}).get("value", UNDEFINED),
        "abacTotalAttributes": sources.workspace.estimate(Collection.ABAC_ATTRIBUTES),
        "abacTotalAttributeValues": rows[0]["values"] if rows else 0,
        "abacRoomsEnrolled": sources.workspace.count(
            Collection.ROOMS, {"abacAttributes": {"$exists": True}, "archived": {"$ne": True}}
        ),
    }


def _unlicensed(sources: Sources, module: str) -> Absent | None:
    """The reason why figures that require a module of the licence are absent; None if the licence has it."""
    if (modules := sources.licence.modules) is None:
        return Absent("the server has not stored its licence")
    return None if module in modules else Absent(f"the licence does not include {module}")
