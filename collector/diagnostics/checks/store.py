"""Owns the checks of the store: its indexes, and the age of its newest snapshot."""

from datetime import UTC, datetime, timedelta

from collector.diagnostics.checks.finding import Level, Result
from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.scheduling.slots import Slots
from collector.store.snapshots import Store

# Delay after which the snapshot of a slot is overdue.
GRACE = timedelta(minutes=5)

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


def freshness(store: Store, workspace: str, slots: Slots, now: datetime) -> Result:
    """Whether the newest snapshot is that of the current slot, and none has a date in the future."""
    level, text = _age(store.newest(workspace), slots, now)
    count, last = store.of_the_future(workspace)
    if last:
        text += f"; {count} have a date in the future, up to {_utc(last)}: a host's clock was ahead"
    return max(level, Level.WARNING if last else Level.OK), text


def _age(newest: Document | None, slots: Slots, now: datetime) -> tuple[Level, str]:
    if newest is None:
        return Level.WARNING, "no snapshot has been stored yet"
    taken: datetime = newest["createdAt"]
    text = f"the newest snapshot was taken at {_utc(taken)}"
    due = slots.current(now - GRACE)
    if taken >= due:
        return Level.OK, text
    missed_one = taken >= slots.current(due - timedelta(minutes=1))
    return (Level.WARNING if missed_one else Level.CRITICAL), f"{text}; one was due at {due:%Y-%m-%d %H:%M} UTC"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
