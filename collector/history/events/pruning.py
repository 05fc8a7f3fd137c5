"""Owns the events of retention: where snapshots were removed. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from collector.history.events import Event, Kind
from collector.store.retention import Retention, day_of

_FULL = "from here on, all snapshots are kept; before, the last one of each day"
_DAILY = "older snapshots were removed"


def pruned(moments: Sequence[datetime], retention: Retention, now: datetime, *, has_older: bool) -> Iterator[Event]:
    """Where `retention` has left its marks in snapshots of these moments, oldest first; `has_older`: than these."""
    if retention.every is None and retention.daily is None:
        return
    ages = [(day_of(now, retention.zone) - day_of(moment, retention.zone)).days for moment in moments]
    if moments and not has_older and retention.daily is not None and ages[0] >= retention.daily:
        yield Event(moments[0], None, Kind.RETENTION, _DAILY)
    for number, (before, after) in enumerate(pairwise(ages), 1):
        if retention.every is None or not after <= retention.every < before:
            continue
        if ages.count(before) == 1 < ages.count(after):  # else nothing was removed: there is one a day
            yield Event(moments[number], moments[number - 1], Kind.RETENTION, _FULL)
