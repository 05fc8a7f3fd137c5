"""Owns the sources of readings: the workspace's database, this host, and the deployment settings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from collector.key_paths import Document
from collector.sources import instances
from collector.sources.collections import Collection
from collector.sources.connection_samples import ConnectionSamples
from collector.sources.host import Host
from collector.sources.licence import Licence
from collector.sources.once import Once
from collector.sources.rocketchat import RocketChat
from collector.sources.session_days import NotKept, SessionDayCache

T = TypeVar("T")


@dataclass(frozen=True)
class Sources:
    """The sources of a reading.

    `now` is the time of the snapshot; `timezone` is that of the workspace's calendar days; by the `licence` the server
    sees some settings otherwise than they are stored. `deployment` are the method and platform, as far as they are
    settings. `connections` are the samples of a daemon. `may_scan`: messages whose index is missing may be scanned once
    a day. `session_days` is the cache of the days of sessions. `not_imported` gives those of the ids of the server's
    own statistics documents that the store lacks; None where the store is not known. `uploads_size` is the storage for
    uploads in bytes, if it is set.

    With `once`, for one snapshot, what several readings need is read once: the settings that they `declared`, the
    server's own statistics, its processes, the sizes of collections. Without it, each call reads anew.
    """

    workspace: RocketChat
    machine: Host = field(default_factory=Host)
    deployment: Mapping[str, str] = field(default_factory=dict)
    connections: ConnectionSamples = field(default_factory=ConnectionSamples)
    timezone: tzinfo = field(default_factory=lambda: ZoneInfo("UTC"))
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    licence: Licence = field(default_factory=Licence)
    may_scan: bool = False
    session_days: SessionDayCache = field(default_factory=NotKept)
    not_imported: Callable[[Sequence[Any]], Sequence[Any]] | None = None
    uploads_size: int | None = None
    once: Once | None = None
    declared: frozenset[str] = frozenset()

    @property
    def today(self) -> date:
        """The workspace's calendar day."""
        return self.now.astimezone(self.timezone).date()

    def settings(self, *ids: str) -> dict[str, Document]:
        """As `RocketChat.settings`, each row with the value that the server sees, if any."""
        if not self.declared.issuperset(ids):
            return self.licence.applied(self.workspace.settings(*ids))
        rows = self._shared("settings", lambda workspace: workspace.settings(*self.declared))
        return self.licence.applied(_among(rows, ids))

    def own_statistics(self) -> Document:
        """The server's own newest statistics document; {} if none exists."""
        return self._shared("statistics", RocketChat.own_statistics)

    def server(self) -> Document:
        """As `RocketChat.server`."""
        return self._shared("server", RocketChat.server)

    def instances(self) -> list[instances.Instance]:
        """The live server processes."""
        return self._shared("instances", instances.live)

    def estimate(self, of: Collection) -> int:
        """The number of documents according to the collection's metadata."""
        return self._shared(of, lambda workspace: workspace.estimate(of))

    def sharing(self, settings: Iterable[str] = ()) -> Self:
        """The same sources for one snapshot, whose readings declare these settings; what was read already stays."""
        return replace(self, once=self.once or Once(), declared=frozenset(settings))

    def _shared(self, name: str, read: Callable[[RocketChat], T]) -> T:
        if self.once is None:
            return read(self.workspace)
        return self.once(name, lambda: read(self.workspace.labelled(f"rcstats {name}")))

    def at(self, now: datetime) -> Self:
        return replace(self, now=now)

    def labelled(self, comment: str) -> Self:
        """The same sources, with this comment on each query, for database administrators."""
        return replace(self, workspace=self.workspace.labelled(comment))


def _among(rows: Mapping[str, Document], ids: Sequence[str]) -> dict[str, Document]:
    """Those rows that `RocketChat.settings` would find for these ids."""
    exactly, beginnings = frozenset(ids), tuple(id_[:-1] for id_ in ids if id_.endswith("*"))
    return {id_: row for id_, row in rows.items() if id_ in exactly or id_.startswith(beginnings)}
