"""Owns the checks of the workspace: its identity, the privileges on it, its days and its indexes."""

from datetime import datetime
from zoneinfo import ZoneInfo

from collector.diagnostics.checks.finding import Level, Result, worst
from collector.diagnostics.privileges import Access
from collector.errors import MissingIndexError, NotAuthorizedError
from collector.sources.collections import MESSAGE_INDEXES, OPTIONAL, Collection, index_name
from collector.sources.day_zone import offset_name
from collector.sources.identification import identified
from collector.sources.rocketchat import RocketChat
from collector.sources.server_time import server_offset
from collector.statistics.catalog import READINGS
from collector.statistics.reading import of_release
from collector.statistics.releases import release_of

_ROLES = "(rcstats check --roles prints the roles it needs)"


def identity(workspace: RocketChat) -> Result:
    """The workspace's id and release.

    Raises:
        DatabaseError: MongoDB cannot be reached, or the database is not a workspace.
    """
    if not all(_may_read(workspace, collection) for collection in (Collection.SETTINGS, Collection.STATISTICS)):
        return Level.OK, "reachable; the login may not read its settings"
    return Level.OK, f"{identified(workspace)} runs Rocket.Chat {workspace.release() or 'of an unknown release'}"


def privileges(workspace: RocketChat, access: Access) -> Result:
    """The privileges that the logins lack, and those that they should not have."""
    unread = [of.value for of in Collection if of not in OPTIONAL and not _may_read(workspace, of)]
    wrong: list[Result] = []
    if lacking := ([f"read {', '.join(unread)}"] if unread else []) + access.lacking():
        wrong.append((Level.CRITICAL, f"the login lacks the privilege to {'; and to '.join(lacking)} {_ROLES}"))
    if slower := access.lacking_for_cache():
        costs = "without it, a month of sessions is read every day"
        wrong.append((Level.WARNING, f"the login lacks the privilege to {'; and to '.join(slower)}: {costs} {_ROLES}"))
    if mute := access.lacking_for_notes():
        costs = "without it, there are no notes"
        wrong.append((Level.WARNING, f"the login lacks the privilege to {'; and to '.join(mute)}: {costs} {_ROLES}"))
    if beyond := access.beyond():
        wrong.append((Level.WARNING, f"the login could change the workspace by {', '.join(beyond)} {_ROLES}"))
    if whose := access.open_to_all():
        wrong.append((Level.WARNING, f"{whose} has access control disabled"))
    fine = "the login can read the workspace and write the store, and cannot change the workspace"
    return worst(wrong) if wrong else (Level.OK, fine)


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


def timezone(workspace: RocketChat, zone: str, now: datetime, *, is_set: bool) -> Result:
    """The zone of the days in the next snapshot, and whether the setting is that of the server."""
    server, setting = server_offset(workspace, now), f"RCSTATS_TIMEZONE is {zone}"
    if server is None:
        if is_set:
            return Level.OK, f"{setting}; that of the server is unknown"
        remedy = "set RCSTATS_TIMEZONE to that of the server"
        return Level.WARNING, f"that of the server is unknown, days are those of this host, {zone}; {remedy}"
    found = f"{offset_name(server.offset)} ({server})"
    is_same = server.agrees_with(ZoneInfo(zone))
    if is_set:
        differs = f"{setting}, but the server's is {found}: set it to the zone of the server, or unset it"
        return (Level.OK, f"{setting}, as the server's: {found}") if is_same else (Level.WARNING, differs)
    host = f"this host's, {zone}, {'agrees' if is_same else 'only counts for the schedule and series'}"
    return Level.OK, f"the server's is {found}; {host}"


def indexes(workspace: RocketChat, *, may_scan: bool) -> Result:
    """The indexes of the messages that readings need, and the statistics of those that are missing."""
    missing = [field for field in MESSAGE_INDEXES if not _is_indexed(workspace, field)]
    readings = of_release(READINGS, release_of(workspace.release()))
    costs = {field: [s.key for r in readings if r.message_index == field for s in r.statistics] for field in missing}
    if not (listed := [f"{index_name(MESSAGE_INDEXES[field])} ({', '.join(keys)})" for field, keys in costs.items()]):
        return Level.OK, f"{Collection.MESSAGES} has all indexes that readings need"
    which = f"{Collection.MESSAGES} lacks {', '.join(listed)}"
    if may_scan:
        return Level.OK, f"{which}: these statistics come from a scan once a day"
    return Level.WARNING, f"{which}: these statistics are absent; RCSTATS_DAILY_SCAN allows a scan once a day"


def _is_indexed(workspace: RocketChat, field: str) -> bool:
    """Whether the messages have Rocket.Chat's index on a field; asks for a value that none has."""
    try:
        workspace.aggregate(Collection.MESSAGES, [{"$match": {field: ""}}, {"$limit": 1}, {"$project": {"_id": 1}}])
    except MissingIndexError:
        return False
    return True
