"""The vocabulary: what a statistic, a reading and a subject are. No I/O."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any

from collector.sources import Sources
from collector.sources.rocketchat import Collection


class Unit(StrEnum):
    """What a statistic's value is counted in."""

    USERS = "users"
    ROOMS = "rooms"
    MESSAGES = "messages"
    SERVERS = "servers"
    SECONDS = "seconds"
    BYTES = "bytes"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    DOCUMENT = "document"
    LIST = "list"


class Cost(Enum):
    """What a reading asks of the database, and for how many seconds it may ask."""

    FREE = ("free", 5.0, "no database")
    METADATA = ("metadata", 5.0, "counts that a collection keeps of itself")
    INDEXED = ("indexed", 15.0, "walks an index")
    SCAN = ("scan", 60.0, "reads documents")

    def __init__(self, label: str, limit: float, meaning: str) -> None:
        self.label = label
        self.limit = limit
        self.meaning = meaning


@dataclass(frozen=True)
class Absent:
    """In a value's place: there is none, and why. Absent is no failure."""

    reason: str


Values = Mapping[str, Any]


@dataclass(frozen=True)
class Statistic:
    """One named value of the document: its key path, one sentence on what it is, its unit."""

    key: str
    meaning: str
    unit: Unit


@dataclass(frozen=True)
class Reading:
    """One act that yields statistics, and is timed, limited and failed as one.

    `read` returns a value or an Absent for each key of `statistics`, no more and no fewer.
    `limit` is in seconds. `reason` says why a scan can't be avoided.
    """

    name: str
    statistics: tuple[Statistic, ...]
    source: str
    cost: Cost
    read: Callable[[Sources], Values]
    reason: str = ""
    limit: float = 0.0

    def __post_init__(self) -> None:
        if (self.cost is Cost.SCAN) != bool(self.reason):
            raise ValueError(f"reading {self.name}: a scan, and only a scan, states its reason")
        if not self.limit:
            object.__setattr__(self, "limit", self.cost.limit)


@dataclass
class Subject:
    """The readings on one matter, in the order of the document."""

    name: str
    title: str
    readings: list[Reading] = field(default_factory=list)

    def __iter__(self) -> Iterator[Reading]:
        return iter(self.readings)

    def reads(
        self, name: str, *statistics: Statistic, source: str, cost: Cost, reason: str = ""
    ) -> Callable[[Callable[[Sources], Values]], Callable[[Sources], Values]]:
        """Declares the decorated function as the reading that yields these statistics."""

        def declare(read: Callable[[Sources], Values]) -> Callable[[Sources], Values]:
            self.readings.append(Reading(name, statistics, source, cost, read, reason))
            return read

        return declare

    def count(
        self, key: str, meaning: str, unit: Unit, *, of: Collection, where: Mapping[str, Any], cost: Cost
    ) -> None:
        """Declares the number of documents of a collection that match."""

        def read(sources: Sources) -> Values:
            return {key: sources.workspace.count(of, where)}

        self.reads(key, Statistic(key, meaning, unit), source=f"{of}, count of {dict(where)}", cost=cost)(read)

    def newest(self, key: str, meaning: str, *, of: Collection, by: str, none: str) -> None:
        """Declares the newest date in an indexed field of a collection; `none` says what its absence means."""

        def read(sources: Sources) -> Values:
            value = sources.workspace.newest(of, by).get(by)
            return {key: value if isinstance(value, datetime) else Absent(none)}

        statistic = Statistic(key, meaning, Unit.DATE)
        self.reads(key, statistic, source=f"{of}, newest {by}", cost=Cost.INDEXED)(read)
