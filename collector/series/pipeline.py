"""Owns series queries, and their aggregation pipelines over stored snapshots. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from collector.key_paths import Document, is_place
from collector.series.widths import Every

AT = "createdAt"

_FIRST = datetime.min.replace(tzinfo=UTC)

# A list of dates matches a range of dates too, but belongs to no bucket.
_MOMENT = {"$cond": [{"$isArray": f"${AT}"}, None, f"${AT}"]}


class How(StrEnum):
    """The value of a bucket, computed from its snapshots."""

    LAST = "last"
    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    DELTA = "delta"
    """The difference of the last value from that of the previous bucket; none after a gap."""


@dataclass(frozen=True)
class SeriesQuery:
    """Key paths over a period, in buckets of `size` times `every` on the calendar of a time zone.

    The bucket that contains `start` is included in full; weeks begin on Monday. A number in a path is a list index.
    """

    fields: tuple[str, ...]
    start: datetime
    end: datetime
    every: Every = Every.DAY
    size: int = 1
    how: How = How.LAST
    zone: str = "UTC"


def pipeline(where: Document, query: SeriesQuery) -> list[Document]:
    """The stages that yield one row per bucket with snapshots, in order: {_id: its start, v0, v1, … by field}."""
    values = {f"v{n}": _of_group(query.how, path) for n, path in enumerate(query.fields)}
    # One more bucket than requested is read, as only constant bounds allow a covered query.
    enough = _FIRST + max(query.start - _FIRST - query.size * query.every.longest, timedelta(0))
    stages: list[Document] = [
        {"$match": where | {AT: {"$gte": enough, "$lt": query.end}}},
        {"$group": {"_id": _bucket(query, _MOMENT)} | values},
        {"$match": {"$expr": {"$gte": ["$_id", _bucket(query, query.start)]}}},
        {"$sort": {"_id": 1}},
    ]
    if query.how in {How.LAST, How.DELTA}:
        stages.append({"$set": {f"v{n}": f"$v{n}.value" for n in range(len(query.fields))}})
    return stages + (_differences(query) if query.how is How.DELTA else [])


def _bucket(query: SeriesQuery, moment: Any) -> Document:
    """The start of the bucket that contains a moment."""
    grid = {"unit": query.every.value, "binSize": query.size, "timezone": query.zone, "startOfWeek": "monday"}
    return {"$dateTrunc": {"date": moment} | grid}


def _of_group(how: How, path: str) -> Document:
    """The accumulator. Values that are absent or not numbers are ignored; the last value may have any type."""
    value = expression(path)
    if how in {How.LAST, How.DELTA}:  # the highest of {at, value} among snapshots with a value
        is_there = {"$ne": [{"$ifNull": [value, None]}, None]}
        return {"$max": {"$cond": [is_there, {"at": f"${AT}", "value": value}, None]}}
    number = {"$cond": [{"$isNumber": value}, value, None]}
    return {{How.MIN: "$min", How.MAX: "$max", How.MEAN: "$avg"}[how]: number}


def _differences(query: SeriesQuery) -> list[Document]:
    """Each value minus that of the previous bucket, if the two are adjacent."""
    names = [f"v{n}" for n in range(len(query.fields))]
    before = {f"before_{name}": {"$shift": {"output": f"${name}", "by": -1}} for name in ("_id", *names)}
    next_one = {"startDate": "$before__id", "unit": query.every.value, "amount": query.size, "timezone": query.zone}
    follows = {"$eq": [{"$dateAdd": next_one}, "$_id"]}
    differences = {name: _difference(name, follows) for name in names}
    shown = dict.fromkeys(names, 1)
    return [{"$setWindowFields": {"sortBy": {"_id": 1}, "output": before}}, {"$set": differences}, {"$project": shown}]


def _difference(name: str, follows: Document) -> Document:
    numbers = [{"$isNumber": f"${name}"}, {"$isNumber": f"$before_{name}"}]
    subtract = {"$subtract": [f"${name}", f"$before_{name}"]}
    return {"$cond": [{"$and": [follows, *numbers]}, subtract, None]}


def expression(path: str) -> Any:
    """A key path such as `os.loadavg.0` as a MongoDB expression, in which list items have a syntax of their own.

    Each part occurs once, so that the size of the expression is linear in that of the path.
    """
    first, *rest = path.split(".")
    found: Any = f"${first}"
    for part in rest:
        if is_place(part):
            found = _let(found, {"$arrayElemAt": [{"$cond": [{"$isArray": ["$$inner"]}, "$$inner", []]}, int(part)]})
        elif isinstance(found, str):
            found += f".{part}"
        else:
            found = _let(found, f"$$inner.{part}")
    return found


def _let(inner: Any, expression: Any) -> Document:
    """An expression over `$$inner`."""
    return {"$let": {"vars": {"inner": inner}, "in": expression}}
