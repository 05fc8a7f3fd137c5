"""Owns the aggregations over the daily rows of sessions: those of a month, or of one day. No I/O."""

from datetime import date

from collector.key_paths import Document
from collector.sources.expressions import added, kinds, largest
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
    """One pass over the rows of a day, which groups those of the same role and devices by the values as stored.

    Each group is {_id: {role, devices}, odd, ids, sessions, time, uses, seconds}: lists in the same order, of which
    `uses` and `seconds` have lists too, the sessions and times of a row's devices. `odd` is the number of rows that the
    filter finds on other days too, or that have no date of their computation.
    """
    row = {"ids": "$userId", "sessions": "$sessions", "time": "$time"}
    lists = row | {"uses": _of_each_device("sessions"), "seconds": _of_each_device("time")}
    group = {
        "_id": {"role": "$mostImportantRole", "devices": _of_each_device("device")},
        "odd": {"$sum": {"$cond": [_is_only_of(day), 0, 1]}},
    }
    return [
        {"$match": rows_of(day)},
        {"$project": _NEEDED},
        {"$group": group | {each: {"$push": what} for each, what in lists.items()}},
    ]


_NEEDED: Document = {"_id": 0} | dict.fromkeys(("year", "month", "day", "_computedAt"), 1)
_NEEDED |= dict.fromkeys(("userId", "mostImportantRole", "sessions", "time", "devices"), 1)


def _is_only_of(day: date) -> Document:
    """Whether a row that the filter found has these parts alone, not in lists, and a date of its computation."""
    parts = {"$year": day.year, "$month": day.month, "$day": day.day}
    computed = [{"$gte": ["$_computedAt", DATES["$gte"]]}, {"$lt": ["$_computedAt", DATES["$lt"]]}]
    return {"$and": [*({"$eq": list(part)} for part in parts.items()), *computed]}


def _of_each_device(field: str) -> Document:
    """The field of each element of `devices`, null where it has none; null without a list."""
    return {"$map": {"input": "$devices", "in": f"$$this.{field}"}}


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
