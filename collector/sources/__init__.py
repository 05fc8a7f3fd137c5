"""The doors to the outside: the workspace's database, this host, and what the operator says of it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from collector.sources.deployment import Deployment
from collector.sources.host import Host
from collector.sources.rocketchat import RocketChat


@dataclass(frozen=True)
class Sources:
    """All that a reading may look at.

    `now` is the moment that the snapshot speaks of, `timezone` the one in which the workspace's days begin.
    """

    workspace: RocketChat
    machine: Host = field(default_factory=Host)
    deployment: Deployment = field(default_factory=Deployment)
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def today(self) -> date:
        """The workspace's calendar day."""
        return self.now.astimezone(self.timezone).date()

    def at(self, now: datetime) -> Self:
        return replace(self, now=now)

    def labelled(self, comment: str) -> Self:
        """The same sources, with a comment on each query for the DBA who watches."""
        return replace(self, workspace=self.workspace.labelled(comment))
