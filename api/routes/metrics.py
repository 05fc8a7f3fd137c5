"""What Prometheus scrapes: the workspace's main statistics, the newest snapshot, what the daemon did; and who may."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import ClassVar

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access.locality import is_local
from api.caching.single_flight import SECONDS, SingleFlightCache
from api.rendering import envelope
from collector import __version__
from collector.errors import DatabaseError
from collector.key_paths import Document, at
from collector.mongodb.connection import time_limit
from collector.numbers import is_number
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store
from collector.telemetry import Telemetry

# A gauge's name, its help, its label or "", and by label value where the snapshot has it; rows of a list are added up.
# What the snapshot does not have is no sample.
WORKSPACE: Sequence[tuple[str, str, str, Mapping[str, str]]] = (
    (
        "rocketchat_users",
        "Accounts of people: active, active with no other role than guest, deactivated.",
        "state",
        {"active": "activeUsers", "guest": "activeGuests", "inactive": "nonActiveUsers"},
    ),
    (
        "rocketchat_users_connected",
        "All accounts by presence.",
        "status",
        {"online": "onlineUsers", "away": "awayUsers", "busy": "busyUsers", "offline": "offlineUsers"},
    ),
    ("rocketchat_users_app", "Accounts of apps.", "", {"": "appUsers"}),
    ("rocketchat_accounts", "All accounts, also of bots, apps, guests and those who left.", "", {"": "totalUsers"}),
    ("rocketchat_daily_active_users", "Users of yesterday.", "", {"": "uniqueUsersOfYesterday.data.count"}),
    ("rocketchat_weekly_active_users", "Users of the last 7 days.", "", {"": "uniqueUsersOfLastWeek.data.count"}),
    ("rocketchat_monthly_active_users", "Users of the last month.", "", {"": "uniqueUsersOfLastMonth.data.count"}),
    (
        "rocketchat_rooms",
        "Rooms by type, discussions and the main rooms of teams included.",
        "type",
        {"channel": "totalChannels", "private_group": "totalPrivateGroups"}
        | {"direct": "totalDirect", "livechat": "totalLivechat"},
    ),
    ("rocketchat_discussions", "Discussions in rooms of any type.", "", {"": "totalDiscussions"}),
    ("rocketchat_teams", "Teams.", "", {"": "teams.totalTeams"}),
    (
        "rocketchat_messages",
        "Messages by type of room, as the counters of the rooms say, which drift.",
        "room_type",
        {"channel": "totalChannelMessages", "private_group": "totalPrivateGroupMessages"}
        | {"discussion": "totalDiscussionsMessages", "direct": "totalDirectMessages"}
        | {"livechat": "totalLivechatMessages"},
    ),
    ("rocketchat_messages_stored", "Messages that there are.", "", {"": "collector.messages.documents"}),
    ("rocketchat_last_message_timestamp_seconds", "Date of the newest message.", "", {"": "lastMessageSentAt"}),
    ("rocketchat_last_login_timestamp_seconds", "When an account last logged in.", "", {"": "lastLogin"}),
    ("rocketchat_uploads", "Uploaded files, thumbnails included.", "", {"": "uploadsTotal"}),
    ("rocketchat_upload_bytes", "The size of all uploaded files together.", "", {"": "uploadsTotalSize"}),
    ("rocketchat_livechat_visitors", "Omnichannel visitors.", "", {"": "totalLivechatVisitors"}),
    ("rocketchat_livechat_agents", "Accounts with the role livechat-agent.", "", {"": "totalLivechatAgents"}),
    ("rocketchat_apps_installed", "Installed apps.", "", {"": "apps.totalInstalled"}),
    ("rocketchat_push_queue_notifications", "Push notifications that wait to be sent.", "", {"": "pushQueue"}),
    ("rocketchat_instances", "Servers of this workspace that are alive.", "", {"": "instanceCount"}),
)
ABOUT = {"version": "version", "unique_id": "uniqueId", "mongodb_version": "mongoVersion"}
ABOUT |= {"node_version": "process.nodeVersion", "deploy_method": "deploy.method", "deploy_platform": "deploy.platform"}

IDENTITY_HOLDS, IDENTITY_WITHIN = 60.0, 0.5  # seconds
MOST_ACCEPTED = 1000  # characters of an Accept header that are read
NEWEST_WITHIN = 0.9  # seconds that a scrape waits for the store

# The library stumbles over a version that is none.
_BAD_VERSION = re.compile(r"version=(?![0-9]{1,3}(\.[0-9]{1,3}){0,2} *([,;]|$))")


class NotLocalError(Exception):
    """There is no token, and the request is not surely from a process of this host."""


class NoTokenError(Exception):
    """There is a token, and the request does not have it."""

    headers: ClassVar = {"WWW-Authenticate": "Bearer"}


class Newest:
    """The workspace's newest snapshot, by one query; whose it is the workspace tells once a minute, if it can."""

    def __init__(
        self,
        workspace: RocketChat,
        store: Store,
        *,
        identity_holds: float = IDENTITY_HOLDS,
        identity_within: float = IDENTITY_WITHIN,
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._identity_holds = identity_holds
        self._identity_within = identity_within
        self._identity = ""
        self._asked_at = 0.0

    def __call__(self) -> Document | None:
        """None if there is none, or if the workspace has not told yet who it is.

        Raises:
            DatabaseError: the store does not answer.
        """
        if not self._identity or time.monotonic() - self._asked_at > self._identity_holds:
            self._asked_at = time.monotonic()
            with suppress(DatabaseError), time_limit(self._identity_within):
                self._identity = self._workspace.identity()
        if self._identity:
            return self._store.newest(self._identity)
        self._store.edition()  # whether it answers
        return None


class Metrics:
    """Answers `GET /metrics`, to this host alone unless there is a token; `newest` counts for `seconds`."""

    def __init__(
        self,
        newest: Callable[[], Document | None] = lambda: None,
        telemetry: Telemetry | None = None,
        token: str = "",
        seconds: float = SECONDS,
    ) -> None:
        self.telemetry = telemetry or Telemetry()
        self._newest = SingleFlightCache[str, Document | None](lambda _: newest(), 1, seconds)
        self._token = token.encode()
        ProcessCollector(registry=self.telemetry.registry)

    async def scrape(self, request: Request) -> Response:
        """In the format that the request prefers.

        Raises:
            NotLocalError, NoTokenError: the request may not have it.
        """
        self._admit(request)
        accepted = request.headers.get("accept", "")[:MOST_ACCEPTED]
        encode, kind = choose_encoder("" if _BAD_VERSION.search(accepted) else accepted)
        body = await run_in_threadpool(encode, _Scrape(*await self._read(), self.telemetry.registry))
        return Response(body, headers=envelope.NOT_KEPT | envelope.SAFE | {"Content-Type": kind})

    def _admit(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if not (self._token or is_local(request)):
            raise NotLocalError("Only requests from this host are accepted unless RCSTATS_METRICS_TOKEN is set")
        if self._token and not (scheme.lower() == "bearer" and compare_digest(given.encode("latin-1"), self._token)):
            raise NoTokenError("Expected the header Authorization: Bearer, with the token of RCSTATS_METRICS_TOKEN")

    async def _read(self) -> tuple[Document, int]:
        """The newest snapshot, {} if there is none, and 1 if the store answers, else 0."""
        try:
            return await self._newest.get("", asyncio.get_running_loop().time() + NEWEST_WITHIN) or {}, 1
        except (DatabaseError, TimeoutError):
            self.telemetry.database_errors.labels("request").inc()
            return {}, 0


@dataclass(frozen=True)
class _Scrape(Collector):
    """All that is told at a moment."""

    snapshot: Document
    store_up: int
    counted: CollectorRegistry

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("rcstats_build", "The release of rcstats.", {"version": __version__})
        yield GaugeMetricFamily("rcstats_store_up", "1 if the store of snapshots answers, else 0.", self.store_up)
        yield from self.counted.collect()
        yield from (gauge for gauge in (*_of_snapshot(self.snapshot), *_of_workspace(self.snapshot)) if gauge.samples)


def _of_snapshot(snapshot: Document) -> Iterator[Metric]:
    """When the newest snapshot was taken, and how that went."""
    created, readings = _number(snapshot, "createdAt"), at(snapshot, "collector.readings") or {}
    age = None if created is None else max(time.time() - created, 0.0)  # clocks differ a little
    yield GaugeMetricFamily("rcstats_snapshot_age_seconds", "Time since the newest snapshot was taken.", age)
    took = _number(snapshot, "collector.seconds")
    yield GaugeMetricFamily("rcstats_snapshot_duration_seconds", "How long the newest snapshot took.", took)
    each = {name: _number(reading, "seconds") for name, reading in readings.items()}
    yield _gauge("rcstats_reading_duration_seconds", "How long each of its readings took.", "reading", each)
    ok = {name: float(reading["ok"]) for name, reading in readings.items()}
    yield _gauge("rcstats_reading_ok", "1 for each of its readings that went well, else 0.", "reading", ok)


def _of_workspace(snapshot: Document) -> Iterator[Metric]:
    about = {label: at(snapshot, path) for label, path in ABOUT.items()}
    known = {label: value for label, value in about.items() if isinstance(value, str)}
    yield InfoMetricFamily("rocketchat", "The workspace and what it runs on.", known or None)
    for name, meaning, label, paths in WORKSPACE:
        yield _gauge(name, meaning, label, {value: _number(snapshot, path) for value, path in paths.items()})


def _gauge(name: str, meaning: str, label: str, numbers: Mapping[str, float | None]) -> Metric:
    """A gauge with the samples that there are; without a `label` it is one."""
    gauge = GaugeMetricFamily(name, meaning, labels=[label] if label else [])
    for value, number in numbers.items():
        if number is not None:
            gauge.add_metric([value] if label else [], number)
    return gauge


def _number(document: Document, path: str) -> float | None:
    """A number, or a date in seconds, at a dotted path; of a list's rows the sum; None where there is none."""
    parent, _, key = path.rpartition(".")
    if isinstance(rows := at(document, parent), list):
        return float(sum(row[key] for row in rows))
    value = at(document, path)
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if is_number(value) else None
