"""Whether all is in place: connections, rights, indexes, freshness. Each check is one finding."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from pymongo.errors import OperationFailure

from collector import logs
from collector.diagnostics.privileges import Access
from collector.errors import DatabaseError
from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.scheduling.slots import Slots
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store

# How late the snapshot of a slot may be.
GRACE = timedelta(minutes=5)

OBSTACLE_WITHIN = 30.0  # seconds: it is looked for among all snapshots, where an index is missing

_ROLES = "(rcstats check --roles prints what it needs)"
_NO_RIGHT = 13  # MongoDB's code


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


def findings(
    workspace: RocketChat, store: Store, access: Callable[[], Access], slots: Slots, now: datetime, zone: str = ""
) -> Iterator[Finding]:
    """All findings, until one is critical: what comes later depends on it. `access` tells what the logins may do.

    `zone` is the time zone of the settings.
    """
    checks: dict[str, Callable[[], tuple[Level, str]]] = {
        "workspace": lambda: _workspace(workspace),
        "rights": lambda: _rights(workspace, access()),
        "store": lambda: _store(store, zone, now),
        "freshness": lambda: _freshness(store, workspace.identity(), slots, now),
    }
    for name, check in checks.items():
        try:
            level, text = check()
        except Exception as error:  # noqa: BLE001  an error that nobody foresaw is a finding too
            level, text = Level.CRITICAL, logs.described(error)
        yield Finding(name, level, _one_line(text))
        if level is Level.CRITICAL:
            return


def verdict(found: Sequence[Finding]) -> str:
    """All findings in one line, as monitoring systems show it: the worst level, and what is not in order."""
    wrong = [finding for finding in found if finding.level is not Level.OK]
    if not wrong:
        return f"OK: {found[-1].text}"
    worst = max(finding.level for finding in wrong)
    texts = "; ".join(f"{finding.name}: {finding.text}" for finding in wrong)
    return f"{worst.name}: {len(wrong)} of {len(found)} checks: {texts}"


def _one_line(text: str) -> str:
    """Names out of a database can hold anything; behind a "|" monitoring systems expect figures."""
    return " ".join(text.replace("|", "/").split())


def _workspace(workspace: RocketChat) -> tuple[Level, str]:
    if not all(_may_read(workspace, collection) for collection in (Collection.SETTINGS, Collection.STATISTICS)):
        return Level.OK, "answers; what it is this login may not read"
    if "uniqueID" not in workspace.values("uniqueID"):
        return Level.WARNING, f"the database {workspace.identity()} has no setting uniqueID: is it Rocket.Chat's?"
    return Level.OK, f"{workspace.identity()} runs Rocket.Chat {workspace.release() or 'of an unknown release'}"


def _rights(workspace: RocketChat, access: Access) -> tuple[Level, str]:
    """What the logins may not do and should, and what they may do and should not."""
    unread = [collection.value for collection in Collection if not _may_read(workspace, collection)]
    wrong: list[tuple[Level, str]] = []
    if lacking := ([f"read {', '.join(unread)}"] if unread else []) + access.lacking():
        wrong.append((Level.CRITICAL, f"the login may not {'; nor '.join(lacking)} {_ROLES}"))
    if beyond := access.beyond():
        wrong.append((Level.WARNING, f"the login may change the workspace, by {', '.join(beyond)} {_ROLES}"))
    if whose := access.open_to_all():
        wrong.append((Level.WARNING, f"{whose} asks nobody for a login"))
    if wrong:
        return max(level for level, _ in wrong), "; ".join(text for _, text in wrong)
    return Level.OK, "the login may read what is read, keep snapshots, and not change the workspace"


def _may_read(workspace: RocketChat, collection: Collection) -> bool:
    """Whether this login may.

    Raises:
        DatabaseError: something else is in the way.
    """
    try:
        workspace.peek(collection)
    except DatabaseError as error:
        if isinstance(error.__cause__, OperationFailure) and error.__cause__.code == _NO_RIGHT:
            return False
        raise
    return True


def _store(store: Store, zone: str, now: datetime) -> tuple[Level, str]:
    if problem := store.index_problem():
        return Level.WARNING, f"answers; {problem}"
    if missing := store.missing_indexes():
        with time_limit(OBSTACLE_WITHIN):
            obstacle = store.index_obstacle()
        told = obstacle or f"still without the indexes {', '.join(missing)}, which the first snapshot makes"
        return Level.WARNING, f"answers; {told}"
    if zone and (used := store.calendar(zone, now)) != zone:
        return Level.WARNING, f"answers; its MongoDB is too old for the time zone {zone}, series are made in {used}"
    return Level.OK, "answers, with its indexes"


def _freshness(store: Store, workspace: str, slots: Slots, now: datetime) -> tuple[Level, str]:
    level, text = _age(store.newest(workspace), slots, now)
    count, last = store.of_the_future(workspace)
    if last:
        text += f"; {count} dated later than now, up to {_told(last)}: the clock of a host was ahead"
    return max(level, Level.WARNING if last else Level.OK), text


def _age(newest: Document | None, slots: Slots, now: datetime) -> tuple[Level, str]:
    if newest is None:
        return Level.WARNING, "there is no snapshot yet"
    taken: datetime = newest["createdAt"]
    text = f"the newest snapshot is of {_told(taken)}"
    due = slots.current(now - GRACE)
    if taken >= due:
        return Level.OK, text
    missed_one = taken >= slots.current(due - timedelta(minutes=1))
    return (Level.WARNING if missed_one else Level.CRITICAL), f"{text}; one was due at {due:%Y-%m-%d %H:%M} UTC"


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
