"""Owns the declaration of subjects: their readings, settings, and the readings of a common form."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from collector.key_paths import Document, at
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import NO_SERVER_STATISTICS
from collector.statistics.reading import Cost, Reading, Sites, Statistic, Unit
from collector.statistics.releases import ALL, Span
from collector.statistics.values import UNDEFINED, Absent, Undefined, Values

NO_VALUE = "the server has no value either"

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
        self.reads(key, statistic, source=source, cost=Cost.INDEX_SCAN, message_index=index)(read)

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
            own = sources.own_statistics()
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
        ids = tuple(dict.fromkeys(setting.id for setting in settings))

        def read(sources: Sources) -> Values:
            rows = sources.settings(*ids)
            return {setting.key: setting.value(rows) for setting in settings}

        statistics = [setting.statistic for setting in settings]
        more: dict[str, Any] = {"source": Collection.SETTINGS, "cost": Cost.INDEXED, "settings": ids}
        self.reads(f"{self.name}_settings", *statistics, **more)(read)


def changed(row: Document) -> bool:
    """Whether a setting differs from Rocket.Chat's default."""
    return not same(row.get("value", UNDEFINED), row.get("packageValue", UNDEFINED))


def same(one: Any, other: Any) -> bool:
    """Equality as of JavaScript's `===` for numbers, strings and flags: 0 is not false."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
