"""How long snapshots are kept: all of them for a time, then the last one of each day, then for ever or not."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from collector.store import Store

BATCH = 200  # snapshots that are removed at a time
REST = 0.2  # seconds between two batches, for the database's other work


@dataclass(frozen=True)
class Retention:
    """Days for which every snapshot is kept, and for which the last one of each day is; None is for ever.

    Days are those of the workspace's time zone.
    """

    every: int | None
    daily: int | None
    zone: ZoneInfo

    def surplus(self, moments: Iterator[datetime], now: datetime) -> Iterator[datetime]:
        """Which of these moments, in their order in time, have a snapshot too many."""
        if self.every is None and self.daily is None:
            return
        today = now.astimezone(self.zone).date()
        last_day, last = None, None
        for moment in moments:
            day = moment.astimezone(self.zone).date()
            age = (today - day).days
            if self.daily is not None and age > self.daily:
                yield moment
            elif self.every is not None and age > self.every:
                if last is not None and day == last_day:
                    yield last
                last_day, last = day, moment


def prune(
    store: Store,
    workspace: str,
    retention: Retention,
    now: datetime,
    abandoned: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Removes what is kept for no longer, in small batches; how many. Ended early, it goes on the next time.

    Raises:
        DatabaseError: the store can't be reached.
    """
    surplus = retention.surplus(store.moments(workspace, _oldest_safe(retention, now)), now)
    removed = 0
    while not abandoned() and (batch := list(islice(surplus, BATCH))):
        removed += store.remove(workspace, batch)
        progress(removed)
        time.sleep(REST)
    return removed


def _oldest_safe(retention: Retention, now: datetime) -> datetime:
    """Nothing later than this is removed; a day more than the days, as days have their own lengths."""
    days = min(days for days in (retention.every, retention.daily, 36_500) if days is not None)
    return now - timedelta(days=max(days - 1, 0))
