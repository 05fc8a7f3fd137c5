"""Owns the inference of the server's UTC offset from what the server wrote into the workspace's database."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypeVar

from collector import dates
from collector.errors import DatabaseError, UnreachableError
from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.sources.collections import Collection, Pipeline
from collector.sources.rocketchat import RocketChat

log = logging.getLogger(__name__)

T = TypeVar("T")

LIMIT = 5.0  # seconds, for all queries together

# The server's jobs with a time of day in its own zone. On the day of a change of clocks 02:00 can be missing or double.
_JOBS = {
    "finish-sessions": ("5 1 * * *", timedelta(hours=1, minutes=5)),
    "aggregate-sessions": ("0 2 * * *", timedelta(hours=2)),
}
_DAY = timedelta(days=1)
_QUARTER = timedelta(minutes=15)  # every offset in use is a multiple of it
_LEAST, _MOST = timedelta(hours=-11), timedelta(hours=14)
_LIKELY = timedelta(hours=13)  # a time of day also fits an offset of one day less, and few people live further east

_AHEAD = timedelta(hours=26)  # of a job of every day
_LATE = timedelta(hours=2)  # a job that is this late no longer says what the clocks are now
_MOMENT = timedelta(minutes=1)  # between the day of a row and its date, which the server takes one after the other
_ROWS = 1_000


@dataclass(frozen=True)
class ServerOffset:
    """The server's UTC offset at a moment, and the evidence of it."""

    offset: timedelta
    at: datetime
    evidence: str

    def agrees_with(self, zone: tzinfo) -> bool:
        """Whether a zone had this offset at that moment."""
        return self.at.astimezone(zone).utcoffset() == self.offset

    def __str__(self) -> str:
        return f"{self.evidence}, {self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class _Bounds:
    """The offsets by which each of the newest sessions was created on its day: from `low` to below `high`."""

    low: timedelta
    high: timedelta
    at: datetime

    def allow(self, one: ServerOffset) -> bool:
        """Bounds that contradict each other span a change of the clocks, and forbid nothing."""
        return self.low >= self.high or self.low <= one.offset < self.high

    def only_one(self) -> list[ServerOffset]:
        steps = range(_LEAST // _QUARTER, _MOST // _QUARTER + 1)
        inside = [step * _QUARTER for step in steps if self.low <= step * _QUARTER < self.high]
        return [ServerOffset(inside[0], self.at, "the days of its newest sessions")] if len(inside) == 1 else []


def server_offset(workspace: RocketChat, now: datetime) -> ServerOffset | None:
    """The server's UTC offset: by the next runs of its jobs, else by the newest evidence that its sessions allow.

    Raises:
        UnreachableError: the workspace's MongoDB cannot be reached; any other error costs only the evidence.
    """
    with time_limit(LIMIT):
        jobs = _known(_jobs, workspace, now)
        if jobs and jobs[0].at > now - _LATE and _is_only(jobs[0]):
            return jobs[0]
        dated = [*_known(_logins, workspace, now), *_known(_cloned_sessions, workspace, now)]
        found = sorted((*jobs, *dated), key=lambda one: one.at, reverse=True)
        for bounds in _known(_bounds, workspace, now):
            found = [*filter(bounds.allow, found), *bounds.only_one()]
    return found[0] if found else None


def _known(look: Callable[[RocketChat, datetime], Iterator[T]], workspace: RocketChat, now: datetime) -> list[T]:
    """What was found; nothing where MongoDB refuses the query."""
    try:
        return list(look(workspace, now))
    except UnreachableError:
        raise
    except DatabaseError as error:
        log.warning('evidence of the time zone unreadable source=%s error="%s"', look.__name__.strip("_"), error)
        return []


def _jobs(workspace: RocketChat, now: datetime) -> Iterator[ServerOffset]:
    """By the next runs of jobs: moments whose time of day in the server's zone is known."""
    where = {
        "name": {"$in": list(_JOBS)},
        "repeatTimezone": None,
        "nextRunAt": _between(now - 400 * _DAY, now + _AHEAD),
    }
    shown = {"_id": 0, "name": 1, "repeatInterval": 1, "nextRunAt": 1}
    rows = workspace.aggregate(Collection.CRON, [{"$match": where}, {"$limit": 10}, {"$project": shown}])
    for name, (interval, local) in _JOBS.items():
        for row in rows:
            if (row["name"], row.get("repeatInterval")) == (name, interval) and isinstance(row["nextRunAt"], datetime):
                yield from _by_clock(local, row["nextRunAt"], f"the next run of its job {name}")


def _by_clock(local: timedelta, at: datetime, evidence: str) -> Iterator[ServerOffset]:
    """By a moment and its local time of day; near the date line two offsets fit, the likelier one comes first."""
    clock = timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
    likely = _LIKELY - (_LIKELY - local + clock) % _DAY
    for offset in (likely, likely - _DAY, likely + _DAY):
        if _is_real(offset):
            yield ServerOffset(offset, at, evidence)


def _is_real(offset: timedelta) -> bool:
    return _LEAST <= offset <= _MOST and not offset % _QUARTER


def _is_only(one: ServerOffset) -> bool:
    """Whether a day more or less gives no other offset."""
    return not (_is_real(one.offset - _DAY) or _is_real(one.offset + _DAY))


def _logins(workspace: RocketChat, now: datetime) -> Iterator[ServerOffset]:
    """By the texts of dates in the server's own newest statistics document."""
    names = ("lastLogin", "lastSeenSubscription")
    own = workspace.own_statistics(*names)
    for name in names:
        written = dates.of_javascript(own.get(name))
        offset = written.utcoffset() if written else None
        if written and offset is not None and _is_real(offset) and written <= now + _DAY:
            yield ServerOffset(offset, written, f"{name} in its newest statistics document")


def _cloned_sessions(workspace: RocketChat, now: datetime) -> Iterator[ServerOffset]:
    """By the sessions that the server continues on the next day: it creates them exactly at its midnight."""
    last = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    moments = [last - step * _QUARTER for step in range(3 * _DAY // _QUARTER)]
    where = {"createdAt": {"$in": moments}, "$expr": {"$lt": ["$loginAt", "$createdAt"]}}
    newest_first: Pipeline = [{"$match": where}, {"$sort": {"createdAt": -1}}, {"$limit": 10}, _SHOWN]
    for row in workspace.aggregate(Collection.SESSIONS, newest_first):
        midnight, at = _midnight(row), row["createdAt"]
        if midnight and isinstance(at, datetime) and _is_real(midnight - at):
            yield ServerOffset(midnight - at, at, "a session that it continued at midnight")


def _bounds(workspace: RocketChat, now: datetime) -> Iterator[_Bounds]:
    """By the newest sessions of a day at most."""
    where = {"createdAt": _between(now - _DAY, now + _QUARTER), "year": {"$gt": 0}, "month": {"$gt": 0}}
    newest_first: Pipeline = [{"$match": where}, {"$sort": {"createdAt": -1}}, {"$limit": _ROWS}, _SHOWN]
    rows = workspace.aggregate(Collection.SESSIONS, newest_first)
    pairs = [(midnight, row["createdAt"]) for row in rows if (midnight := _midnight(row)) and _is_date(row)]
    if pairs:
        low = max(midnight - at for midnight, at in pairs) - _MOMENT
        high = min(midnight + _DAY - at for midnight, at in pairs) + _MOMENT
        yield _Bounds(low, high, max(at for _, at in pairs))


_SHOWN: Document = {"$project": {"_id": 0, "createdAt": 1, "year": 1, "month": 1, "day": 1}}


def _midnight(row: Document) -> datetime | None:
    """The beginning of a row's day, as if its clock showed UTC."""
    parts: list[Any] = [row.get(name) for name in ("year", "month", "day")]
    try:
        year, month, day = map(int, parts)
        return datetime(year, month, day, tzinfo=UTC) if parts == [year, month, day] else None
    except (TypeError, ValueError, OverflowError):
        return None


def _is_date(row: Document) -> bool:
    return isinstance(row["createdAt"], datetime)


def _between(first: datetime, last: datetime) -> Document:
    return {"$gte": first, "$lte": last}
