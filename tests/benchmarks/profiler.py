"""What a run of queries takes of MongoDB, by MongoDB's own account: its profiler at level 2.

The profiler notes keys and documents that each command examined, counts, aggregations and getMores alike. The counters
of serverStatus would do too, but they add up everything that goes on, and do not tell one query from another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pymongo.database import Database

from collector.key_paths import Document
from tests.benchmarks.query_model import Db

_NOTES = 256 * 1024 * 1024  # bytes; a run is noted whole


@dataclass(frozen=True)
class Work:
    """What some commands took; bytes are those of MongoDB's replies."""

    commands: int = 0
    keys: int = 0
    documents: int = 0
    bytes: int = 0
    milliseconds: int = 0

    def __add__(self, other: "Work") -> "Work":
        return Work(
            self.commands + other.commands,
            self.keys + other.keys,
            self.documents + other.documents,
            self.bytes + other.bytes,
            self.milliseconds + other.milliseconds,
        )

    @classmethod
    def of(cls, note: Document) -> "Work":
        return cls(
            1,
            note.get("keysExamined", 0),
            note.get("docsExamined", 0),
            note.get("responseLength", 0),
            note.get("millis", 0),
        )


@dataclass
class Meter:
    """The notes of one run, when it is over; by name where the commands carry a comment."""

    total: Work = field(default_factory=Work)
    by_name: dict[str, Work] = field(default_factory=dict)

    def add(self, note: Document) -> None:
        work = Work.of(note)
        self.total += work
        name = str(note.get("command", {}).get("comment", ""))
        self.by_name[name] = self.by_name.get(name, Work()) + work


@contextmanager
def metered(database: Db, application: str) -> Iterator[Meter]:
    """Notes what clients with this name for themselves ask of the database meanwhile. It makes them slower."""
    meter = Meter()
    _stop(database)
    database.drop_collection("system.profile")
    database.create_collection("system.profile", capped=True, size=_NOTES)
    database.command("profile", 2)
    try:
        yield meter
    finally:
        _stop(database)
    for note in database["system.profile"].find({"appName": application, "ns": {"$regex": f"^{database.name}\\."}}):
        meter.add(note)
    database.drop_collection("system.profile")


def _stop(database: Database[Document]) -> None:
    database.command("profile", 0)
