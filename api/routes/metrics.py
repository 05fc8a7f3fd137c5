"""Owns the Prometheus metrics: main statistics, newest snapshot and the daemon's counters; and access to them."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
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
from api.routes.gauges import gauge, number
from api.routes.limit_metrics import of_limits
from api.routes.server_metrics import ServerMetrics
from api.routes.workspace_metrics import of_workspace
from collector import __version__
from collector.errors import DatabaseError
from collector.key_paths import Document, at
from collector.mongodb.connection import time_limit
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store
from collector.telemetry import Telemetry

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
    """Serves `GET /metrics`, only to local requests unless a token is set; `newest` is cached for `seconds`.

    `schedule` returns why snapshots are not taken as they should be, or "". `server` makes Rocket.Chat's own metrics.
    """

    def __init__(
        self,
        newest: Callable[[], Document | None] = lambda: None,
        telemetry: Telemetry | None = None,
        token: str = "",
        seconds: float = SECONDS,
        *,
        schedule: Callable[[], str] = lambda: "",
        server: ServerMetrics | None = None,
    ) -> None:
        self.telemetry = telemetry or Telemetry()
        self._newest = SingleFlightCache(newest, seconds)
        self._token = token.encode()
        self._server = server
        self.registry = counting(self.telemetry, schedule)
        """To which the application adds the metrics of its requests."""

    async def scrape(self, request: Request) -> Response:
        """Responds in the format that the request prefers.

        Raises:
            NotLocalError, NoTokenError: access is denied.
        """
        self._admit(request)
        accepted = request.headers.get("accept", "")[:MOST_ACCEPTED]
        encode, kind = choose_encoder("" if _BAD_VERSION.search(accepted) else accepted)
        body = await run_in_threadpool(encode, _Scrape(*await self._read(), self.registry, self._server))
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
    server: ServerMetrics | None

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("rcstats_build", "Version of rcstats.", {"version": __version__})
        yield GaugeMetricFamily("rcstats_store_up", "1 if the store is available, else 0.", self.store_up)
        yield from self.counted.collect()
        yield from (metric for metric in (*_of_snapshot(self.snapshot), *self._of_workspace()) if metric.samples)

    def _of_workspace(self) -> Iterator[Metric]:
        server = self.server if self.snapshot else None
        yield from of_workspace(self.snapshot, server.labels() if server else {})
        if server:
            yield from server.of(self.snapshot)


def _of_snapshot(snapshot: Document) -> Iterator[Metric]:
    """Metrics of the newest snapshot itself."""
    created, readings = number(snapshot, "createdAt"), at(snapshot, "collector.readings") or {}
    age = None if created is None else max(time.time() - created, 0.0)  # clocks differ a little
    yield GaugeMetricFamily("rcstats_snapshot_timestamp_seconds", "Date of the newest snapshot.", created)
    yield GaugeMetricFamily("rcstats_snapshot_age_seconds", "Time since the newest snapshot was taken.", age)
    took = number(snapshot, "collector.seconds")
    yield GaugeMetricFamily("rcstats_snapshot_duration_seconds", "Duration of the newest snapshot.", took)
    each = {name: number(reading, "seconds") for name, reading in readings.items()}
    yield gauge("rcstats_reading_duration_seconds", "Duration of each of its readings.", "reading", each)
    ok = {name: float(reading["ok"]) for name, reading in readings.items()}
    yield gauge("rcstats_reading_ok", "1 for each of its successful readings, else 0.", "reading", ok)
    read_at = {name: number(reading, "readAt") for name, reading in readings.items()}
    meaning = "Date on which an expensive reading was read, if RCSTATS_SCAN_INTERVAL is set."
    yield gauge("rcstats_reading_timestamp_seconds", meaning, "reading", read_at)
    yield from _of_recount(at(snapshot, "collector.recount"))
    yield from of_limits(at(snapshot, "collector.limits"))


def _of_recount(recount: object) -> Iterator[Metric]:
    """Metrics of the last recount of unchanged values."""
    known = recount if isinstance(recount, dict) else {}
    differing = known.get("differing")
    many = float(len(differing)) if isinstance(differing, list) else None
    at_ = number(known, "at")
    yield GaugeMetricFamily("rcstats_recount_timestamp_seconds", "Date of the last recount of unchanged values.", at_)
    yield GaugeMetricFamily("rcstats_recount_differing_readings", "Readings that the last recount refuted.", many)
