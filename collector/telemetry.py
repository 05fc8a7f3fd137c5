"""What the daemon did and how it does: counted here, shown by /metrics, /ready and systemd."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Telemetry:
    """Counts since the start of the process, and what is so now. Any thread may tell it."""

    slots: Counter[str] = field(default_factory=Counter)
    """By what became of them: taken, skipped (never taken), failed (a try; it is tried again)."""
    database_errors: Counter[str] = field(default_factory=Counter)
    """By what MongoDB was asked for: snapshot, request."""
    waiting: int = 0
    """Snapshots that wait on disk for the store."""
    last_snapshot: datetime | None = None
    """When this process last took one."""
    trouble: str = ""
    """Why the last try failed; empty while all is well."""
    _since: float = 0.0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def slot(self, outcome: str, count: int = 1) -> None:
        with self._guard:
            self.slots[outcome] += count

    def database_error(self, asked_for: str) -> None:
        with self._guard:
            self.database_errors[asked_for] += 1

    def begins(self, trouble: str) -> bool:
        """Notes trouble; True if there was none before."""
        with self._guard:
            is_new = not self.trouble
            self._since = time.monotonic() if is_new else self._since
            self.trouble = trouble
            return is_new

    def ends(self) -> float:
        """Notes that all is well; the seconds that the trouble lasted, 0 if there was none."""
        with self._guard:
            lasted = time.monotonic() - self._since if self.trouble else 0.0
            self.trouble = ""
            return lasted

    def status(self, due: datetime) -> str:
        """One line: the last snapshot, when the next is `due`, and the trouble."""
        last = f"{self.last_snapshot:%Y-%m-%d %H:%M:%S} UTC" if self.last_snapshot else "none yet"
        trouble = f"; trouble: {self.trouble}" if self.trouble else ""
        return f"last snapshot {last}, next {due:%Y-%m-%d %H:%M:%S} UTC{trouble}"
