"""When snapshots are taken: the current slot at the start, each slot as it comes, one on demand; never two at once."""

import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collector import logs
from collector.errors import AbandonedError, DatabaseError, UnacceptableError
from collector.key_paths import Document
from collector.scheduling.job import SnapshotJob, WaitingError
from collector.scheduling.on_demand import OnDemand
from collector.scheduling.slot_tally import SlotTally, passed
from collector.scheduling.slots import Slots
from collector.statistics.snapshot import BUDGET
from collector.store.leases import LEASE, LeaseHeldError
from collector.telemetry import Telemetry

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
    """A snapshot that takes longer is stuck, as its own limits did not hold; one that is late by more is overdue."""


class Scheduler:
    """One thread takes the snapshots; another renews the lease of the one that is being taken, and says we live."""

    def __init__(
        self,
        slots: Slots,
        keeper: SnapshotJob,
        record: Telemetry,
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
        self._on_demand = OnDemand()
        self._due = clock()
        self._busy_since: float | None = None
        self._tally = SlotTally(record)
        self._steps = logs.Changes(log)
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
        self._on_demand.end()
        with self._changed:
            self._changed.notify_all()

    def change(self, slots: Slots, jitter: timedelta) -> None:
        """Goes on by another plan; a slot that has failed is tried again at once."""
        with self._changed:
            self._slots, self._jitter = slots, jitter
            self._due = self._clock() if self._tally.is_owed else self._after(self._clock())
            self._changed.notify_all()

    @property
    def next_due(self) -> datetime:
        """When something is done next: a slot is taken, or tried again."""
        return self._due

    @property
    def is_stuck(self) -> bool:
        """Whether snapshots are not taken any more."""
        return self._is_busy_for_too_long or self._has_died

    def problem(self) -> str:
        """Why snapshots are not taken as they should be, or '' while they are.

        A snapshot that waits on disk is taken, and so is one that another daemon takes.
        """
        if self._has_died:
            return "the schedule has ended by an error: no snapshot is taken until rcstats is started again"
        if self._is_busy_for_too_long:
            return f"the schedule is stuck: one snapshot has been running for more than {self._pace.stuck_after:g} s"
        if self._tally.is_overdue(self._pace.stuck_after):
            trouble = f": {self._record.trouble}" if self._record.trouble else ""
            return f"a snapshot has been overdue for more than {self._pace.stuck_after:g} s{trouble}"
        return ""

    def ask(self) -> Future[Document]:
        """A snapshot taken after this call; callers that wait for the same one share it.

        It ends with a DatabaseError if it cannot be taken, and with an AbandonedError if the schedule ends.
        """
        asked = self._on_demand.ask()
        with self._changed:
            self._changed.notify_all()
        return asked

    def refresh(self) -> Document:
        """What `ask` gives, waited for.

        Raises:
            DatabaseError: it could not be taken, or not within a generous time.
            AbandonedError: the schedule ends.
        """
        try:
            return self.ask().result(REFRESH_WITHIN)
        except TimeoutError:
            raise DatabaseError("the new snapshot takes too long") from None

    @property
    def _has_died(self) -> bool:
        was_started = self._worker.ident is not None
        return was_started and not (self._worker.is_alive() or self._ended.is_set())

    @property
    def _is_busy_for_too_long(self) -> bool:
        since = self._busy_since
        return since is not None and time.monotonic() - since > self._pace.stuck_after

    def _work(self) -> None:
        try:
            while not self._ended.is_set():
                self._busy_since = time.monotonic()
                if self._on_demand.is_asked:
                    self._on_demand.answer(lambda: self._keeper.take_now(self._ended.is_set))
                elif self._clock() >= self._due:
                    self._steps.guard("slot", self._take_due)
                self._busy_since = None
                self._steps.guard("clock", self._look_at_the_clock)
                self._rest()
        finally:
            self._on_demand.end()

    def _take_due(self) -> None:
        try:
            self._due = self._attend()
        except Exception:
            self._due = self._clock() + timedelta(seconds=self._pace.last_retry)
            raise
        finally:
            self.settled.set()
        if not (self._record.trouble or self._ended.is_set()):
            self._steps.guard("tidying", self.afterwards)

    def _look_at_the_clock(self) -> None:
        """Where it was put back, slots come again before what was planned."""
        now = self._clock()
        if self._due > self._slots.after(now) + self._jitter:
            self._due = self._after(now)

    def _rest(self) -> None:
        """Waits until something may be due; never long, as the clock may be put meanwhile."""
        with self._changed:
            if not (self._on_demand.is_asked or self._ended.is_set()):
                left = (self._due - self._clock()).total_seconds()
                self._changed.wait(min(max(left, 0), self._pace.beat))

    def _attend(self) -> datetime:
        """Takes the current slot; when to attend next. On trouble that is after a growing, capped wait."""
        begun = self._clock()
        slot = self._slots.current(begun)
        self._tally.attend(slot, self._slots)
        try:
            self._keeper.take_slot(slot, self._ended.is_set)
        except AbandonedError as error:
            log.info("%s", error)
            return self._after(self._clock())
        except LeaseHeldError as error:
            self._tally.settle()
            return self._within(min(error.seconds, LEASE) + 1)
        except Exception as error:  # noqa: BLE001  a slot that failed must not end the schedule
            return self._trouble(error)
        self._tally.settle()
        self._end_trouble()
        return self._following(slot, begun)

    def _trouble(self, error: Exception) -> datetime:
        """Notes it, tells it once, and says when to try again: before the next slot, which would be missed else."""
        self._record.slot("failed")
        self._record.database_error("snapshot")
        if self._record.begins(logs.described(error)):
            log.warning("trouble: %s; tried again until it is over", logs.described(error))
        if isinstance(error, WaitingError):
            self._tally.settle()
        if isinstance(error, UnacceptableError):  # the next try would make another of the kind
            return self._after(self._clock())
        wait, self._wait = self._wait, min(2 * self._wait, self._pace.last_retry)
        return self._within(wait)

    def _end_trouble(self) -> None:
        self._wait = self._pace.first_retry
        if lasted := self._record.ends():
            log.info("trouble over after seconds=%.0f slots_skipped=%d", lasted, self._tally.end_trouble())

    def _within(self, seconds: float) -> datetime:
        """So many seconds from now, or at the next slot if that is earlier."""
        now = self._clock()
        return min(now + timedelta(seconds=seconds), self._after(now))

    def _following(self, slot: datetime, begun: datetime) -> datetime:
        """When the next slot is due; those that came while a snapshot was being taken are skipped.

        The last of them is still taken, late, unless snapshots take longer than slots are apart.
        """
        ended = self._clock()
        current = self._slots.current(ended)
        count = passed(self._slots, slot, current)
        if count and ended - begun <= self._slots.after(slot) - slot:
            return ended
        if count:
            self._tally.leave_out(current, count)
        return self._after(ended)

    def _after(self, moment: datetime) -> datetime:
        late = random.uniform(0, self._jitter.total_seconds())  # noqa: S311  no secret
        return self._slots.after(moment) + timedelta(seconds=late)

    def _live(self) -> None:
        while not self._ended.wait(self._pace.beat):
            self._steps.guard("lease", self._keeper.renew)
            if not self.is_stuck:
                self._steps.guard("watchdog", lambda: self.alive(self._record.status(self._due)))
