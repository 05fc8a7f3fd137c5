"""The vocabulary: what a statistic, a reading and a subject are. No I/O."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from collector.key_paths import Document, at
from collector.sources import Sources
from collector.sources.collections import Collection


class Unit(StrEnum):
    """What a statistic's value is counted in."""

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


class Cost(Enum):
    """What a reading asks of the database, and for how many seconds it may ask."""

    FREE = ("free", 5.0, "no database")
    METADATA = ("metadata", 5.0, "what the server and its collections keep of themselves")
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


@dataclass(frozen=True)
class Noted:
    """In a value's place: the value, and a note on it, such as that it is not whole."""

    value: Any
    note: str


def noted(value: Any, note: str) -> Any:
    """The value, with a note unless that is empty."""
    return Noted(value, note) if note else value


Values = Mapping[str, Any]

# What a list, or a document, of entries that the workspace's data decide may take.
LIST_BYTES = 256 * 2**10
# What all other values of a reading may take.
PLAIN_BYTES = 64 * 2**10

NOT_TOLD = "the newest statistics document of the server does not say"
NOTHING_TOLD = "the server has stored no statistics document yet"


@dataclass(frozen=True)
class Statistic:
    """One named value of the document: its key path, one sentence on what it is, its unit.

    `moves`: it changes by the minute, such as who is online; two documents agree if it is close.
    `estimated`: it comes from a collection's own count, which an unclean end of MongoDB can put off by a few.
    `source`: where it is from, if the reading's source does not say it well enough.
    """

    key: str
    meaning: str
    unit: Unit
    estimated: bool = False
    source: str = ""
    moves: bool = False
    is_setting: bool = False


@dataclass(frozen=True)
class Reading:
    """One act that yields statistics, and is timed, limited and failed as one.

    `read` returns a value, a Noted or an Absent for each key of `statistics`, no more and no fewer.
    `limit` is in seconds. `reason` says why a scan can't be avoided.
    `settled_by` names, cheaply, what the values depend on: while it stays the same, the last values are carried over.
    `lists` is how many of the values are lists or documents of entries that the workspace's data decide.
    """

    name: str
    statistics: tuple[Statistic, ...]
    source: str
    cost: Cost
    read: Callable[[Sources], Values]
    reason: str = ""
    limit: float = 0.0
    settled_by: Callable[[Sources], Document] | None = None
    lists: int = 0

    @property
    def most_bytes(self) -> int:
        """What its values may take in a document, all together."""
        return PLAIN_BYTES + self.lists * LIST_BYTES

    def __post_init__(self) -> None:
        if (self.cost is Cost.SCAN) != bool(self.reason):
            raise ValueError(f"reading {self.name}: a scan, and only a scan, states its reason")
        if not self.limit:
            object.__setattr__(self, "limit", self.cost.limit)


@dataclass(frozen=True)
class Setting:
    """A statistic that is a setting of the workspace, or follows from one.

    `how` makes the value of the setting's row; `missing` is the value where there is no row.
    """

    key: str
    meaning: str
    unit: Unit
    id: str
    how: Callable[[Document], Any] = lambda row: row.get("value")
    missing: Any = None

    @property
    def statistic(self) -> Statistic:
        return Statistic(self.key, self.meaning, self.unit, source=f"setting {self.id}", is_setting=True)

    def value(self, rows: Mapping[str, Document]) -> Any:
        """Its value by the rows that exist, or the reason why it has none."""
        row = rows.get(self.id)
        value = self.missing if row is None else self.how(row)
        return Absent(f"the setting {self.id} is not set") if value is None else value


@dataclass
class Subject:
    """The readings on one matter, in the order of the document."""

    name: str
    title: str
    readings: list[Reading] = field(default_factory=list)

    def __iter__(self) -> Iterator[Reading]:
        return iter(self.readings)

    def reads(
        self, name: str, *statistics: Statistic, source: str, cost: Cost, **more: Any
    ) -> Callable[[Callable[[Sources], Values]], Callable[[Sources], Values]]:
        """Declares the decorated function as the reading that yields these statistics."""

        def declare(read: Callable[[Sources], Values]) -> Callable[[Sources], Values]:
            self.readings.append(Reading(name, statistics, source, cost, read, **more))
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
            return {key: sources.workspace.newest_date(of, by) or Absent(none)}

        statistic = Statistic(key, meaning, Unit.DATE, moves=True)
        self.reads(key, statistic, source=f"{of}, newest {by}", cost=Cost.INDEXED)(read)

    def sizes(self, name: str, **sizes: tuple[Collection, str, Unit]) -> None:
        """Declares, by key, how many documents whole collections have, from their metadata."""

        def read(sources: Sources) -> Values:
            return {key: sources.workspace.estimate(of) for key, (of, _, _) in sizes.items()}

        statistics = [
            Statistic(key, meaning, unit, estimated=True, source=of) for key, (of, meaning, unit) in sizes.items()
        ]
        self.reads(name, *statistics, source="metadata of the collections", cost=Cost.METADATA)(read)

    def told(self, name: str, *statistics: Statistic) -> None:
        """Declares what only the server knows and has told in its own newest statistics document."""

        def read(sources: Sources) -> Values:
            own = sources.workspace.own_statistics(*(statistic.key for statistic in statistics))
            missing = Absent(NOT_TOLD if own else NOTHING_TOLD)
            return {s.key: missing if (value := at(own, s.key)) is None else value for s in statistics}

        source = f"{Collection.STATISTICS}, the server's own newest document"
        self.reads(name, *statistics, source=source, cost=Cost.INDEXED)(read)

    def settings(self, *settings: Setting) -> None:
        """Declares values that are settings of the workspace, read together."""

        def read(sources: Sources) -> Values:
            rows = sources.workspace.settings(*dict.fromkeys(setting.id for setting in settings))
            return {setting.key: setting.value(rows) for setting in settings}

        statistics = [setting.statistic for setting in settings]
        self.reads(f"{self.name}_settings", *statistics, source=Collection.SETTINGS, cost=Cost.INDEXED)(read)


def changed(row: Document) -> bool:
    """Whether a setting differs from what Rocket.Chat ships."""
    return not same(row.get("value"), row.get("packageValue"))


def same(one: Any, other: Any) -> bool:
    """Equality as JavaScript's `===` has it among numbers, texts and flags: 0 is not false."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
