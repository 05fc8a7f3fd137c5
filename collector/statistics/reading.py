"""Owns the declarations of statistics and readings. No I/O."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, StrEnum

from collector.key_paths import Document
from collector.sources import Sources
from collector.statistics.releases import ALL, Release, Span
from collector.statistics.values import Values


class Unit(StrEnum):
    """The unit or type of a statistic's value."""

    USERS = "users"
    ROOMS = "rooms"
    MESSAGES = "messages"
    SERVERS = "servers"
    SECONDS = "seconds"
    BYTES = "bytes"
    NUMBER = "number"
    FLAG = "yes or no"
    TEXT = "text"
    DATE = "date"
    DOCUMENT = "document"
    LIST = "list"


class Sites(StrEnum):
    """Whether the values of several sites of one workspace may be added up; see collector/store/README.md."""

    ADD = "add"
    ADD_SESSIONS = "add sessions and seconds, not users"
    DO_NOT_ADD = "do not add"


class Cost(Enum):
    """The cost of a reading to the database, with its time limit in seconds."""

    FREE = ("free", 5.0, "no database")
    METADATA = ("metadata", 5.0, "reads metadata of the server and its collections")
    INDEXED = ("indexed", 15.0, "reads a few entries of an index")
    INDEX_SCAN = ("index scan", 15.0, "reads a part of an index that grows with the workspace")
    SCAN = ("scan", 60.0, "reads documents")

    def __init__(self, label: str, limit: float, meaning: str) -> None:
        self.label = label
        self.limit = limit
        self.meaning = meaning


# The size limit of a list or document whose entries depend on the workspace's data.
LIST_BYTES = 256 * 2**10
# The size limit of all other values of a reading together.
PLAIN_BYTES = 64 * 2**10


@dataclass(frozen=True)
class Statistic:
    """One named value of the document: its key path, one-sentence definition and unit.

    `moves`: it changes by the minute, such as the number of online users; close values count as equal.
    `estimated`: it is a collection's own count, which can be off by a few after an unclean shutdown of MongoDB.
    `source`: its source, if more specific than the reading's.
    `releases`: those of Rocket.Chat that have it, by this definition.
    `sites`: whether it may be added over sites, if it differs from its subject's numbers, lists and documents.
    """

    key: str
    meaning: str
    unit: Unit
    estimated: bool = False
    source: str = ""
    moves: bool = False
    is_setting: bool = False
    releases: Span = ALL
    sites: Sites | None = None


@dataclass(frozen=True)
class Reading:
    """One query or probe that yields statistics, and is timed, limited and failed as one.

    `read` returns a value, a Noted, an Absent or UNDEFINED for exactly the keys of `statistics`.
    `limit` is in seconds. `reason` is the reason why a scan cannot be avoided.
    `unchanged_while` returns, cheaply, the inputs of the values: while these are equal, the last values are reused.
    `interval` is the time within a day for which the last values are reused.
    `message_index` is the index of the messages that it needs, by its first field.
    `settings` are the ids of those that it needs, as `RocketChat.settings` takes them.
    `lists` is the number of values whose entries depend on the workspace's data.
    """

    name: str
    statistics: tuple[Statistic, ...]
    source: str
    cost: Cost
    read: Callable[[Sources], Values]
    reason: str = ""
    limit: float = 0.0
    unchanged_while: Callable[[Sources], Document] | None = None
    interval: timedelta = timedelta()
    settings: tuple[str, ...] = ()
    lists: int = 0
    message_index: str = ""

    def of(self, release: Release) -> "Reading | None":
        """The same without the statistics that a release does not have; None if it has none of them."""
        kept = tuple(statistic for statistic in self.statistics if release in statistic.releases)
        if not kept or kept == self.statistics:
            return self if kept == self.statistics else None

        def read(sources: Sources) -> Values:
            values = self.read(sources)
            return {statistic.key: values[statistic.key] for statistic in kept}

        return replace(self, statistics=kept, read=read)

    @property
    def is_expensive(self) -> bool:
        """Whether its cost grows with the workspace, and its values do not change by the minute."""
        moves = any(statistic.moves for statistic in self.statistics)
        return self.cost in {Cost.INDEX_SCAN, Cost.SCAN} and not moves

    @property
    def most_bytes(self) -> int:
        """The size limit of all values together."""
        return PLAIN_BYTES + self.lists * LIST_BYTES

    def __post_init__(self) -> None:
        if (self.cost is Cost.SCAN) != bool(self.reason):
            raise ValueError(f"reading {self.name}: expected a reason for a scan, and only for a scan")
        if not self.limit:
            object.__setattr__(self, "limit", self.cost.limit)


def of_release(readings: Iterable[Reading], release: Release) -> list[Reading]:
    """The readings of a release, without the statistics that it does not have."""
    return [found for reading in readings if (found := reading.of(release))]
