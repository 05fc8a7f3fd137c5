"""Owns the Prometheus metrics: main statistics, newest snapshot and the daemon's counters; and access to them."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest
from typing import ClassVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access.locality import is_local
from api.caching.single_flight import SECONDS, SingleFlightCache
from api.rendering import envelope
from api.routes.daemon_metrics import counting
from collector import __version__
from collector.errors import DatabaseError
from collector.key_paths import Document, at
from collector.mongodb.connection import time_limit
from collector.numbers import is_number
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store
from collector.telemetry import Telemetry

# Name, help and label (or "") of each gauge, and a key path per label value; rows of a list are summed.
# A value that the snapshot lacks has no sample.
WORKSPACE: Sequence[tuple[str, str, str, Mapping[str, str]]] = (
    (
        "rocketchat_users",
        "Users: active, active with the role guest only, and deactivated.",
        "state",
        {"active": "activeUsers", "guest": "activeGuests", "inactive": "nonActiveUsers"},
    ),
    (
        "rocketchat_users_connected",
        "All accounts by presence status.",
        "status",
        {"online": "onlineUsers", "away": "awayUsers", "busy": "busyUsers", "offline": "offlineUsers"},
    ),
    ("rocketchat_users_app", "Accounts of apps.", "", {"": "appUsers"}),
    ("rocketchat_accounts", "All accounts, including bots, apps, guests and deactivated ones.", "", {"": "totalUsers"}),
    ("rocketchat_daily_active_users", "Users active yesterday.", "", {"": "uniqueUsersOfYesterday.data.count"}),
    ("rocketchat_weekly_active_users", "Users active in 7 days.", "", {"": "uniqueUsersOfLastWeek.data.count"}),
    ("rocketchat_monthly_active_users", "Users active in a month.", "", {"": "uniqueUsersOfLastMonth.data.count"}),
    (
        "rocketchat_rooms",
        "Rooms by type, including discussions and the main rooms of teams.",
        "type",
        {"channel": "totalChannels", "private_group": "totalPrivateGroups"}
        | {"direct": "totalDirect", "livechat": "totalLivechat"},
    ),
    ("rocketchat_discussions", "Discussions in rooms of any type.", "", {"": "totalDiscussions"}),
    ("rocketchat_teams", "Teams.", "", {"": "teams.totalTeams"}),
    (
        "rocketchat_messages",
        "Messages by room type, according to the rooms' counters, which may drift.",
        "room_type",
        {"channel": "totalChannelMessages", "private_group": "totalPrivateGroupMessages"}
        | {"discussion": "totalDiscussionsMessages", "direct": "totalDirectMessages"}
        | {"livechat": "totalLivechatMessages"},
    ),
    ("rocketchat_messages_stored", "Messages in the database.", "", {"": "collector.messages.documents"}),
    ("rocketchat_last_message_timestamp_seconds", "Date of the newest message.", "", {"": "lastMessageSentAt"}),
    ("rocketchat_last_login_timestamp_seconds", "Date of the last login.", "", {"": "lastLogin"}),
    ("rocketchat_uploads", "Uploaded files, including thumbnails.", "", {"": "uploadsTotal"}),
    ("rocketchat_upload_bytes", "Total size of all uploaded files.", "", {"": "uploadsTotalSize"}),
    ("rocketchat_livechat_visitors", "Omnichannel visitors.", "", {"": "totalLivechatVisitors"}),
    ("rocketchat_livechat_agents", "Accounts with the role livechat-agent.", "", {"": "totalLivechatAgents"}),
    ("rocketchat_apps_installed", "Installed apps.", "", {"": "apps.totalInstalled"}),
    ("rocketchat_push_queue_notifications", "Push notifications waiting to be sent.", "", {"": "pushQueue"}),
    ("rocketchat_instances", "Running instances of this workspace.", "", {"": "instanceCount"}),
    ("rocketchat_connections", "Open websockets of all instances.", "", {"": "collector.connections.now"}),
    (
        "rocketchat_connections_peak",
        "The highest sample of open websockets, one a minute, in the last hour or day.",
        "window",
        {"1h": "collector.connections.hourPeak", "24h": "collector.connections.dayPeak"},
    ),
)
ABOUT = {"version": "version", "unique_id": "uniqueId", "mongodb_version": "mongoVersion"}
ABOUT |= {"node_version": "process.nodeVersion", "deploy_method": "deploy.method", "deploy_platform": "deploy.platform"}

IDENTITY_HOLDS, IDENTITY_WITHIN = 60.0, 0.5  # seconds
MOST_ACCEPTED = 1000  # characters of an Accept header that are read
NEWEST_WITHIN = 0.9  # seconds for which a scrape waits for the store

# The library fails on an invalid version.
_BAD_VERSION = re.compile(r"version=(?![0-9]{1,3}(\.[0-9]{1,3}){0,2} *([,;]|$))")


class NotLocalError(Exception):
    """No token is set, and the request is not provably local."""


class NoTokenError(Exception):
    """A token is set, and the request lacks it."""

    headers: ClassVar = {"WWW-Authenticate": "Bearer"}


@dataclass
class Newest:
    """Reads the newest snapshot with one query; the workspace's identity is refreshed once a minute, if possible."""

    workspace: RocketChat
    store: Store
    identity_holds: float = IDENTITY_HOLDS
    identity_within: float = IDENTITY_WITHIN
    _identity: str = field(default="", init=False)
    _asked_at: float = field(default=0.0, init=False)

    def __call__(self) -> Document | None:
        """The newest snapshot; None if none exists, or the workspace's identity is not known yet.

        Raises:
            DatabaseError: the store does not answer.
        """
        if not self._identity or time.monotonic() - self._asked_at > self.identity_holds:
            self._asked_at = time.monotonic()
            with suppress(DatabaseError), time_limit(self.identity_within):
                self._identity = self.workspace.identity()
        if self._identity:
            return self.store.newest(self._identity)
        self.store.edition()  # raises if the store does not answer
        return None


