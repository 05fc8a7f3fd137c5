"""Owns the samples of open connections that a daemon takes between snapshots."""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collector.mongodb.connection import time_limit
from collector.sources import instances
from collector.sources.rocketchat import RocketChat

EVERY = 60.0  # seconds between two samples
WITHIN = 2.0  # seconds that one may take
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class Peaks:
    """The highest samples of the last hour and of the last day, and the date of the first one of that day."""

    hour: int | None
    day: int
    since: datetime


class ConnectionSamples:
    """The samples of the last day; safe to use from several threads."""

    def __init__(self) -> None:
        self._samples: deque[tuple[datetime, int]] = deque(maxlen=round(_DAY.total_seconds() / EVERY) + 1)
        self._ttl: timedelta | None = None
        self._lock = threading.Lock()

    def take(self, workspace: RocketChat, now: datetime | None = None) -> None:
        """Adds one sample, by a single small query; where no instance reports its connections, none.

        Raises:
            DatabaseError: the workspace's MongoDB did not answer.
        """
        with time_limit(WITHIN):
            self._ttl = self._ttl or instances.time_to_live(workspace)
            total = instances.connections(instances.live(workspace, self._ttl))
        if total is not None:
            self.add(now or datetime.now(UTC), total)

    def add(self, moment: datetime, total: int) -> None:
        with self._lock:
            self._samples.append((moment, total))

    def peaks(self, now: datetime) -> Peaks | None:
        """The highest samples up to a moment; None without any."""
        with self._lock:
            recent = [(moment, total) for moment, total in self._samples if now - _DAY < moment <= now]
        if not recent:
            return None
        last_hour = (total for moment, total in recent if moment > now - _HOUR)
        return Peaks(max(last_hour, default=None), max(total for _, total in recent), recent[0][0])
