"""Owns the aggregations over the daily rows of sessions: those of a month, or of one day. No I/O."""

from datetime import date

from collector.key_paths import Document
from collector.sources.expressions import added, kinds, largest, name
from collector.sources.queries import DATES
from collector.statistics.session_periods import NUMBER, Periods
from collector.statistics.session_periods import number as day_number

# The periods are nested: a row belongs to those of its rank and of lower ones, at least to the month.
RANKS = {"LastMonth": 0, "LastWeek": 1, "Yesterday": 2}


def of_month(periods: Periods) -> list[Document]:
    """One pass over the rows of the month: ranked by period, then grouped by role and by device."""
    week = {"$cond": [{"$gte": [NUMBER, day_number(periods.week)]}, RANKS["LastWeek"], RANKS["LastMonth"]]}
    rank = {"$cond": [{"$eq": [NUMBER, day_number(periods.yesterday)]}, RANKS["Yesterday"], week]}
    return [
        {"$match": periods.rows()},
        {"$sort": {"year": 1, "month": 1, "day": 1}},
        {"$set": {"rank": rank}},
        {
            "$facet": {
                "Yesterday": [{"$match": {"rank": RANKS["Yesterday"]}}, *_by_role(**_WORK)],
                "LastWeek": [{"$match": {"rank": {"$gte": RANKS["LastWeek"]}}}, _BY_USER, *_by_role(**_WORK_IN_ALL)],
                "LastMonth": [_BY_USER, *_by_role(**_WORK_IN_ALL)],
                "devices": _devices(rank="$rank"),
                "systems": _systems(rank="$rank"),
            }
        },
    ]


def rows_of(day: date) -> Document:
    """A filter on the rows of a day."""
    return {"type": "user_daily", "year": day.year, "month": day.month, "day": day.day}


def of_day(day: date) -> list[Document]:
    """One pass over the rows of a day: {roles, devices, systems, users}.

    Each row of `users` is {_id, ids, sessions, time}: a role, and lists in the same order. The sums `odd` in `roles`
    are the rows that the filter finds on other days too, or that have no date of their computation.
    """
    computed = [{"$gte": ["$_computedAt", DATES["$gte"]]}, {"$lt": ["$_computedAt", DATES["$lt"]]}]
    odd = {"$sum": {"$cond": [{"$and": [{"$eq": [NUMBER, day_number(day)]}, *computed]}, 0, 1]}}
    lists = {"ids": {"$push": "$_id"}, "sessions": {"$push": "$sessions"}, "time": {"$push": "$time"}}
    tables = {
        "roles": _by_role(**_WORK, odd=odd),
        "devices": _devices(),
        "systems": _systems(),
        "users": [_BY_USER, {"$group": {"_id": name("$mostImportantRole")} | lists}],
    }
    return [{"$match": rows_of(day)}, {"$facet": tables}]


_SYSTEM = "$devices.device.os"
_WITH_SYSTEM: Document = {"$match": {"devices.device.os.name": {"$exists": True}}}
_EACH_DEVICE: Document = {"$unwind": "$devices"}

_WORK: Document = {"sessions": added("$sessions"), "time": added("$time")}
_WORK_IN_ALL: Document = {"sessions": {"$sum": "$sessions"}, "time": {"$sum": "$time"}}
# A user's role in a week or month is that of the first day.
_BY_USER: Document = {"$group": {"_id": "$userId", "mostImportantRole": {"$first": "$mostImportantRole"}} | _WORK}


def _by_role(**work: Document) -> list[Document]:
    return [kinds({"role": "$mostImportantRole"}, count={"$sum": 1}, **work), *largest("time")]


def _devices(**by: str) -> list[Document]:
    return [_EACH_DEVICE, *_used("$devices.device", "type", "name", "version", **by)]


def _systems(**by: str) -> list[Document]:
    """Of users with any known operating system; their devices without one are an entry without name."""
    return [_WITH_SYSTEM, _EACH_DEVICE, *_used(_SYSTEM, "name", "version", **by)]


def _used(path: str, *names: str, **by: str) -> list[Document]:
    """Devices, or their systems, by name and by more."""
    every = {name: f"{path}.{name}" for name in names} | by
    # few kinds are many devices: their names are looked at once a kind
    raw = {"$group": {"_id": every, "count": added("$devices.sessions"), "time": added("$devices.time")}}
    in_all = {"count": {"$sum": "$count"}, "time": {"$sum": "$time"}}
    return [raw, kinds({name: f"$_id.{name}" for name in every}, **in_all), *largest("time")]
