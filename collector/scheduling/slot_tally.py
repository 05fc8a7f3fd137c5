"""Counts the slots that pass without a snapshot, and the time for which one has been due."""

import logging
import time
from datetime import datetime

from collector.scheduling.slots import Slots
from collector.telemetry import Telemetry

log = logging.getLogger(__name__)

MOST_COUNTED = 100  # slots that are counted one by one


class SlotTally:
    """Follows the slots in the order in which they are attempted."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._last: datetime | None = None
        self._owed_since: float | None = None
        self._skipped_in_outage = 0

    def attend(self, slot: datetime, slots: Slots) -> None:
        """Notes an attempt, the first at a slot or another: the slots since the last one were missed.

        So was the last one, if it never had its snapshot.
        """
        if self._last is not None and slot > self._last:
            self.skip(passed(slots, self._last, slot) - 1 + self.is_owed)
        self._last = slot
        self._owed_since = self._owed_since or time.monotonic()

    def settle(self) -> None:
        """The slot has its snapshot, or another daemon takes it."""
        self._owed_since = None

    def leave_out(self, slot: datetime, count: int) -> None:
        """Skips so many slots, up to this one, as snapshots take longer than slots are apart."""
        self.skip(count)
        self._last = slot

    @property
    def is_owed(self) -> bool:
        return self._owed_since is not None

    def is_overdue(self, seconds: float) -> bool:
        """Whether snapshots have been owed for longer than this."""
        return self._owed_since is not None and time.monotonic() - self._owed_since > seconds

    def skip(self, count: int) -> None:
        """Counts slots; during an outage they are logged at its end."""
        if count:
            self._telemetry.slots.labels("skipped").inc(count)
            if self._telemetry.outage.reason:
                self._skipped_in_outage += count
            else:
                log.warning("slots skipped=%d", count)

    def end_outage(self) -> int:
        """How many slots the outage has cost that has just ended."""
        skipped, self._skipped_in_outage = self._skipped_in_outage, 0
        return skipped


def passed(slots: Slots, slot: datetime, current: datetime) -> int:
    """How many slots came after one, up to another; at most MOST_COUNTED."""
    count = 0
    while slot < current and count < MOST_COUNTED:
        slot = slots.after(slot)
        count += 1
    return count