class Metrics:
    """Serves `GET /metrics`, only to local requests unless a token is set; `newest` is cached for `seconds`."""

    def __init__(
        self,
        newest: Callable[[], Document | None] = lambda: None,
        telemetry: Telemetry | None = None,
        token: str = "",
        seconds: float = SECONDS,
    ) -> None:
        self.telemetry = telemetry or Telemetry()
        self._newest = SingleFlightCache(newest, seconds)
        self._token = token.encode()
        self.registry = counting(self.telemetry)
        """To which the application adds the metrics of its requests."""

    async def scrape(self, request: Request) -> Response:
        """Responds in the format that the request prefers.

        Raises:
            NotLocalError, NoTokenError: access is denied.
        """
        self._admit(request)
        accepted = request.headers.get("accept", "")[:MOST_ACCEPTED]
        encode, kind = choose_encoder("" if _BAD_VERSION.search(accepted) else accepted)
        body = await run_in_threadpool(encode, _Scrape(*await self._read(), self.registry))
        return Response(body, headers=envelope.NOT_KEPT | envelope.SAFE | {"Content-Type": kind})

    def _admit(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if not (self._token or is_local(request)):
            raise NotLocalError("Only local requests are accepted unless RCSTATS_METRICS_TOKEN is set")
        if self._token and not (scheme.lower() == "bearer" and compare_digest(given.encode("latin-1"), self._token)):
            raise NoTokenError("The bearer token of RCSTATS_METRICS_TOKEN is missing or wrong")

    async def _read(self) -> tuple[Document, int]:
        """The newest snapshot or {}, and 1 if the store answers, else 0."""
        try:
            return await self._newest.get(asyncio.get_running_loop().time() + NEWEST_WITHIN) or {}, 1
        except (DatabaseError, TimeoutError):
            self.telemetry.database_errors.add("request")
            return {}, 0


@dataclass(frozen=True)
class _Scrape(Collector):
    """All metrics at a moment."""

    snapshot: Document
    store_up: int
    counted: CollectorRegistry

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("rcstats_build", "Version of rcstats.", {"version": __version__})
        yield GaugeMetricFamily("rcstats_store_up", "1 if the store is available, else 0.", self.store_up)
        yield from self.counted.collect()
        yield from (gauge for gauge in (*_of_snapshot(self.snapshot), *_of_workspace(self.snapshot)) if gauge.samples)


def _of_snapshot(snapshot: Document) -> Iterator[Metric]:
    """Metrics of the newest snapshot itself."""
    created, readings = _number(snapshot, "createdAt"), at(snapshot, "collector.readings") or {}
    age = None if created is None else max(time.time() - created, 0.0)  # clocks differ a little
    yield GaugeMetricFamily("rcstats_snapshot_age_seconds", "Time since the newest snapshot was taken.", age)
    took = _number(snapshot, "collector.seconds")
    yield GaugeMetricFamily("rcstats_snapshot_duration_seconds", "Duration of the newest snapshot.", took)
    each = {name: _number(reading, "seconds") for name, reading in readings.items()}
    yield _gauge("rcstats_reading_duration_seconds", "Duration of each of its readings.", "reading", each)
    ok = {name: float(reading["ok"]) for name, reading in readings.items()}
    yield _gauge("rcstats_reading_ok", "1 for each of its successful readings, else 0.", "reading", ok)
    read_at = {name: _number(reading, "readAt") for name, reading in readings.items()}
    meaning = "Date on which an expensive reading was read, if RCSTATS_SCAN_INTERVAL is set."
    yield _gauge("rcstats_reading_timestamp_seconds", meaning, "reading", read_at)
    yield from _of_recount(at(snapshot, "collector.recount"))


def _of_recount(recount: object) -> Iterator[Metric]:
    """Metrics of the last recount of unchanged values."""
    known = recount if isinstance(recount, dict) else {}
    differing = known.get("differing")
    many = float(len(differing)) if isinstance(differing, list) else None
    at_ = _number(known, "at")
    yield GaugeMetricFamily("rcstats_recount_timestamp_seconds", "Date of the last recount of unchanged values.", at_)
    yield GaugeMetricFamily("rcstats_recount_differing_readings", "Readings that the last recount refuted.", many)


def _of_workspace(snapshot: Document) -> Iterator[Metric]:
    about = {label: at(snapshot, path) for label, path in ABOUT.items()}
    known = {label: value for label, value in about.items() if isinstance(value, str)}
    yield InfoMetricFamily("rocketchat", "The workspace and its software versions.", known or None)
    for name, meaning, label, paths in WORKSPACE:
        yield _gauge(name, meaning, label, {value: _number(snapshot, path) for value, path in paths.items()})


def _gauge(name: str, meaning: str, label: str, numbers: Mapping[str, float | None]) -> Metric:
    """A gauge with one sample per known number; without a `label` it has at most one."""
    gauge = GaugeMetricFamily(name, meaning, labels=[label] if label else [])
    for value, number in numbers.items():
        if number is not None:
            gauge.add_metric([value] if label else [], number)
    return gauge


def _number(document: Document, path: str) -> float | None:
    """The number at a dotted path: dates in seconds, rows of a list summed; None if absent."""
    parent, _, key = path.rpartition(".")
    if isinstance(rows := at(document, parent), list):
        numbers = [number for row in rows if is_number(number := at(row, key))]
        return float(sum(numbers)) if numbers or not rows else None
    value = at(document, path)
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if is_number(value) else None
