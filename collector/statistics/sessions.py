"""Who used the workspace yesterday and in the week and month that ended then: users, devices, operating systems.

The server keeps one row a user and day, made by its job at two o'clock the next night. All nine sub-documents come from
one pass over the rows of the month: MongoDB groups them finely, and what is left is put together here.
"""

from typing import Any

from collector.connection import Document
from collector.periods import NUMBER, Periods, number
from collector.reading import Cost, Statistic, Subject, Unit, Values
from collector.sources import Sources
from collector.sources.rocketchat import Collection

sessions = Subject("sessions", "Who used the workspace yesterday, and in the week and month that ended then.")

_USERS = "users in all and by their most important role, with number and seconds of their sessions"
_DEVICES = "kinds of device, with number and seconds of their sessions"
_SYSTEMS = "operating systems, with number and seconds of their sessions"

# The periods lie within one another: a row is in those of its rank and of lower ones, in the month at least.
_RANKS = {"LastMonth": 0, "LastWeek": 1, "Yesterday": 2}


def _settled_by(sources: Sources) -> Document:
    """The periods end yesterday, and their rows change only when the nightly job computes some."""
    job = sources.workspace.newest(Collection.SESSIONS, "_computedAt")
    return {"yesterday": str(Periods.of(sources.today).yesterday), "computedAt": job.get("_computedAt")}


@sessions.reads(
    "sessions",
    Statistic("uniqueUsersOfYesterday", f"Yesterday: {_USERS}.", Unit.DOCUMENT),
    Statistic("uniqueUsersOfLastWeek", f"The 7 days until yesterday: {_USERS}.", Unit.DOCUMENT),
    Statistic("uniqueUsersOfLastMonth", f"The month until yesterday: {_USERS}.", Unit.DOCUMENT),
    Statistic("uniqueDevicesOfYesterday", f"Yesterday: {_DEVICES}.", Unit.DOCUMENT),
    Statistic("uniqueDevicesOfLastWeek", f"The 7 days until yesterday: {_DEVICES}.", Unit.DOCUMENT),
    Statistic("uniqueDevicesOfLastMonth", f"The month until yesterday: {_DEVICES}.", Unit.DOCUMENT),
    Statistic("uniqueOSOfYesterday", f"Yesterday: {_SYSTEMS}.", Unit.DOCUMENT),
    Statistic("uniqueOSOfLastWeek", f"The 7 days until yesterday: {_SYSTEMS}.", Unit.DOCUMENT),
    Statistic("uniqueOSOfLastMonth", f"The month until yesterday: {_SYSTEMS}.", Unit.DOCUMENT),
    source="rocketchat_sessions, rows of type user_daily, one pass for all nine",
    cost=Cost.INDEXED,
    settled_by=_settled_by,
    limit=120.0,  # the month of a very large workspace, once a day
)
def nine(sources: Sources) -> Values:
    periods = Periods.of(sources.today)
    (found,) = sources.workspace.aggregate(Collection.SESSIONS, _pipeline(periods))
    data: dict[str, list[Document]] = {}
    for name, rank in _RANKS.items():
        devices = [row for row in found["devices"] if row["_id"]["rank"] >= rank]
        data[f"uniqueUsersOf{name}"] = _users(found[name])
        data[f"uniqueDevicesOf{name}"] = _merged(devices, "device")
        # of users who told any operating system; a device of theirs that tells none is an entry without name
        data[f"uniqueOSOf{name}"] = _merged([row for row in devices if row["_id"]["has_system"]], "system")
    return {key: periods.document() | {"data": rows} for key, rows in data.items()}


def _pipeline(periods: Periods) -> list[Document]:
    """One pass: the rows of the month from its first day on, ranked by period, then grouped by role and by device."""
    week = {"$cond": [{"$gte": [NUMBER, number(periods.week)]}, _RANKS["LastWeek"], _RANKS["LastMonth"]]}
    rank = {"$cond": [{"$eq": [NUMBER, number(periods.yesterday)]}, _RANKS["Yesterday"], week]}
    return [
        {"$match": periods.rows()},
        {"$sort": {"year": 1, "month": 1, "day": 1}},
        {"$set": {"rank": rank}},
        {
            "$facet": {
                "Yesterday": [{"$match": {"rank": _RANKS["Yesterday"]}}, _BY_ROLE],
                "LastWeek": [{"$match": {"rank": {"$gte": _RANKS["LastWeek"]}}}, _BY_USER, _BY_ROLE],
                "LastMonth": [_BY_USER, _BY_ROLE],
                "devices": _BY_DEVICE,
            }
        },
    ]


_WORK: Document = {"sessions": {"$sum": "$sessions"}, "time": {"$sum": "$time"}}
# A user's role in a week or month is that of the first day.
_BY_USER: Document = {"$group": {"_id": "$userId", "mostImportantRole": {"$first": "$mostImportantRole"}} | _WORK}
_BY_ROLE: Document = {"$group": {"_id": "$mostImportantRole", "count": {"$sum": 1}} | _WORK}

_SYSTEM = "$devices.device.os"
_SYSTEM_NAMES = {"$ifNull": [f"{_SYSTEM}.name", []]}
_BY_DEVICE: list[Document] = [
    {"$set": {"has_system": {"$cond": [{"$isArray": _SYSTEM_NAMES}, {"$ne": [_SYSTEM_NAMES, []]}, True]}}},
    {"$unwind": "$devices"},
    {
        "$group": {
            "_id": {
                "device": {name: f"$devices.device.{name}" for name in ("type", "name", "version")},
                "system": {name: f"{_SYSTEM}.{name}" for name in ("name", "version")},
                "has_system": "$has_system",
                "rank": "$rank",
            },
            "count": {"$sum": "$devices.sessions"},
            "time": {"$sum": "$devices.time"},
        }
    },
]


def _users(rows: list[Document]) -> list[Document]:
    """Nothing, or one document: all users of the period, and the same by role, the busiest first."""
    roles = [{"role": row["_id"]} | {name: row[name] for name in ("count", "sessions", "time")} for row in rows]
    roles.sort(key=_time, reverse=True)
    whole = {name: sum(role[name] for role in roles) for name in ("count", "sessions", "time")}
    return [whole | {"roles": roles}] if roles else []


def _merged(rows: list[Document], by: str) -> list[Document]:
    """Rows of the same device, or of the same system, made one and their numbers added; the most time first."""
    found: dict[str, Document] = {}
    for row in rows:
        names = row["_id"][by]
        one = found.setdefault(repr(sorted(names.items())), names | {"count": 0, "time": 0})
        one["count"] += row["count"]
        one["time"] += row["time"]
    return sorted(found.values(), key=_time, reverse=True)


def _time(row: Document) -> Any:
    return row["time"]
