"""Owns an event: what happened to the workspace, or to its statistics, between two snapshots. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of events."""

    UPGRADE = "upgrade"
    MIGRATION = "migration"
    RESTART = "restart"
    INSTANCE = "instance"
    LICENCE = "licence"
    SETTING = "setting"
    IMPORT = "import"
    BACKFILL = "backfill"
    RETENTION = "retention"
    DEFINITION = "definition"
    GAP = "gap"
    ANOMALY = "anomaly"
    NOTE = "note"


@dataclass(frozen=True)
class Event:
    """What the snapshot of `at` tells for the first time; it happened after `since`, the snapshot before.

    A note has the time that it is about, no `since`, and an id.
    """

    at: datetime
    since: datetime | None
    kind: Kind
    text: str
    id: str = ""
