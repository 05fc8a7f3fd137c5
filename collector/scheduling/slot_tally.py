"""Which slots go by without a snapshot, and for how long one has been owed."""

import logging
import time
from datetime import datetime

from collector.scheduling.slots import Slots
from collector.telemetry import Telemetry

log = logging.getLogger(__name__)

MOST_COUNTED = 100  # slots that are counted one by one


class SlotTally:
    """Follows the slots in the order in which they are attended, and counts the skipped ones in the record."""

    def __init__(self, record: Telemetry) -> None:
        self._record = record
        self._last: datetime | None = None
        self._owed_since: float | None = None
        self._skipped_in_trouble = 0

    def attend(self, slot: datetime, slots: Slots) -> None:
        """A slot is tried, for the first time or again: those since the last one were missed.

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
        """So many slots are skipped on purpose, up to this one."""
        self.skip(count)
        self._last = slot

    @property
    def is_owed(self) -> bool:
        return self._owed_since is not None

    def is_overdue(self, seconds: float) -> bool:
        """Whether snapshots have been owed for longer than this."""
        return self._owed_since is not None and time.monotonic() - self._owed_since > seconds

    def skip(self, count: int) -> None:
        """Counts slots; while there is trouble they are told at its end."""
        if count:
            self._record.slot("skipped", count)
            if self._record.trouble:
                self._skipped_in_trouble += count
            else:
                log.warning("slots skipped=%d", count)

    def end_trouble(self) -> int:
        """How many slots the trouble has cost that is over now."""
        skipped, self._skipped_in_trouble = self._skipped_in_trouble, 0
        return skipped


def passed(slots: Slots, slot: datetime, current: datetime) -> int:
    """How many slots came after one, up to another; no more than a few are counted one by one."""
    count = 0
    while slot < current and count < MOST_COUNTED:
        slot = slots.after(slot)
        count += 1
    return count
