"""Counters and current state of the process, for /metrics, /ready and the supervisor."""

import time
from collections.abc import Iterator
from datetime import datetime
from threading import Lock


class Counts:
    """A count for each of these names; any thread may add to it."""

    def __init__(self, *names: str) -> None:
        self._counts = dict.fromkeys(names, 0)
        self._lock = Lock()

    def add(self, name: str, count: int = 1) -> None:
        with self._lock:
            self._counts[name] += count

    def __getitem__(self, name: str) -> int:
        return self._counts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)


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
        self.slots = Counts("taken", "skipped", "failed")
        """By outcome: a failed attempt is repeated; a skipped slot never has a snapshot."""
        self.database_errors = Counts("snapshot", "request")
        """Failed MongoDB operations by purpose."""
        self.spooled = 0
        """Snapshots in the spool on disk."""
        self.last_snapshot: datetime | None = None
        """When this process last took one."""
        self.outage = Outage()

    def status(self, due: datetime | None) -> str:
        """One line: the last snapshot, when the next is `due`, and why snapshots fail."""
        last = f"{self.last_snapshot:%Y-%m-%d %H:%M:%S} UTC" if self.last_snapshot else "none yet"
        upcoming = f"{due:%Y-%m-%d %H:%M:%S} UTC" if due else "not planned"
        failing = f"; failing: {self.outage.reason}" if self.outage.reason else ""
        return f"last snapshot {last}, next {upcoming}{failing}"
