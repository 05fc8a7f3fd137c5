"""Who used the workspace yesterday and in the week and month that ended then: users, devices, operating systems.

The server keeps one row a user and day, made by its job at two o'clock the next night. All nine sub-documents come from
one pass over the rows of the month: MongoDB groups them finely, and what is left is put together here.
"""

from collections.abc import Iterable
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
_PERIODS = {"Yesterday": "day", "LastWeek": "week", "LastMonth": "month"}

# Which of the periods a row is in; in the month are all that are read.
_IN = {"day": "$in_day", "week": "$in_week", "month": True}


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
    for name, period in _PERIODS.items():
        data[f"uniqueUsersOf{name}"] = _users(found["users"], period)
        data[f"uniqueDevicesOf{name}"] = _devices(found["devices"], period)
        data[f"uniqueOSOf{name}"] = _systems(found["devices"], period)
    return {key: periods.document() | {"data": rows} for key, rows in data.items()}


def _pipeline(periods: Periods) -> list[Document]:
    day, week = number(periods.yesterday), number(periods.week)
    return [
        {"$match": periods.rows()},
        {"$set": {"number": NUMBER}},
        {"$set": {"in_day": {"$eq": ["$number", day]}, "in_week": {"$gte": ["$number", week]}}},
        {"$facet": {"users": _BY_ROLES, "devices": _BY_DEVICE}},
    ]


def _sums(**what: Any) -> Document:
    """Per period, under its name and theirs: the sums of some expressions over its rows."""
    return {
        f"{period}_{name}": {"$sum": {"$cond": [is_in, value, 0]}}
        for period, is_in in _IN.items()
        for name, value in what.items()
    }


def _added(*names: str) -> Document:
    """The same sums, added up once more."""
    return {f"{period}_{name}": {"$sum": f"${period}_{name}"} for period in _IN for name in names}


# A user's role in a period is that of the earliest day: the least of {day, role}, where null does not count.
_ROLES: Document = {
    f"{period}_role": {"$min": {"$cond": [is_in, {"day": "$number", "role": "$mostImportantRole"}, None]}}
    for period, is_in in _IN.items()
}
_IS_IN: Document = {f"{period}_users": {"$sum": {"$cond": [{"$gt": [f"${period}_rows", 0]}, 1, 0]}} for period in _IN}
_BY_ROLES: list[Document] = [
    {"$group": {"_id": "$userId"} | _sums(rows=1, sessions="$sessions", time="$time") | _ROLES},
    {"$group": {"_id": {p: f"${p}_role.role" for p in _IN}} | _IS_IN | _added("rows", "sessions", "time")},
]

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
            }
        }
        | _sums(rows=1, count="$devices.sessions", time="$devices.time")
    },
]


def _users(rows: list[Document], period: str) -> list[Document]:
    """Nothing, or one document: all users of the period, and the same by role, the busiest first."""
    counted = "rows" if period == "day" else "users"
    there = [row for row in rows if row[f"{period}_users"]]
    roles = _merged(
        ({"role": row["_id"].get(period)}, {"count": row[f"{period}_{counted}"], **_work(row, period)}) for row in there
    )
    whole = {name: sum(role[name] for role in roles) for name in ("count", "sessions", "time")}
    return [whole | {"roles": roles}] if roles else []


def _devices(rows: list[Document], period: str) -> list[Document]:
    there = (row for row in rows if row[f"{period}_rows"])
    return _merged((row["_id"]["device"], _used(row, period)) for row in there)


def _systems(rows: list[Document], period: str) -> list[Document]:
    """Of users who told any operating system; a device of theirs that tells none is an entry without name."""
    there = (row for row in rows if row[f"{period}_rows"] and row["_id"]["has_system"])
    return _merged((row["_id"]["system"], _used(row, period)) for row in there)


def _work(row: Document, period: str) -> dict[str, int]:
    return {name: row[f"{period}_{name}"] for name in ("sessions", "time")}


def _used(row: Document, period: str) -> dict[str, int]:
    return {name: row[f"{period}_{name}"] for name in ("count", "time")}


def _merged(rows: Iterable[tuple[Document, dict[str, int]]]) -> list[Document]:
    """Rows with the same names made one, their numbers added; the most time first."""
    found: dict[str, Document] = {}
    for names, numbers in rows:
        row = found.setdefault(repr(sorted(names.items())), names | dict.fromkeys(numbers, 0))
        for name, value in numbers.items():
            row[name] += value
    return sorted(found.values(), key=_time, reverse=True)


def _time(row: Document) -> Any:
    return row["time"]
