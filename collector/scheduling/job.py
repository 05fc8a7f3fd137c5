"""One slot, one snapshot: claims it, takes it and keeps it, on disk while the store is away."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from collector import logs
from collector.errors import DatabaseError, DatabaseTimeoutError, UnacceptableError, UnreachableError
from collector.key_paths import Document
from collector.store.leases import Leases
from collector.store.snapshots import Store
from collector.store.spool import Spool
from collector.telemetry import Telemetry

log = logging.getLogger(__name__)

Take = Callable[[datetime | None, Callable[[], bool]], Document]


# The store is away, or so slow that asking it for more would only cost time.
_AWAY = (UnreachableError, DatabaseTimeoutError)


class WaitingError(DatabaseError):
    """The snapshot is taken, and waits on disk for the store."""


class SnapshotJob:
    """`take` computes the snapshot of a slot, or one on demand (None), until it is told to give up.

    `workspace` tells whose slots count. Without a `spool` a snapshot that the store does not take is lost.
    """

    def __init__(
        self,
        take: Take,
        store: Store,
        claims: Leases,
        workspace: Callable[[], str],
        record: Telemetry,
        spool: Spool | None = None,
    ) -> None:
        self._take = take
        self._store = store
        self._claims = claims
        self._workspace = workspace
        self._record = record
        self._spool = spool
        self._prepared = False
        self._refusals = logs.Changes(log)
        self._held: tuple[str, datetime] | None = None

    def take_slot(self, slot: datetime, abandoned: Callable[[], bool]) -> None:
        """Sees to it that the slot has its snapshot.

        Raises:
            LeaseHeldError: another daemon is taking it.
            AbandonedError: `abandoned` came true.
            WaitingError: it has one that waits on disk.
            UnacceptableError: the store will never take the one that was taken.
            DatabaseError: it has none yet.
        """
        workspace = self._workspace()
        if not self._is_ours_to_take(workspace, slot):
            return
        try:
            self.keep(self._take(slot, abandoned))
        except BaseException:
            self._release()
            raise
        finally:
            self._held = None

    def take_now(self, abandoned: Callable[[], bool]) -> Document:
        """A snapshot on demand.

        Raises:
            AbandonedError, DatabaseError: there is none.
        """
        with suppress(DatabaseError):
            self.prepare()
        snapshot = self._take(None, abandoned)
        with suppress(WaitingError):
            self.keep(snapshot)
        return snapshot

    def keep(self, snapshot: Document) -> None:
        """Stores a snapshot, else lets it wait on disk.

        Raises:
            WaitingError: it waits.
            UnacceptableError: the store will never take it.
            DatabaseError: it is neither stored nor on disk.
        """
        try:
            kept = self._store.add(snapshot)
        except DatabaseError as error:
            if self._spool is None or not self._spool.keep(snapshot):
                raise
            self._record.waiting = len(self._spool)
            if isinstance(error, UnacceptableError):
                raise
            self._tell(snapshot, "waiting on disk")
            raise _waiting(error) from error
        self._tell(snapshot, "kept" if kept else "not kept, the slot was taken by another daemon")

    def prepare(self) -> None:
        """Makes the store's indexes, until that has succeeded once. A refusal is told once, and stops nothing.

        Raises:
            UnreachableError, DatabaseTimeoutError: the store is away.
        """
        if self._prepared:
            return
        refused = [error for make in (self._store.prepare, self._claims.prepare) if (error := _refusal(make))]
        self._refusals.tell("indexes refused", "; ".join(map(str, refused)))
        self._prepared = not refused

    def renew(self) -> None:
        """Holds on to the slot that is being taken. Trouble is no matter: the store's index has the last word."""
        if held := self._held:
            with suppress(DatabaseError):
                self._claims.renew(*held)

    def deliver(self) -> None:
        """Brings to the store what waits on disk.

        Raises:
            DatabaseError: the store does not take it.
        """
        if self._spool is None:
            return
        try:
            if delivered := self._spool.deliver(self._store.add):
                log.info("snapshots delivered=%d that waited for the store", delivered)
        finally:
            self._record.waiting = len(self._spool)

    def _is_ours_to_take(self, workspace: str, slot: datetime) -> bool:
        """Whether the slot has no snapshot, neither stored nor on disk, and we hold its lease as far as can be.

        Raises:
            WaitingError: it has one that waits on disk.
        """
        try:
            self.prepare()
            undelivered = _refusal(self.deliver)
        except _AWAY as error:
            self._refuse_what_waits(workspace, slot, error)
            return True
        self._refusals.tell("delivery refused", str(undelivered or ""))
        self._refuse_what_waits(workspace, slot, undelivered)
        return self._is_free(workspace, slot)

    def _refuse_what_waits(self, workspace: str, slot: datetime, error: DatabaseError | None) -> None:
        """Passes a slot that has no snapshot on disk; without a disk, only if the store is there."""
        if error and self._spool is None:
            raise error
        if error and self._spool and self._spool.has(workspace, slot):
            raise _waiting(error) from error

    def _is_free(self, workspace: str, slot: datetime) -> bool:
        """Whether the store has none, and no other daemon takes it; a store that refuses to tell stops nothing."""
        refused = ""
        try:
            if self._store.has_slot(workspace, slot):
                return False
            self._claims.claim(workspace, slot)
            self._held = (workspace, slot)
        except DatabaseError as error:
            if self._spool is None:
                raise
            refused = str(error)
        self._refusals.tell("lease refused", refused)
        return True

    def _release(self) -> None:
        if held := self._held:
            with suppress(DatabaseError):
                self._claims.release(*held)

    def _tell(self, snapshot: Document, what: str) -> None:
        own = snapshot["collector"]
        if "slot" in own:
            self._record.slot("taken")
        self._record.last_snapshot = snapshot["createdAt"]
        failed = [name for name, record in own["readings"].items() if not record["ok"]]
        log.info(
            "snapshot %s slot=%s seconds=%s failed=%s",
            what,
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
