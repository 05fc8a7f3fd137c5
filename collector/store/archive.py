"""Keeps finished snapshots: in the store, or on disk until the store takes them."""

import logging
from collections.abc import Callable
from datetime import datetime

from collector import logs
from collector.errors import DatabaseError, DatabaseTimeoutError, UnacceptableError, UnreachableError
from collector.key_paths import Document
from collector.store.leases import Leases
from collector.store.snapshots import Store
from collector.store.spool import Spool
from collector.telemetry import Telemetry

log = logging.getLogger(__name__)

# The store is away, or so slow that asking it for more would only cost time.
_AWAY = (UnreachableError, DatabaseTimeoutError)


class WaitingError(DatabaseError):
    """The snapshot is taken, and waits on disk for the store."""


class Archive:
    """The store with its leases, and the spool."""

    def __init__(self, store: Store, leases: Leases, spool: Spool, telemetry: Telemetry) -> None:
        self._store = store
        self._leases = leases
        self._spool = spool
        self._telemetry = telemetry
        self._is_prepared = False
        self._refusals = logs.Changes(log)

    def keep(self, snapshot: Document) -> None:
        """Stores a snapshot, or spools it while the store does not take it.

        Raises:
            WaitingError: it is spooled.
            UnacceptableError: the store will never take it.
            DatabaseError: it is neither stored nor spooled.
        """
        try:
            is_stored = self._store.add(snapshot)
        except DatabaseError as error:
            if not self._spool.keep(snapshot):
                raise
            self._telemetry.spooled = len(self._spool)
            if isinstance(error, UnacceptableError):
                raise
            self._report(snapshot, "spooled")
            raise _waiting(error) from error
        self._report(snapshot, "stored" if is_stored else "dropped")

    def has(self, workspace: str, slot: datetime) -> bool | None:
        """Whether the store has the snapshot of a slot, once indexes are made and spooled snapshots are delivered.

        None if the store does not say.

        Raises:
            WaitingError: its snapshot is spooled.
        """
        try:
            self.prepare()
            undelivered = _refusal(self.deliver)
            self._refusals.tell("delivery refused", str(undelivered or ""))
        except _AWAY as error:
            self._check_spool(workspace, slot, error)
            return None
        self._check_spool(workspace, slot, undelivered)
        return self._look_up(workspace, slot)

    def prepare(self) -> None:
        """Makes the indexes of the store and of its leases, until that has succeeded once; a refusal stops nothing.

        Raises:
            UnreachableError, DatabaseTimeoutError: the store is away.
        """
        if self._is_prepared:
            return
        refused = [error for make in (self._store.prepare, self._leases.prepare) if (error := _refusal(make))]
        self._refusals.tell("indexes refused", "; ".join(map(str, refused)))
        self._is_prepared = not refused

    def deliver(self) -> None:
        """Moves the spooled snapshots to the store.

        Raises:
            DatabaseError: the store does not take them.
        """
        try:
            if delivered := self._spool.deliver(self._store.add):
                log.info("spool delivered snapshots=%d", delivered)
        finally:
            self._telemetry.spooled = len(self._spool)

    def _look_up(self, workspace: str, slot: datetime) -> bool | None:
        try:
            found = self._store.has_slot(workspace, slot)
        except DatabaseError as error:
            self._refusals.tell("lookup refused", str(error))
            return None
        self._refusals.tell("lookup refused", "")
        return found

    def _check_spool(self, workspace: str, slot: datetime, error: DatabaseError | None) -> None:
        """Refuses a slot whose snapshot is spooled and could not be delivered."""
        if error and self._spool.has(workspace, slot):
            raise _waiting(error) from error

    def _report(self, snapshot: Document, outcome: str) -> None:
        """Counts and logs a snapshot; one is `dropped` where another daemon has stored its slot."""
        own = snapshot["collector"]
        if "slot" in own:
            self._telemetry.slots.add("taken")
        self._telemetry.last_snapshot = snapshot["createdAt"]
        failed = [name for name, record in own["readings"].items() if not record["ok"]]
        log.info(
            "snapshot %s slot=%s seconds=%s failed=%s",
            outcome,
            own["slot"].isoformat() if "slot" in own else "none",
            own["seconds"],
            ",".join(failed) or "none",
        )


def _waiting(error: DatabaseError) -> WaitingError:
    return WaitingError(f"{error}; the snapshot waits on disk")


def _refusal(ask: Callable[[], None]) -> DatabaseError | None:
    """What the store refuses, if it is there to refuse it.

    Raises:
        UnreachableError, DatabaseTimeoutError: the store is away.
    """
    try:
        ask()
    except _AWAY:
        raise
    except DatabaseError as error:
        return error
    return None
