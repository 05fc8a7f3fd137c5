"""The vocabulary of the server's queries: one query, how it is waited for, and its usual forms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any

from pymongo.database import Database

from collector.key_paths import Document
from collector.sources.collections import Collection

Db = Database[Document]

EXISTS = {"$exists": True}


class How(Enum):
    """Whether the server waits for a query before it asks the next."""

    AWAITED = auto()
    TOGETHER = auto()  # with its neighbours, and all of them are awaited
    STARTED = auto()  # and joined at the very end


@dataclass(frozen=True)
class Step:
    """One query. `many`: it yields several values by key path."""

    key: str
    run: Callable[[Db, datetime], Any]
    how: How = How.AWAITED
    many: bool = False


def size(key: str, of: Collection) -> Step:
    return Step(key, lambda database, _: database[of].estimated_document_count())


def count(key: str, of: Collection, where: Mapping[str, Any]) -> Step:
    return Step(key, lambda database, _: database[of].count_documents(where))


def total(key: str, of: Collection, pipeline: list[Document]) -> Step:
    """The number `total` of the pipeline's one row, or 0."""
    return Step(key, lambda database, _: next((row["total"] for row in database[of].aggregate(pipeline)), 0))


def rows(key: str, of: Collection, pipeline: Callable[[datetime], list[Document]], **options: Any) -> Step:
    return Step(key, lambda database, now: list(database[of].aggregate(pipeline(now), **options)))


def newest(key: str, of: Collection, by: str) -> Step:
    """The highest value of a field."""
    return Step(key, lambda database, _: (database[of].find_one({}, {by: 1}, sort=[(by, -1)]) or {}).get(by))


def setting(id_: str) -> Step:
    return Step(f"setting {id_}", lambda database, _: database[Collection.SETTINGS].find_one({"_id": id_}))


def fetched(kind: str, key: str) -> Step:
    """Rooms of a type are fetched, and their counters added up in the server's own memory, discussions apart."""

    def run(database: Db, _: datetime) -> Document:
        found = list(database[Collection.ROOMS].find({"t": kind}, {"msgs": 1, **({"prid": 1} if kind in "cp" else {})}))
        discussions = sum(room["msgs"] for room in found if room.get("prid"))
        return {key: sum(room["msgs"] for room in found) - discussions, f"{key} of discussions": discussions}

    return Step(f"rooms of type {kind}", run, many=True)


def together(*steps: Step) -> tuple[Step, ...]:
    return tuple(replace(step, how=How.TOGETHER) for step in steps)


def started(*steps: Step) -> tuple[Step, ...]:
    return tuple(replace(step, how=How.STARTED) for step in steps)
