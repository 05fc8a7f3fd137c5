"""Owns the sources of readings: the workspace's database, this host, and the deployment settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Self
from zoneinfo import ZoneInfo

from collector.key_paths import Document
from collector.sources.connection_samples import ConnectionSamples
from collector.sources.host import Host
from collector.sources.licence import Licence
from collector.sources.rocketchat import RocketChat
from collector.sources.session_days import NotKept, SessionDayCache


@dataclass(frozen=True)
class Sources:
    """The sources of a reading.

    `now` is the time of the snapshot; `timezone` is that of the workspace's calendar days; by the `licence` the server
    sees some settings otherwise than they are stored. `deployment` are the method and platform, as far as they are
    settings. `connections` are the samples of a daemon. `may_scan`: messages whose index is missing may be scanned once
    a day. `session_days` is the cache of the days of sessions.
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

    @property
    def today(self) -> date:
        """The workspace's calendar day."""
        return self.now.astimezone(self.timezone).date()

    def settings(self, *ids: str) -> dict[str, Document]:
        """As `RocketChat.settings`, each row with the value that the server sees, if any."""
        return self.licence.applied(self.workspace.settings(*ids))

    def at(self, now: datetime) -> Self:
        return replace(self, now=now)

    def labelled(self, comment: str) -> Self:
        """The same sources, with this comment on each query, for database administrators."""
        return replace(self, workspace=self.workspace.labelled(comment))
