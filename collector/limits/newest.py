"""Owns the limits of the newest snapshot in a store."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from collector.key_paths import Document
from collector.limits.standing import Standing, Thresholds, standings
from collector.store.snapshots import Store


@dataclass(frozen=True)
class NewestLimits:
    """The limits as of a date, the nearest first; without a snapshot None, and no limits."""

    created: datetime | None
    standings: list[Standing]

    @property
    def document(self) -> Document:
        """{createdAt, limits: [{name, title, used, allowed, left, …}]}."""
        return {"createdAt": self.created, "limits": [one.document for one in self.standings]}


def of_newest(store: Store, workspace: str, zone: str, thresholds: Thresholds) -> NewestLimits:
    """Those of a workspace; `zone` is that of series.

    Raises:
        DatabaseError: the store does not answer.
    """
    newest = store.newest(workspace)
    found = standings(newest, lambda query: list(store.series(workspace, query)), ZoneInfo(zone), thresholds)
    return NewestLimits(newest["createdAt"] if newest else None, found)
