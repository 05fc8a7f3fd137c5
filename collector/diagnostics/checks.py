"""Owns the checks of connections, privileges, days, indexes and freshness; each yields one finding."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from collector import logs
from collector.diagnostics import sites
from collector.diagnostics.privileges import Access
from collector.errors import MissingIndexError, NotAuthorizedError
from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.scheduling.slots import Slots
from collector.sources.collections import MESSAGE_INDEXES, OPTIONAL, Collection, index_name
from collector.sources.day_zone import offset_name
from collector.sources.rocketchat import RocketChat
from collector.sources.server_time import server_offset
from collector.statistics.catalog import READINGS
from collector.statistics.reading import of_release
from collector.statistics.releases import NEWEST, Release
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
class Given:
    """The settings that the checks compare with the databases; see `Settings`."""

    timezone: str = "UTC"
    timezone_is_set: bool = False
    daily_scan: bool = False


DEFAULTS = Given()


@dataclass(frozen=True)
class Finding:
    """The result of one check: its name, level and text."""

    name: str
    level: Level
    text: str


def findings(
    workspace: RocketChat,
    store: Store,
    access: Callable[[], Access],
    slots: Slots,
    now: datetime,
    given: Given = DEFAULTS,
) -> Iterator[Finding]:
    """All findings up to the first critical one, on which the later checks depend.

    `access` returns the privileges of the logins.
    """
    checks: dict[str, Callable[[], tuple[Level, str]]] = {
        "workspace": lambda: _workspace(workspace),
        "privileges": lambda: _privileges(workspace, access()),
        "timezone": lambda: _timezone(workspace, given, now),
        "indexes": lambda: _indexes(workspace, given),
        "store": lambda: _store(store, given.timezone, now),
        "sites": lambda: _sites(workspace, store, now),
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
    unread = [of.value for of in Collection if of not in OPTIONAL and not _may_read(workspace, of)]
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


def _timezone(workspace: RocketChat, given: Given, now: datetime) -> tuple[Level, str]:
    """The zone of the days in the next snapshot, and whether the setting is that of the server."""
    server, setting = server_offset(workspace, now), f"RCSTATS_TIMEZONE is {given.timezone}"
    if server is None:
        if given.timezone_is_set:
            return Level.OK, f"{setting}; that of the server is unknown"
        remedy = "set RCSTATS_TIMEZONE to that of the server"
        return Level.WARNING, f"that of the server is unknown, days are those of this host, {given.timezone}; {remedy}"
    found = f"{offset_name(server.offset)} ({server})"
    is_same = server.agrees_with(ZoneInfo(given.timezone))
    if given.timezone_is_set:
        differs = f"{setting}, but the server's is {found}: set it to the zone of the server, or unset it"
        return (Level.OK, f"{setting}, as the server's: {found}") if is_same else (Level.WARNING, differs)
    host = f"this host's, {given.timezone}, {'agrees' if is_same else 'only counts for the schedule and series'}"
    return Level.OK, f"the server's is {found}; {host}"


def _indexes(workspace: RocketChat, given: Given) -> tuple[Level, str]:
    """The indexes of the messages that readings need, and the statistics of those that are missing."""
    missing = [field for field in MESSAGE_INDEXES if not _is_indexed(workspace, field)]
    readings = of_release(READINGS, Release.parse(workspace.release()) or NEWEST)
    costs = {field: [s.key for r in readings if r.message_index == field for s in r.statistics] for field in missing}
    if not (listed := [f"{index_name(MESSAGE_INDEXES[field])} ({', '.join(keys)})" for field, keys in costs.items()]):
        return Level.OK, f"{Collection.MESSAGES} has all indexes that readings need"
    which = f"{Collection.MESSAGES} lacks {', '.join(listed)}"
    if given.daily_scan:
        return Level.OK, f"{which}: these statistics come from a scan once a day"
    return Level.WARNING, f"{which}: these statistics are absent; RCSTATS_DAILY_SCAN allows a scan once a day"


def _is_indexed(workspace: RocketChat, field: str) -> bool:
    """Whether the messages have Rocket.Chat's index on a field; asks for a value that none has."""
    try:
        workspace.aggregate(Collection.MESSAGES, [{"$match": {field: ""}}, {"$limit": 1}, {"$project": {"_id": 1}}])
    except MissingIndexError:
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
    if (used := store.calendar(zone, now)) != zone:
        return Level.WARNING, f"reachable; its MongoDB does not know the time zone {zone}, series use {used}"
    return Level.OK, "reachable, with all indexes"


def _sites(workspace: RocketChat, store: Store, now: datetime) -> tuple[Level, str]:
    if problem := sites.problem(workspace, store, now):
        return Level.WARNING, problem
    return Level.OK, "no snapshot is known to be of another site or copy of the workspace"


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
