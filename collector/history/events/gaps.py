"""Owns the events of times without snapshots. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from collector.history.events import Event, Kind

LONG = 3  # usual distances
_AROUND = 24  # distances before and after, which are the usual ones
_WEEK = timedelta(days=7)


def gaps(moments: Sequence[datetime]) -> Iterator[Event]:
    """Distances of more than three times those around, for snapshots of these moments, oldest first.

    A time that had no snapshot a week before or after either is part of the schedule, such as a night.
    """
    distances = [(after - before).total_seconds() for before, after in pairwise(moments)]
    for number, (since, at) in enumerate(pairwise(moments)):
        around = distances[max(number - _AROUND, 0) : number] + distances[number + 1 : number + 1 + _AROUND]
        if not around or distances[number] <= LONG * min(around):  # nearly always
            continue
        if distances[number] > LONG * median(around) and not _is_planned(moments, since, at):
            yield Event(at, since, Kind.GAP, f"no snapshot was taken for {_duration(at - since)}")


def _duration(distance: timedelta) -> str:
    hours = distance / timedelta(hours=1)
    return (
        f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours" if hours >= 2 else f"{hours * 60:.0f} minutes"
    )


def _is_planned(moments: Sequence[datetime], since: datetime, at: datetime) -> bool:
    """Whether each of the weeks before and after, as far as it is known, has no snapshot at that time either."""
    weeks = [(since + shift, at + shift) for shift in (-_WEEK, _WEEK)]
    known = [(start, end) for start, end in weeks if moments[0] <= start and end <= moments[-1]]
    return bool(known) and not any(bisect_right(moments, start) < bisect_left(moments, end) for start, end in known)
