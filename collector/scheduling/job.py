"""What happens in one slot: lease, snapshot, archive."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from typing import Protocol

from collector import logs
from collector.errors import DatabaseError
from collector.key_paths import Document
from collector.store.archive import Archive, WaitingError
from collector.store.leases import Leases

log = logging.getLogger(__name__)


class Collects(Protocol):
    """What a job needs of a Collector."""

    def collect(self, slot: datetime | None, abandoned: Callable[[], bool]) -> Document:
        """The snapshot of a slot, or one on demand; gives up once `abandoned` is true."""


class SnapshotJob:
    """Takes each slot of a workspace once, however many daemons share its store; `workspace` reads its id."""

    def __init__(self, collector: Collects, archive: Archive, leases: Leases, workspace: Callable[[], str]) -> None:
        self._collector = collector
        self._archive = archive
        self._leases = leases
        self._workspace = workspace
        self._refusals = logs.Changes(log)

    def take_slot(self, slot: datetime, abandoned: Callable[[], bool]) -> None:
        """Ensures that the slot has its snapshot.

        Raises:
            LeaseHeldError: another daemon is taking it.
            AbandonedError: `abandoned` has come true.
            WaitingError: its snapshot is spooled.
            UnacceptableError: the store will never take its snapshot.
            DatabaseError: it has no snapshot yet.
        """
        workspace = self._workspace()
        is_stored = self._archive.has(workspace, slot)
        if is_stored:
            return
        # A store that does not answer is not asked for a lease either: its unique index has the last word.
        with self._lease(workspace, slot) if is_stored is False else nullcontext():
            self._archive.keep(self._collector.collect(slot, abandoned))

    def take_now(self, abandoned: Callable[[], bool]) -> Document:
        """A snapshot on demand.

        Raises:
            AbandonedError: `abandoned` has come true.
            DatabaseError: it was not taken, or neither stored nor spooled.
        """
        with suppress(DatabaseError):
            self._archive.prepare()
        snapshot = self._collector.collect(None, abandoned)
        with suppress(WaitingError):
            self._archive.keep(snapshot)
        return snapshot

    def renew_lease(self) -> None:
        """Lengthens the lease of the slot that is being taken; a store that refuses stops nothing."""
        with suppress(DatabaseError):
            self._leases.renew()

    @contextmanager
    def _lease(self, workspace: str, slot: datetime) -> Iterator[None]:
        """Holds the lease of a slot; after a failure another daemon can acquire it at once."""
        try:
            self._leases.acquire(workspace, slot)
        except DatabaseError as error:
            self._refusals.tell("lease refused", str(error))
        else:
            self._refusals.tell("lease refused", "")
        try:
            yield
        except BaseException:
            with suppress(DatabaseError):
                self._leases.release()
            raise
        finally:
            self._leases.let_expire()
