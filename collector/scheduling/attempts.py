"""Attempts at slots: what failed is attempted again after a growing wait, and slots without a snapshot are counted."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from collector import logs
from collector.errors import AbandonedError, DatabaseError, UnacceptableError
from collector.scheduling.job import SnapshotJob
from collector.scheduling.slots import Slots
from collector.store.archive import WaitingError
from collector.store.leases import LEASE, LeaseHeldError
from collector.telemetry import Telemetry

log = logging.getLogger(__name__)

MOST_COUNTED = 100  # slots that are counted one by one


@dataclass(frozen=True)
class Timing:
    """The scheduler's intervals, in seconds."""

    first_retry: float = 5.0
    last_retry: float = 120.0
    """The wait between two attempts doubles up to this."""
    heartbeat: float = 5.0
    """Between two looks at the clock, which can be set, and at a host that may have been suspended."""
    stuck_after: float = 300.0
    """A snapshot that runs for longer is stuck, as its own limits did not hold; one that is late by more is overdue."""
    retention: float = 3600.0
    """Between two removals of snapshots past their retention period."""
    sample: float = 60.0
    """Between two samples of the open connections."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class SlotAttempts:
    """Attempts the current slot whenever it is called, and counts the slots that pass without a snapshot."""

    job: SnapshotJob
    telemetry: Telemetry
    timing: Timing = Timing()
    clock: Callable[[], datetime] = utc_now
    _wait: float = field(default=0.0, init=False)
    _last: datetime | None = field(default=None, init=False)
    _owed_since: float | None = field(default=None, init=False)
    _skipped_in_outage: int = field(default=0, init=False)

    @property
    def is_owed(self) -> bool:
        """Whether the slot that was attempted last has no snapshot yet."""
        return self._owed_since is not None

    def is_overdue(self, seconds: float) -> bool:
        """Whether snapshots have been owed for longer than this."""
        return self._owed_since is not None and time.monotonic() - self._owed_since > seconds

    def attempt(self, slots: Slots, abandoned: Callable[[], bool]) -> datetime | None:
        """Takes the current slot; when to attempt again before the next slot, or None."""
        begun = self.clock()
        slot = slots.current(begun)
        self._count_missed(slot, slots)
        self._last, self._owed_since = slot, self._owed_since or time.monotonic()
        try:
            self.job.take_slot(slot, abandoned)
        except AbandonedError:
            log.info("snapshot abandoned slot=%s", slot.isoformat())
            return None
        except LeaseHeldError as error:
            self._owed_since = None  # another daemon takes it
            return self._within(min(error.seconds, LEASE) + 1, slots)
        except Exception as error:  # noqa: BLE001  a slot that failed must not end the schedule
            return self._failed(error, slots)
        self._owed_since = None
        self._recovered()
        return self._late(slot, begun, slots)

    def _failed(self, error: Exception, slots: Slots) -> datetime | None:
        """Counts the failure, and logs the first of an outage."""
        self.telemetry.slots.add("failed")
        self.telemetry.database_errors.add("snapshot")
        reason = logs.described(error)
        if self.telemetry.outage.begin(reason, error.brief if isinstance(error, DatabaseError) else reason):
            log.warning('snapshots failing reason="%s"', reason)
        if isinstance(error, WaitingError):
            self._owed_since = None
        if isinstance(error, UnacceptableError):  # the next attempt would compute another of the kind
            return None
        wait = self._wait or self.timing.first_retry
        self._wait = min(2 * wait, self.timing.last_retry)
        return self._within(wait, slots)

    def _recovered(self) -> None:
        self._wait = 0.0
        if seconds := self.telemetry.outage.end():
            log.info("snapshots recovered outage_seconds=%.0f slots_skipped=%d", seconds, self._skipped_in_outage)
            self._skipped_in_outage = 0

    def _within(self, seconds: float, slots: Slots) -> datetime | None:
        """So many seconds from now; None if the next slot is earlier, as the current one would be missed then."""
        again = self.clock() + timedelta(seconds=seconds)
        return again if again < slots.after(self.clock()) else None

    def _late(self, slot: datetime, begun: datetime, slots: Slots) -> datetime | None:
        """Now, if a slot came during a snapshot; None if snapshots take longer than slots are apart."""
        ended = self.clock()
        current = slots.current(ended)
        if not (count := _passed(slots, slot, current)):
            return None
        if ended - begun <= slots.after(slot) - slot:
            return ended
        self._skip(count)
        self._last = current
        return None

    def _count_missed(self, slot: datetime, slots: Slots) -> None:
        """Counts the slots between the last attempt and this one; the last one too, if it never had its snapshot."""
        if self._last is not None and slot > self._last:
            self._skip(_passed(slots, self._last, slot) - 1 + self.is_owed)

    def _skip(self, count: int) -> None:
        """Counts slots; during an outage they are logged at its end."""
        if count:
            self.telemetry.slots.add("skipped", count)
            if self.telemetry.outage.reason:
                self._skipped_in_outage += count
            else:
                log.warning("slots skipped=%d", count)


def _passed(slots: Slots, slot: datetime, current: datetime) -> int:
    """How many slots came after one, up to another; at most MOST_COUNTED."""
    count = 0
    while slot < current and count < MOST_COUNTED:
        slot = slots.after(slot)
        count += 1
    return count
