"""Owns the choice of the time zone of the workspace's days: of the setting, else of the server, else of this host."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from collector.key_paths import Document
from collector.sources.rocketchat import RocketChat
from collector.sources.server_time import server_offset


@dataclass(frozen=True)
class DayZone:
    """A time zone; `name` is an IANA name, or an offset such as +05:30. `source` is setting, server or host.

    `configured` is the zone of the schedule and of series.
    """

    name: str
    zone: tzinfo
    source: str
    evidence: str
    configured: str

    def origin(self) -> Document:
        """The keys of a snapshot's metadata that say how its time zone is known."""
        other = {"scheduleTimezone": self.configured} if self.configured != self.name else {}
        return {"timezoneSource": self.source, "timezoneEvidence": self.evidence} | other


def day_zone(workspace: RocketChat, configured: str, now: datetime, *, is_set: bool) -> DayZone:
    """The zone of a snapshot's days. The configured one is that of RCSTATS_TIMEZONE if it `is_set`, else this host's.

    If the server's offset is that of the host's zone, the latter is used: it also knows the past and future ones.

    Raises:
        UnreachableError: the workspace's MongoDB cannot be reached.
    """
    zone = ZoneInfo(configured)
    if is_set:
        return DayZone(configured, zone, "setting", "RCSTATS_TIMEZONE", configured)
    found = server_offset(workspace, now)
    if found is None:
        return DayZone(configured, zone, "host", "the server's time zone is unknown", configured)
    if found.agrees_with(zone):
        return DayZone(configured, zone, "server", str(found), configured)
    return DayZone(offset_name(found.offset), timezone(found.offset), "server", str(found), configured)


def offset_name(offset: timedelta) -> str:
    """For example +05:30, or UTC."""
    return timezone(offset).tzname(None).removeprefix("UTC") or "UTC"
