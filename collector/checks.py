"""Whether all is in place: connections, rights, indexes, freshness. Each check is one finding."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from collector.connection import Document
from collector.errors import DatabaseError
from collector.schedule import Slots
from collector.sources.rocketchat import Collection, RocketChat
from collector.store import Store

# How late the snapshot of a slot may be.
GRACE = timedelta(minutes=5)


class Level(IntEnum):
    """How bad it is; the worst one is the command's exit code, as monitoring systems read it."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what, how it is, and a sentence."""

    name: str
    level: Level
    text: str


def findings(workspace: RocketChat, store: Store, slots: Slots, now: datetime) -> Iterator[Finding]:
    """All findings, until one is critical: what comes later depends on it."""
    checks: dict[str, Callable[[], tuple[Level, str]]] = {
        "workspace": lambda: _workspace(workspace),
        "rights": lambda: _rights(workspace),
        "store": lambda: _store(store),
        "freshness": lambda: _freshness(store.newest(workspace.identity()), slots, now),
    }
    for name, check in checks.items():
        try:
            level, text = check()
        except DatabaseError as error:
            level, text = Level.CRITICAL, str(error)
        yield Finding(name, level, text)
        if level is Level.CRITICAL:
            return


def _workspace(workspace: RocketChat) -> tuple[Level, str]:
    if "uniqueID" not in workspace.values("uniqueID"):
        return Level.WARNING, f"the database {workspace.identity()} has no setting uniqueID: is it Rocket.Chat's?"
    return Level.OK, f"{workspace.identity()} runs Rocket.Chat {workspace.release() or 'of an unknown release'}"


def _rights(workspace: RocketChat) -> tuple[Level, str]:
    denied = [collection.value for collection in Collection if not _may_read(workspace, collection)]
    if denied:
        return Level.CRITICAL, f"the login may not read {', '.join(denied)}"
    return Level.OK, "the login may read all that is read"


def _may_read(workspace: RocketChat, collection: Collection) -> bool:
    try:
        workspace.peek(collection)
    except DatabaseError:
        return False
    return True


def _store(store: Store) -> tuple[Level, str]:
    if missing := store.missing_indexes():
        return Level.WARNING, f"answers; still without the indexes {', '.join(missing)}, which the first snapshot makes"
    return Level.OK, "answers, with its indexes"


def _freshness(newest: Document | None, slots: Slots, now: datetime) -> tuple[Level, str]:
    if newest is None:
        return Level.WARNING, "there is no snapshot yet"
    taken: datetime = newest["createdAt"]
    text = f"the newest snapshot is of {taken.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    due = slots.current(now - GRACE)
    if taken >= due:
        return Level.OK, text
    missed_one = taken >= slots.current(due - timedelta(minutes=1))
    return (Level.WARNING if missed_one else Level.CRITICAL), f"{text}; one was due at {due:%Y-%m-%d %H:%M} UTC"
