"""Owns the declarations: statistics, readings, settings and subjects. No I/O."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import Any, Self

from collector.key_paths import Document, at
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.statistics.releases import ALL, NULLS, Release, Span


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
    INDEXED = ("indexed", 15.0, "reads an index")
    SCAN = ("scan", 60.0, "reads documents")

    def __init__(self, label: str, limit: float, meaning: str) -> None:
        self.label = label
        self.limit = limit
        self.meaning = meaning


@dataclass(frozen=True)
class Absent:
    """Replaces a value that does not exist, with the reason; this is not a failure."""

    reason: str


class Undefined(Enum):
    """The server itself has no value: null in the document from release 7.4 on, and no key before."""

    UNDEFINED = "undefined"


UNDEFINED = Undefined.UNDEFINED


@dataclass(frozen=True)
class Noted:
    """Wraps a value with a note, such as that it is incomplete."""

    value: Any
    note: str


def noted(value: Any, note: str) -> Any:
    """The value, wrapped with the note unless that is empty."""
    return Noted(value, note) if note else value


@dataclass(frozen=True)
class Only:
    """Wraps a part of a value that only some releases have."""

    releases: Span
    value: Any


def resolved(value: Any, release: Release) -> Any:
    """The value as the document of a release has it: null for UNDEFINED from 7.4 on, else not even its key."""
    match value:
        case Undefined():
            return None
        case dict():
            return {key: resolved(item, release) for key, item in _parts(value, release) if _is_there(item, release)}
        case list():
            return [resolved(item, release) for item in value]
    return value


def _parts(value: Document, release: Release) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        if not isinstance(item, Only):
            yield key, item
        elif release in item.releases:
            yield key, item.value


def _is_there(item: Any, release: Release) -> bool:
    return item is not UNDEFINED or release >= NULLS


Values = Mapping[str, Any]

# The size limit of a list or document whose entries depend on the workspace's data.
LIST_BYTES = 256 * 2**10
# The size limit of all other values of a reading together.
PLAIN_BYTES = 64 * 2**10

NO_VALUE = "the server has no value either"
NO_SERVER_STATISTICS = "the server has not stored a statistics document yet"


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
    `message_index` is the index of the messages that it needs, by its first field.
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
    def most_bytes(self) -> int:
        """The size limit of all values together."""
        return PLAIN_BYTES + self.lists * LIST_BYTES

    def __post_init__(self) -> None:
        if (self.cost is Cost.SCAN) != bool(self.reason):
            raise ValueError(f"reading {self.name}: expected a reason for a scan, and only for a scan")
        if not self.limit:
            object.__setattr__(self, "limit", self.cost.limit)


# The source of a statistic that is a setting: this, and the setting's id.
SETTING = "setting "


@dataclass(frozen=True)
class Setting:
    """A statistic that is a setting of the workspace, or is derived from one.

    `how` derives the value from the setting's row; `missing` is the value without a row. A row can lack a value too.
    """

    key: str
    meaning: str
    unit: Unit
    id: str
    how: Callable[[Document], Any] = lambda row: row.get("value", UNDEFINED)
    missing: Any = UNDEFINED
    releases: Span = ALL

    @classmethod
    def each(cls, unit: Unit, settings: Mapping[str, tuple[str, str]], **more: Any) -> Iterator[Self]:
        """Settings of one unit, by key: the meaning and the id of each."""
        return (cls(key, meaning, unit, id_, **more) for key, (meaning, id_) in settings.items())

    @property
    def statistic(self) -> Statistic:
        source = f"{SETTING}{self.id}"
        return Statistic(self.key, self.meaning, self.unit, source=source, is_setting=True, releases=self.releases)

    def value(self, rows: Mapping[str, Document]) -> Any:
        """The value by the existing rows."""
        row = rows.get(self.id)
        return self.missing if row is None else self.how(row)


@dataclass
class Subject:
    """The readings of one subject, in the order of the document.

    `sites`: whether its numbers, lists and documents may be added over sites, unless a statistic has a mark of its own.
    """

    name: str
    title: str
    sites: Sites = Sites.DO_NOT_ADD
    readings: list[Reading] = field(default_factory=list)

    def __iter__(self) -> Iterator[Reading]:
        return iter(self.readings)

    def reads(
        self, name: str, *statistics: Statistic, source: str, cost: Cost, **more: Any
    ) -> Callable[[Callable[[Sources], Values]], Callable[[Sources], Values]]:
        """Declares the decorated function as the reading that yields these statistics."""
        marked = tuple(replace(one, sites=one.sites or self._sites_of(one)) for one in statistics)

        def declare(read: Callable[[Sources], Values]) -> Callable[[Sources], Values]:
            self.readings.append(Reading(name, marked, source, cost, read, **more))
            return read

        return declare

    def _sites_of(self, statistic: Statistic) -> Sites:
        """The mark of a statistic without one. Whether the sites share their settings is not known."""
        never = statistic.is_setting or statistic.unit in (Unit.FLAG, Unit.TEXT, Unit.DATE)
        return Sites.DO_NOT_ADD if never else self.sites

    def count(
        self, key: str, meaning: str, unit: Unit, *, of: Collection, where: Mapping[str, Any], releases: Span = ALL
    ) -> None:
        """Declares the number of documents of a collection that match by an index."""

        def read(sources: Sources) -> Values:
            return {key: sources.workspace.count(of, where)}

        index = next(iter(where)) if of is Collection.MESSAGES else ""
        statistic, source = Statistic(key, meaning, unit, releases=releases), f"{of}, count of {dict(where)}"
        self.reads(key, statistic, source=source, cost=Cost.INDEXED, message_index=index)(read)

    def newest(self, key: str, meaning: str, *, of: Collection, by: str, none: Absent | Undefined) -> None:
        """Declares the newest date in an indexed field of a collection; `none` is the value without any."""

        def read(sources: Sources) -> Values:
            return {key: sources.workspace.newest_date(of, by) or none}

        statistic = Statistic(key, meaning, Unit.DATE, moves=True)
        index = by if of is Collection.MESSAGES else ""
        self.reads(key, statistic, source=f"{of}, newest {by}", cost=Cost.INDEXED, message_index=index)(read)

    def sizes(self, name: str, **sizes: tuple[Collection, str, Unit]) -> None:
        """Declares, by key, the number of documents of collections, from their metadata."""

        def read(sources: Sources) -> Values:
            return {key: sources.workspace.estimate(of) for key, (of, _, _) in sizes.items()}

        statistics = [
            Statistic(key, meaning, unit, estimated=True, source=of) for key, (of, meaning, unit) in sizes.items()
        ]
        self.reads(name, *statistics, source="metadata of the collections", cost=Cost.METADATA)(read)

    def from_server_statistics(self, name: str, *statistics: Statistic) -> None:
        """Declares values that only the server's own newest statistics document contains."""

        def read(sources: Sources) -> Values:
            own = sources.workspace.own_statistics(*(statistic.key for statistic in statistics))
            missing = UNDEFINED if own else Absent(NO_SERVER_STATISTICS)
            return {s.key: missing if (value := at(own, s.key)) is None else value for s in statistics}

        source = f"{Collection.STATISTICS}, the server's own newest document"
        self.reads(name, *statistics, source=source, cost=Cost.INDEXED)(read)

    def always(self, name: str, *statistics: Statistic, value: Any) -> None:
        """Declares statistics that have the same value in every workspace."""

        def read(_: Sources) -> Values:
            return dict.fromkeys((statistic.key for statistic in statistics), value)

        self.reads(name, *statistics, source="constant", cost=Cost.FREE)(read)

    def settings(self, *settings: Setting) -> None:
        """Declares settings of the workspace, read together."""

        def read(sources: Sources) -> Values:
            rows = sources.settings(*dict.fromkeys(setting.id for setting in settings))
            return {setting.key: setting.value(rows) for setting in settings}

        statistics = [setting.statistic for setting in settings]
        self.reads(f"{self.name}_settings", *statistics, source=Collection.SETTINGS, cost=Cost.INDEXED)(read)


def of_release(readings: Iterable[Reading], release: Release) -> list[Reading]:
    """The readings of a release, without the statistics that it does not have."""
    return [found for reading in readings if (found := reading.of(release))]


def changed(row: Document) -> bool:
    """Whether a setting differs from Rocket.Chat's default."""
    return not same(row.get("value", UNDEFINED), row.get("packageValue", UNDEFINED))


def same(one: Any, other: Any) -> bool:
    """Equality as of JavaScript's `===` for numbers, strings and flags: 0 is not false."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
