"""When snapshots are taken: the current slot at the start, each slot as it comes, one on demand; never two at once."""

import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collector.claims import LEASE, HeldError
from collector.connection import Document
from collector.errors import AbandonedError, DatabaseError
from collector.keeper import Keeper
from collector.record import Record
from collector.slots import Slots
from collector.snapshot import BUDGET

log = logging.getLogger(__name__)

# Seconds that a request waits for its snapshot.
REFRESH_WITHIN = 120.0


@dataclass(frozen=True)
class Pace:
    """How patient a schedule is, in seconds."""

    first_retry: float = 5.0
    last_retry: float = 120.0
    beat: float = 5.0
    """After which the clock is looked at again: it can be put, and a machine can sleep."""
    stuck_after: float = BUDGET + 120.0
    """A snapshot that takes longer is stuck, as its own limits did not hold."""


class Schedule:
    """One thread takes the snapshots; another renews the lease of the one that is being taken, and says we live."""

    def __init__(
        self,
        slots: Slots,
        keeper: Keeper,
        record: Record,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: timedelta = timedelta(0),
        pace: Pace = Pace(),
    ) -> None:
        """A slot is taken up to `jitter` late, by chance, so that many daemons do not ask their databases at once."""
        self._slots = slots
        self._keeper = keeper
        self._record = record
        self._clock = clock
        self._jitter = jitter
        self._pace = pace
        self._wait = pace.first_retry
        self._changed = threading.Condition()
        self._asked: Future[Document] | None = None
        self._due = clock()
        self._busy_since: float | None = None
        self._ended = threading.Event()
        self._worker = threading.Thread(target=self._work, name="snapshots", daemon=True)
        self._pulse = threading.Thread(target=self._live, name="pulse", daemon=True)
        self.alive: Callable[[str], None] = lambda _: None
        """Is told now and then, while nothing is stuck, how things stand."""
        self.afterwards: Callable[[], None] = lambda: None
        """Is called after each slot that was taken, for what has time."""
        self.settled = threading.Event()
        """Set once the first slot was taken, found taken, or could not be taken."""

    def start(self) -> None:
        """Takes the current slot if nobody has, then each as it comes."""
        self._worker.start()
        self._pulse.start()

    def stop(self) -> None:
        """Ends at once; a snapshot that is being taken is given up after the queries that run."""
        self._ended.set()
        with self._changed:
            self._changed.notify_all()

    def change(self, slots: Slots, jitter: timedelta) -> None:
        """Goes on by another plan."""
        with self._changed:
            self._slots, self._jitter = slots, jitter
            self._due = self._after(self._clock())
            self._changed.notify_all()

    @property
    def next_due(self) -> datetime:
        """When something is done next: a slot is taken, or tried again."""
        return self._due

    @property
    def is_stuck(self) -> bool:
        """Whether snapshots are not taken any more."""
        busy_since = self._busy_since
        is_too_long = busy_since is not None and time.monotonic() - busy_since > self._pace.stuck_after
        return is_too_long or not (self._worker.is_alive() or self._ended.is_set())

    def refresh(self) -> Document:
        """A snapshot taken after this call; callers that wait for the same one share it.

        Raises:
            DatabaseError: it could not be taken, or not within a generous time.
        """
        with self._changed:
            if self._asked is None:
                self._asked = Future()
                self._changed.notify_all()
            asked = self._asked
        try:
            return asked.result(REFRESH_WITHIN)
        except TimeoutError:
            raise DatabaseError("the new snapshot takes too long") from None

    def _work(self) -> None:
        while not self._ended.is_set():
            self._busy_since = time.monotonic()
            if self._asked:
                self._answer()
            elif self._clock() >= self._due:
                self._due = self._attend()
                self.settled.set()
                self._tidy()
            self._busy_since = None
            self._look_at_the_clock()
            self._rest()

    def _look_at_the_clock(self) -> None:
        """Where it was put back, slots come again before what was planned."""
        now = self._clock()
        if self._due > self._slots.after(now) + self._jitter:
            self._due = self._after(now)

    def _rest(self) -> None:
        """Waits until something may be due; never long, as the clock may be put meanwhile."""
        with self._changed:
            if not (self._asked or self._ended.is_set()):
                left = (self._due - self._clock()).total_seconds()
                self._changed.wait(min(max(left, 0), self._pace.beat))

    def _answer(self) -> None:
        """Takes the snapshot that was asked for."""
        with self._changed:
            asked, self._asked = self._asked, None
        if asked is None:
            return
        try:
            asked.set_result(self._keeper.take_now(self._ended.is_set))
        except Exception as error:  # noqa: BLE001  it is raised where the snapshot was asked for
            asked.set_exception(error)

    def _attend(self) -> datetime:
        """Takes the current slot; when to attend next. On trouble that is after a growing, capped wait."""
        begun = self._clock()
        slot = self._slots.current(begun)
        try:
            self._keeper.take_slot(slot, self._ended.is_set)
        except AbandonedError as error:
            log.info("%s", error)
            return self._after(self._clock())
        except HeldError as error:
            return self._clock() + timedelta(seconds=min(error.seconds, LEASE) + 1)
        except Exception as error:  # noqa: BLE001  a slot that failed must not end the schedule
            return self._clock() + self._trouble(error)
        self._wait = self._pace.first_retry
        if lasted := self._record.ends():
            log.info("trouble over after seconds=%.0f", lasted)
        return self._following(slot, begun)

    def _tidy(self) -> None:
        try:
            if not (self._record.trouble or self._ended.is_set()):
                self.afterwards()
        except DatabaseError as error:
            log.warning("tidying up failed, and goes on after the next slot: %s", error)

    def _trouble(self, error: Exception) -> timedelta:
        """Notes it, tells it once, and says how long to wait."""
        self._record.slot("failed")
        self._record.database_error("snapshot")
        if self._record.begins(str(error)):
            log.warning("trouble: %s; tried again until it is over", error)
        wait, self._wait = self._wait, min(2 * self._wait, self._pace.last_retry)
        return timedelta(seconds=wait)

    def _following(self, slot: datetime, begun: datetime) -> datetime:
        """When the next slot is due; those that came while a snapshot was being taken are skipped.

        The last of them is still taken, late, unless snapshots take longer than slots are apart.
        """
        ended = self._clock()
        current = self._slots.current(ended)
        passed = self._count(slot, current)
        if not passed:
            return self._after(ended)
        is_too_slow = ended - begun > self._slots.after(slot) - slot
        if skipped := passed if is_too_slow else passed - 1:
            log.warning("slots skipped=%d: they came while a snapshot was being taken", skipped)
            self._record.slot("skipped", skipped)
        return self._after(ended) if is_too_slow else ended

    def _count(self, slot: datetime, current: datetime) -> int:
        """How many slots came after one, up to another; no more than a few are counted one by one."""
        passed = 0
        while slot < current and passed < 100:
            slot = self._slots.after(slot)
            passed += 1
        return passed

    def _after(self, moment: datetime) -> datetime:
        late = random.uniform(0, self._jitter.total_seconds())  # noqa: S311  no secret
        return self._slots.after(moment) + timedelta(seconds=late)

    def _live(self) -> None:
        while not self._ended.wait(self._pace.beat):
            self._keeper.renew()
            if not self.is_stuck:
                self.alive(self._how_it_stands())

    def _how_it_stands(self) -> str:
        last = f"{self._record.last_snapshot:%Y-%m-%d %H:%M:%S} UTC" if self._record.last_snapshot else "none yet"
        trouble = f"; trouble: {self._record.trouble}" if self._record.trouble else ""
        return f"last snapshot {last}, next {self._due:%Y-%m-%d %H:%M:%S} UTC{trouble}"
