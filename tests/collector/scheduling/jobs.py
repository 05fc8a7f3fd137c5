"""Snapshot jobs over a test's database, with collectors that make snapshots up."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo.database import Database

from collector.errors import DatabaseError
from collector.key_paths import Document
from collector.scheduling.job import SnapshotJob
from collector.statistics.snapshot import now
from collector.store.archive import Archive
from collector.store.leases import Leases
from collector.store.snapshots import Store
from collector.store.spool import Spool
from collector.telemetry import Telemetry
from tests.factories import snapshot

Db = Database[dict[str, Any]]
Abandoned = Callable[[], bool]

# Nothing can be written where a folder would have to lie in a file.
NO_DISK = Spool(Path("/dev/null/spool"))


class Made:
    """Makes snapshots up with `take`, and remembers for which slots it was asked."""

    def __init__(self, take: Callable[[datetime | None, Abandoned], Document]) -> None:
        self.slots: list[datetime | None] = []
        self._take = take

    def collect(self, slot: datetime | None, abandoned: Abandoned) -> Document:
        self.slots.append(slot)
        return self._take(slot, abandoned)


class Counting:
    """Makes snapshots up, never two at once, and remembers for which slots; may be told to fail or to dawdle."""

    def __init__(self, failures: int = 0, seconds: float = 0.0) -> None:
        self.slots: list[datetime | None] = []
        self._failures = failures
        self._seconds = seconds
        self._running = threading.Lock()

    def collect(self, slot: datetime | None, _: Abandoned) -> Document:
        assert self._running.acquire(blocking=False), "two at once"
        try:
            time.sleep(self._seconds)
            if self._failures:
                self._failures -= 1
                raise DatabaseError("the workspace's MongoDB can't be reached")
            self.slots.append(slot)
            return snapshot(at=now(), slot=slot)
        finally:
            self._running.release()


class Held:
    """Makes snapshots up that last until `go_on` is set."""

    def __init__(self) -> None:
        self.slots: list[datetime | None] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def collect(self, slot: datetime | None, _: Abandoned) -> Document:
        self.slots.append(slot)
        self.begun.set()
        self.go_on.wait(5)
        return snapshot(at=now(), slot=slot)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, text: str) -> None:
        self._now = at(text)

    def __call__(self) -> datetime:
        return self._now

    def set(self, text: str) -> None:
        self._now = at(text)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def made(slot: datetime | None, _: Abandoned) -> Document:
    return snapshot(slot=slot)


def never() -> bool:
    return False


def job_of(
    database: Db,
    collector: Any = None,
    spool: Spool = NO_DISK,
    telemetry: Telemetry | None = None,
    store: Store | None = None,
) -> SnapshotJob:
    store, leases = store or Store(database), Leases(database)
    archive = Archive(store, leases, spool, telemetry or Telemetry())
    return SnapshotJob(collector or Made(made), archive, leases, lambda: "workspace")


def archive_of(database: Db, spool: Spool, telemetry: Telemetry | None = None) -> Archive:
    return Archive(Store(database), Leases(database), spool, telemetry or Telemetry())
