"""Counters and current state of the process, for /metrics, /ready and the supervisor."""

import time
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics

# Prometheus itself records when a series begins.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Outage:
    """Why snapshots fail now, and for how long they have; the thread that takes them reports."""

    def __init__(self) -> None:
        self.reason = ""
        """Empty while they succeed; can name hosts and databases."""
        self.brief = ""
        """The same for readers who may not know them."""
        self._since = 0.0

    def begin(self, reason: str, brief: str = "") -> bool:
        """Notes a failure; False if snapshots had failed before."""
        is_new = not self.reason
        self._since = time.monotonic() if is_new else self._since
        self.reason, self.brief = reason, brief or reason
        return is_new

    def end(self) -> float:
        """Notes a success; the seconds for which snapshots had failed, 0 if they had not."""
        seconds = time.monotonic() - self._since if self.reason else 0.0
        self.reason = self.brief = ""
        return seconds


class Telemetry:
    """Counts since the start of the process, and its state now; any thread may report."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.slots = Counter(
            "rcstats_slots", "Slots by outcome.", ["outcome"], registry=self.registry
        )  # a failed attempt is repeated; a skipped slot never has a snapshot
        self.database_errors = Counter(
            "rcstats_database_errors", "Failed MongoDB operations.", ["asked_for"], registry=self.registry
        )
        self.spooled = Gauge("rcstats_spool_snapshots", "Snapshots in the spool on disk.", registry=self.registry)
        for outcome in ("taken", "skipped", "failed"):
            self.slots.labels(outcome)
        for purpose in ("snapshot", "request"):
            self.database_errors.labels(purpose)
        self.last_snapshot: datetime | None = None
        """When this process last took one."""
        self.outage = Outage()

    def status(self, due: datetime | None) -> str:
        """One line: the last snapshot, when the next is `due`, and why snapshots fail."""
        last = f"{self.last_snapshot:%Y-%m-%d %H:%M:%S} UTC" if self.last_snapshot else "none yet"
        upcoming = f"{due:%Y-%m-%d %H:%M:%S} UTC" if due else "not planned"
        failing = f"; failing: {self.outage.reason}" if self.outage.reason else ""
        return f"last snapshot {last}, next {upcoming}{failing}"
