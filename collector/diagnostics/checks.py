"""Owns the checks of connections, privileges, indexes and freshness; each yields one finding."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from collector import logs
from collector.diagnostics.privileges import Access
from collector.errors import NotAuthorizedError
from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.scheduling.slots import Slots
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store

# Delay after which the snapshot of a slot is overdue.
GRACE = timedelta(minutes=5)

OBSTACLE_WITHIN = 30.0  # seconds: the search reads all snapshots, without the missing index

_ROLES = "(rcstats check --roles prints the roles it needs)"


class Level(IntEnum):
    """Severity; the highest one is the command's exit code, in the convention of monitoring plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


@dataclass(frozen=True)
class Finding:
    """The result of one check: its name, level and text."""

    name: str
    level: Level
    text: str


def findings(
    workspace: RocketChat, store: Store, access: Callable[[], Access], slots: Slots, now: datetime, zone: str = ""
) -> Iterator[Finding]:
    """All findings up to the first critical one, on which the later checks depend.

    `access` returns the privileges of the logins; `zone` is the time zone of the settings.
    """
    checks: dict[str, Callable[[], tuple[Level, str]]] = {
        "workspace": lambda: _workspace(workspace),
        "privileges": lambda: _privileges(workspace, access()),
        "store": lambda: _store(store, zone, now),
        "freshness": lambda: _freshness(store, workspace.identity(), slots, now),
    }
    for name, check in checks.items():
        try:
            level, text = check()
        except Exception as error:  # noqa: BLE001  an unforeseen error is a finding too
            level, text = Level.CRITICAL, logs.described(error)
        yield Finding(name, level, _one_line(text))
        if level is Level.CRITICAL:
            return


def verdict(found: Sequence[Finding]) -> str:
    """All findings in one line, for monitoring systems: the highest level and the problems."""
    wrong = [finding for finding in found if finding.level is not Level.OK]
    if not wrong:
        return f"OK: {found[-1].text}"
    worst = max(finding.level for finding in wrong)
    texts = "; ".join(f"{finding.name}: {finding.text}" for finding in wrong)
    return f"{worst.name}: {len(wrong)} of {len(found)} checks: {texts}"


def _one_line(text: str) -> str:
    """Names from a database can hold anything; after a "|", monitoring systems expect performance data."""
    return " ".join(text.replace("|", "/").split())


def _workspace(workspace: RocketChat) -> tuple[Level, str]:
    if not all(_may_read(workspace, collection) for collection in (Collection.SETTINGS, Collection.STATISTICS)):
        return Level.OK, "reachable; the login may not read its settings"
    if "uniqueID" not in workspace.values("uniqueID"):
        return (
            Level.WARNING,
            f"the database {workspace.identity()} has no setting uniqueID: it may not be a Rocket.Chat database",
        )
    return Level.OK, f"{workspace.identity()} runs Rocket.Chat {workspace.release() or 'of an unknown release'}"


def _privileges(workspace: RocketChat, access: Access) -> tuple[Level, str]:
    """The privileges that the logins lack, and those that they should not have."""
    unread = [collection.value for collection in Collection if not _may_read(workspace, collection)]
    wrong: list[tuple[Level, str]] = []
    if lacking := ([f"read {', '.join(unread)}"] if unread else []) + access.lacking():
        wrong.append((Level.CRITICAL, f"the login lacks the privilege to {'; and to '.join(lacking)} {_ROLES}"))
    if beyond := access.beyond():
        wrong.append((Level.WARNING, f"the login could change the workspace by {', '.join(beyond)} {_ROLES}"))
    if whose := access.open_to_all():
        wrong.append((Level.WARNING, f"{whose} has access control disabled"))
    if wrong:
        return max(level for level, _ in wrong), "; ".join(text for _, text in wrong)
    return Level.OK, "the login can read the workspace and write the store, and cannot change the workspace"


def _may_read(workspace: RocketChat, collection: Collection) -> bool:
    """Whether the login may read the collection.

    Raises:
        DatabaseError: any other error than a lack of privileges.
    """
    try:
        workspace.peek(collection)
    except NotAuthorizedError:
        return False
    return True


def _store(store: Store, zone: str, now: datetime) -> tuple[Level, str]:
    if problem := store.indexes.problem():
        return Level.WARNING, f"reachable; {problem}"
    if missing := store.indexes.missing():
        with time_limit(OBSTACLE_WITHIN):
            obstacle = store.indexes.obstacle()
        reason = obstacle or f"missing indexes: {', '.join(missing)}; the first snapshot creates them"
        return Level.WARNING, f"reachable; {reason}"
    if zone and (used := store.calendar(zone, now)) != zone:
        return Level.WARNING, f"reachable; its MongoDB does not know the time zone {zone}, series use {used}"
    return Level.OK, "reachable, with all indexes"


def _freshness(store: Store, workspace: str, slots: Slots, now: datetime) -> tuple[Level, str]:
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
