"""Owns the checks of the store: its indexes, and the age of its newest snapshot."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from collector import dates
from collector.diagnostics.checks.finding import Level, Result
from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.scheduling.slots import Slots
from collector.store.snapshots import Store

# Delay after which the snapshot of a slot is overdue.
GRACE = timedelta(minutes=5)


@dataclass(frozen=True)
class Ages:
    """Ages of the newest snapshot above which the check warns or is critical; None: the schedule decides."""

    warning: timedelta | None = None
    critical: timedelta | None = None


BY_SCHEDULE = Ages()

OBSTACLE_WITHIN = 30.0  # seconds: the search reads all snapshots, without the missing index


def usability(store: Store, zone: str, now: datetime) -> Result:
    """Whether the store is reachable, has its indexes, and knows the time zone of series."""
    if problem := store.indexes.problem():
        return Level.WARNING, f"reachable; {problem}"
    if missing := store.indexes.missing():
        with time_limit(OBSTACLE_WITHIN):
            obstacle = store.indexes.obstacle()
        reason = obstacle or f"missing indexes: {', '.join(missing)}; the first snapshot creates them"
        return Level.WARNING, f"reachable; {reason}"
    if (used := store.calendar(zone, now)) != zone:
        return Level.WARNING, f"reachable; its MongoDB does not know the time zone {zone}, series use {used}"
    return Level.OK, "reachable, with all indexes"


def freshness(
    store: Store, workspace: str, slots: Slots, now: datetime, zone: str = "UTC", ages: Ages = BY_SCHEDULE
) -> Result:
    """Whether the newest snapshot is that of the current slot, or young enough, and none has a date in the future."""
    level, text = _age(store.newest(workspace), slots, now, ZoneInfo(zone), ages)
    count, last = store.of_the_future(workspace)
    if last:
        until = dates.written(last, ZoneInfo(zone))
        text += f"; {count} have a date in the future, up to {until}: a host's clock was ahead"
    return max(level, Level.WARNING if last else Level.OK), text


def _age(newest: Document | None, slots: Slots, now: datetime, zone: ZoneInfo, ages: Ages) -> Result:
    if newest is None:
        return Level.WARNING, "no snapshot has been stored yet"
    taken: datetime = newest["createdAt"]
    due = slots.current(now - GRACE)
    missed = {Level.WARNING: due, Level.CRITICAL: slots.current(due - timedelta(minutes=1))}
    given = {Level.WARNING: ages.warning, Level.CRITICAL: ages.critical}
    is_late = {level: taken < missed[level] if age is None else now - taken > age for level, age in given.items()}
    level = max((level for level, late in is_late.items() if late), default=Level.OK)
    overdue = f"; one was due at {dates.written(due, zone)}" if level is not Level.OK and taken < due else ""
    return level, f"the newest snapshot was taken at {dates.written(taken, zone)}{overdue}"
