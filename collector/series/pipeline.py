"""Figures over time: what is asked, and how MongoDB makes it of the stored snapshots. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from collector.key_paths import Document, is_place
from collector.series.widths import Every

AT = "createdAt"

_FIRST = datetime.min.replace(tzinfo=UTC)

# A list of dates lies between dates too, and in no bucket.
_MOMENT = {"$cond": [{"$isArray": f"${AT}"}, None, f"${AT}"]}


class How(StrEnum):
    """What stands for a bucket's snapshots."""

    LAST = "last"
    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    DELTA = "delta"
    """How much the last value differs from that of the bucket before; none after a gap."""


@dataclass(frozen=True)
class SeriesQuery:
    """Which key paths, from when until when, in buckets of `size` times `every` on the calendar of a time zone.

    The bucket in which `start` lies is whole; weeks begin on Monday. A number in a path is a place in a list.
    """

    fields: tuple[str, ...]
    start: datetime
    end: datetime
    every: Every = Every.DAY
    size: int = 1
    how: How = How.LAST
    zone: str = "UTC"


def pipeline(where: Document, query: SeriesQuery) -> list[Document]:
    """The stages that make one row a bucket that has snapshots: {_id: its beginning, v0, v1, … by field}, in order."""
    values = {f"v{n}": _of_group(query.how, path) for n, path in enumerate(query.fields)}
    # A bucket more than wanted is read: by plain bounds, for only so an index alone can answer.
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
    """The beginning of the bucket in which a moment lies."""
    grid = {"unit": query.every.value, "binSize": query.size, "timezone": query.zone, "startOfWeek": "monday"}
    return {"$dateTrunc": {"date": moment} | grid}


def _of_group(how: How, path: str) -> Document:
    """The accumulator. What is absent or no number counts for none; the last one may be of any kind."""
    value = expression(path)
    if how in {How.LAST, How.DELTA}:  # the highest of {when, value}, among those that have one
        is_there = {"$ne": [{"$ifNull": [value, None]}, None]}
        return {"$max": {"$cond": [is_there, {"at": f"${AT}", "value": value}, None]}}
    number = {"$cond": [{"$isNumber": value}, value, None]}
    return {{How.MIN: "$min", How.MAX: "$max", How.MEAN: "$avg"}[how]: number}


def _differences(query: SeriesQuery) -> list[Document]:
    """Each value less that of the bucket before, if that one follows on it directly."""
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
    """A key path such as `os.loadavg.0` in MongoDB's expressions, where a list's items have another grammar.

    Each part stands in it once: its size grows with the path, and no faster.
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
