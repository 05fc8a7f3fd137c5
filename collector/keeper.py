"""One slot, one snapshot: claims it, takes it and keeps it, on disk while the store is away."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from collector.claims import Claims
from collector.connection import Document
from collector.errors import DatabaseError, UnreachableError
from collector.record import Record
from collector.spool import Spool
from collector.store import Store

log = logging.getLogger(__name__)

Take = Callable[[datetime | None, Callable[[], bool]], Document]


class WaitingError(DatabaseError):
    """The snapshot is taken, and waits on disk for the store."""


class Keeper:
    """`take` computes the snapshot of a slot, or one on demand (None), until it is told to give up.

    `workspace` tells whose slots count. Without a `spool` a snapshot that the store does not take is lost.
    """

    def __init__(
        self,
        take: Take,
        store: Store,
        claims: Claims,
        workspace: Callable[[], str],
        record: Record,
        spool: Spool | None = None,
    ) -> None:
        self._take = take
        self._store = store
        self._claims = claims
        self._workspace = workspace
        self._record = record
        self._spool = spool
        self._prepared = False
        self._held: tuple[str, datetime] | None = None

    def take_slot(self, slot: datetime, abandoned: Callable[[], bool]) -> None:
        """Sees to it that the slot has its snapshot.

        Raises:
            HeldError: another daemon is taking it.
            AbandonedError: `abandoned` came true.
            DatabaseError: it has none yet, or, as WaitingError, only on disk.
        """
        workspace = self._workspace()
        if not self._is_ours_to_take(workspace, slot):
            return
        try:
            self._keep(self._take(slot, abandoned))
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
            self._prepare()
        snapshot = self._take(None, abandoned)
        with suppress(WaitingError):
            self._keep(snapshot)
        return snapshot

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
        """Whether the slot has no snapshot, and we hold its lease; without the store, whether none waits on disk."""
        try:
            self._prepare()
            self._deliver_what_can_be()
            if self._store.has_slot(workspace, slot):
                return False
            self._claims.claim(workspace, slot)
        except DatabaseError:
            if self._spool is None or self._spool.has(workspace, slot):
                raise
        else:
            self._held = (workspace, slot)
        return True

    def _deliver_what_can_be(self) -> None:
        """What the store does not take now costs the slot nothing; it is tried again with the next."""
        try:
            self.deliver()
        except UnreachableError:
            raise
        except DatabaseError as error:
            log.warning("snapshots wait on disk: %s", error)

    def _prepare(self) -> None:
        """Makes the store's indexes, once; without them a slot could be kept twice."""
        if not self._prepared:
            self._store.prepare()
            self._claims.prepare()
            self._prepared = True

    def _keep(self, snapshot: Document) -> None:
        try:
            kept = self._store.add(snapshot)
        except DatabaseError as error:
            if self._spool is None or not self._spool.keep(snapshot):
                raise
            self._record.waiting = len(self._spool)
            self._tell(snapshot, "waiting on disk")
            raise WaitingError(f"{error}; the snapshot waits on disk") from error
        self._tell(snapshot, "kept" if kept else "not kept, the slot was taken by another daemon")

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
