"""Owns the session statistics: users, devices and operating systems of yesterday, and of the week and month until then.

The server stores one row per user and day, created by its job at two o'clock in the next night. All nine sub-documents
come from one pass over the rows of the month: MongoDB groups them finely, and this module combines the groups.
"""

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import MOST_KINDS, added, kinds, largest, number
from collector.statistics.bounds import listed
from collector.statistics.reading import Cost, Sites, Statistic, Unit
from collector.statistics.session_periods import NUMBER, Periods
from collector.statistics.session_periods import number as day_number
from collector.statistics.subject import Subject
from collector.statistics.values import Values, noted

sessions = Subject(
    "sessions", "Users, devices and operating systems of yesterday, and of the week and month that end then.", Sites.ADD
)

_USERS = "users in all and by their most important role, with number and seconds of their sessions"
_DEVICES = "kinds of device, with number and seconds of their sessions"
_SYSTEMS = "operating systems, with number and seconds of their sessions"

# The periods are nested: a row belongs to those of its rank and of lower ones, at least to the month.
_RANKS = {"LastMonth": 0, "LastWeek": 1, "Yesterday": 2}


def _inputs(sources: Sources) -> Document:
    """The periods end yesterday, and their rows change only when the nightly job computes new ones."""
    computed = sources.workspace.newest_date(Collection.SESSIONS, "_computedAt")
    return {"yesterday": str(Periods.of(sources.today).yesterday), "computedAt": computed}


@sessions.reads(
    "sessions",
    Statistic("uniqueUsersOfYesterday", f"Yesterday: {_USERS}.", Unit.DOCUMENT, sites=Sites.ADD_SESSIONS),
    Statistic(
        "uniqueUsersOfLastWeek", f"The 7 days until yesterday: {_USERS}.", Unit.DOCUMENT, sites=Sites.ADD_SESSIONS
    ),
    Statistic(
        "uniqueUsersOfLastMonth", f"The month until yesterday: {_USERS}.", Unit.DOCUMENT, sites=Sites.ADD_SESSIONS
    ),
    Statistic("uniqueDevicesOfYesterday", f"Yesterday: {_DEVICES}.", Unit.DOCUMENT),
    Statistic("uniqueDevicesOfLastWeek", f"The 7 days until yesterday: {_DEVICES}.", Unit.DOCUMENT),
    Statistic("uniqueDevicesOfLastMonth", f"The month until yesterday: {_DEVICES}.", Unit.DOCUMENT),
    Statistic("uniqueOSOfYesterday", f"Yesterday: {_SYSTEMS}.", Unit.DOCUMENT),
    Statistic("uniqueOSOfLastWeek", f"The 7 days until yesterday: {_SYSTEMS}.", Unit.DOCUMENT),
    Statistic("uniqueOSOfLastMonth", f"The month until yesterday: {_SYSTEMS}.", Unit.DOCUMENT),
    source="rocketchat_sessions, rows of type user_daily, one pass for all nine",
    cost=Cost.INDEXED,
    unchanged_while=_inputs,
    lists=9,
    limit=120.0,  # the month of a very large workspace, once a day
)
def session_statistics(sources: Sources) -> Values:
    periods = Periods.of(sources.today)
    (found,) = sources.workspace.aggregate(Collection.SESSIONS, _pipeline(periods))
    more = {name for name, rows in found.items() if len(rows) == MOST_KINDS}
    values: Document = {}
    for name, rank in _RANKS.items():
        data = {
            f"uniqueUsersOf{name}": _users(found[name], more=name in more),
            f"uniqueDevicesOf{name}": _merged(found["devices"], rank, more="devices" in more),
            f"uniqueOSOf{name}": _merged(found["systems"], rank, more="systems" in more),
        }
        values |= {key: noted(periods.document() | {"data": rows}, note) for key, (rows, note) in data.items()}
    return values


def _pipeline(periods: Periods) -> list[Document]:
    """One pass over the rows of the month: ranked by period, then grouped by role and by device."""
    week = {"$cond": [{"$gte": [NUMBER, day_number(periods.week)]}, _RANKS["LastWeek"], _RANKS["LastMonth"]]}
    rank = {"$cond": [{"$eq": [NUMBER, day_number(periods.yesterday)]}, _RANKS["Yesterday"], week]}
    return [
        {"$match": periods.rows()},
        {"$sort": {"year": 1, "month": 1, "day": 1}},
        {"$set": {"rank": rank}},
        {
            "$facet": {
                "Yesterday": [{"$match": {"rank": _RANKS["Yesterday"]}}, *_by_role(**_WORK)],
                "LastWeek": [{"$match": {"rank": {"$gte": _RANKS["LastWeek"]}}}, _BY_USER, *_by_role(**_WORK_IN_ALL)],
                "LastMonth": [_BY_USER, *_by_role(**_WORK_IN_ALL)],
                "devices": [_EACH_DEVICE, *_used("$devices.device", "type", "name", "version")],
                # of users with any known operating system; their devices without one are an entry without name
                "systems": [_WITH_SYSTEM, _EACH_DEVICE, *_used(_SYSTEM, "name", "version")],
            }
        },
    ]


_SYSTEM = "$devices.device.os"
_WITH_SYSTEM: Document = {"$match": {"devices.device.os.name": {"$exists": True}}}
_EACH_DEVICE: Document = {"$unwind": "$devices"}

_WORK: Document = {"sessions": added("$sessions"), "time": added("$time")}
_WORK_IN_ALL: Document = {"sessions": {"$sum": "$sessions"}, "time": {"$sum": "$time"}}
# A user's role in a week or month is that of the first day.
_BY_USER: Document = {"$group": {"_id": "$userId", "mostImportantRole": {"$first": "$mostImportantRole"}} | _WORK}


def _by_role(**work: Document) -> list[Document]:
    return [kinds({"role": "$mostImportantRole"}, count={"$sum": 1}, **work), *largest("time")]


def _used(path: str, *names: str) -> list[Document]:
    """Devices, or their systems, by name and by rank of the day on which they were used."""
    by = {name: f"{path}.{name}" for name in names} | {"rank": "$rank"}
    # few kinds are many devices: their names are looked at once a kind
    raw = {"$group": {"_id": by, "count": added("$devices.sessions"), "time": added("$devices.time")}}
    in_all = {"count": {"$sum": "$count"}, "time": {"$sum": "$time"}}
    return [raw, kinds({name: f"$_id.{name}" for name in by}, **in_all), *largest("time")]


def _users(rows: list[Document], *, more: bool) -> tuple[list[Document], str]:
    """At most one document: all users of the period, and the users by role, the most active first."""
    sums = ("count", "sessions", "time")
    roles = [row["_id"] | {name: number(row[name]) for name in sums} for row in rows]
    kept, note = listed(roles, more=more)
    whole = {name: sum(role[name] for role in roles) for name in sums}
    return ([whole | {"roles": kept}] if roles else []), note


def _merged(rows: list[Document], rank: int, *, more: bool) -> tuple[list[Document], str]:
    """The rows of this rank and higher ones, summed by name; those with the most time first."""
    found: dict[str, Document] = {}
    for row in rows:
        if row["_id"]["rank"] >= rank:
            names = {name: value for name, value in row["_id"].items() if name != "rank"}
            one = found.setdefault(repr(names), names | {"count": 0, "time": 0})
            one["count"] += number(row["count"])
            one["time"] += number(row["time"])
    by_time = sorted(found, key=lambda names: (-found[names]["time"], names))
    return listed([found[names] for names in by_time], more=more)
