"""How long snapshots are kept: all of them for a time, then the last one of each day, then for ever or not."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import groupby, islice
from typing import Any
from zoneinfo import ZoneInfo

from bson import encode

from collector.store.snapshots import Store

BATCH = 200  # snapshots that are removed at a time
_FOR_EVER = 36_500  # days
REST = 0.2  # seconds between two batches, for the database's other work


@dataclass(frozen=True)
class Surplus:
    """Snapshots to be removed: when they were taken, how many, and how many others of that moment are kept."""

    moment: datetime
    count: int
    kept: int


@dataclass(frozen=True)
class Retention:
    """Days for which every snapshot is kept, and for which the last one of each day is; None is for ever.

    Days are those of the workspace's time zone.
    """

    every: int | None
    daily: int | None
    zone: ZoneInfo

    def surplus(self, moments: Iterable[datetime], now: datetime) -> Iterator[Surplus]:
        """The surplus snapshots by moment; `moments`, in their order, has one moment for each snapshot."""
        if self.every is None and self.daily is None:
            return
        today = day_of(now, self.zone)
        for day, taken in groupby(moments, partial(day_of, zone=self.zone)):
            age = (today - day).days
            if self.daily is not None and age > self.daily:
                yield from _surplus(Counter(taken), is_last_kept=False)
            elif self.every is not None and age > self.every:
                yield from _surplus(Counter(taken), is_last_kept=True)


def _surplus(day: Counter[datetime], *, is_last_kept: bool) -> Iterator[Surplus]:
    last = max(day)
    for moment, count in day.items():
        kept = int(is_last_kept and moment == last)
        if count > kept:
            yield Surplus(moment, count - kept, kept)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day on the zone's calendar; the day in UTC where the zone's lies beyond Python's calendar."""
    try:
        return moment.astimezone(zone).date()
    except (OverflowError, ValueError):
        return moment.astimezone(UTC).date()


def count_surplus(store: Store, workspace: str, retention: Retention, now: datetime) -> int:
    """How many snapshots `prune` would remove.

    Raises:
        DatabaseError: the store can't be reached.
    """
    return sum(one.count for one in _found(store, workspace, retention, now))


def prune(
    store: Store,
    workspace: str,
    retention: Retention,
    now: datetime,
    abandoned: Callable[[], bool] = lambda: False,
) -> int:
    """Removes what is kept for no longer, in small batches; how many. Ended early, it goes on the next time.

    Raises:
        DatabaseError: the store can't be reached.
    """
    surplus = _found(store, workspace, retention, now)
    removed = 0
    while not abandoned() and (batch := list(islice(surplus, BATCH))):
        removed += store.remove(workspace, _ids(store, workspace, batch))
        time.sleep(REST)
    return removed


def _found(store: Store, workspace: str, retention: Retention, now: datetime) -> Iterator[Surplus]:
    """The surplus among the snapshots that are old enough; a day more is read, as days have their own lengths."""
    days = min(days for days in (retention.every, retention.daily, _FOR_EVER) if days is not None)
    return retention.surplus(store.moments(workspace, now - timedelta(days=days - 1)), now)


def _ids(store: Store, workspace: str, batch: Sequence[Surplus]) -> list[Any]:
    """The ids of the surplus snapshots. They are read only now, as no index has them.

    Of several snapshots of one moment the one with the highest id is kept, so that two prunings at once agree.
    """
    kept = {one.moment: one.kept for one in batch}
    found: dict[datetime, list[Any]] = {}
    for own, moment in store.taken_at(workspace, list(kept)):
        found.setdefault(moment, []).append(own)
    for ids in found.values():
        ids.sort(key=lambda own: encode({"_id": own}))  # of any type
    return [own for moment, ids in found.items() for own in ids[: len(ids) - kept[moment]]]
