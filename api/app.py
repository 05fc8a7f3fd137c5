"""Owns the HTTP application: the route table, the error map, and the metrics of requests."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from cachetools import TTLCache
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.auth import NotAllowedError, NotLoggedInError
from api.access.rate_limit import TooManyRequestsError
from api.caching.responses import ResponseCache
from api.caching.turns import BusyError
from api.dashboard import static_files
from api.openapi import docs_page
from api.query.listing import BadParametersError, BadQueryError
from api.rendering import envelope
from api.routes.health import Status
from api.routes.metrics import Metrics, NotLocalError, NoTokenError
from api.routes.statistics import Handler, Statistics
from collector.errors import AbandonedError, DatabaseError
from collector.telemetry import Telemetry

log = logging.getLogger(__name__)

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LOGGED_AGAIN = 60.0  # seconds after which the same MongoDB error is logged again
OTHER = "other"  # the route of unknown paths
MEASURED = "/api/"  # the routes whose durations somebody watches: those of pages and probes would be mostly buckets


def create(
    answers: ResponseCache,
    statistics: Statistics,
    status: Status,
    metrics: Metrics | None = None,
    chart: Callable[[], Path | None] = static_files.installed_chart,
) -> Starlette:
    """The application. Handlers query MongoDB on the thread pool.

    Without `metrics`, `/metrics` exports only metrics of requests, and no statistics.
    """
    metrics = metrics or Metrics()

    def served(path: str, handler: Handler) -> Route:
        """A route of Rocket.Chat's API, which also responds to a browser's OPTIONS."""

        async def endpoint(request: Request) -> Response:
            return await (answers.preflight if request.method == "OPTIONS" else handler)(request)

        return Route(path, endpoint, methods=["GET", "OPTIONS"])

    routes = [
        served("/api/v1/statistics.list", statistics.list),
        served("/api/v1/statistics", statistics.newest),
        served("/api/v1/statistics.series", statistics.series),
        served("/api/v1/statistics.forecast", statistics.forecast),
        served("/api/v1/statistics.limits", statistics.limits),
        served("/api/v1/statistics.events", statistics.events),
        served("/api/v1/statistics.dictionary", statistics.dictionary),
        served("/api/info", statistics.info),
        served("/api/v1/info", statistics.info),
        *static_files.routes(chart()),
        Route("/openapi.json", docs_page.openapi().respond),
        Route("/docs", docs_page.page().respond),
        Route("/metrics", metrics.scrape),
        Route("/health", status.health),
        Route("/ready", status.ready),
    ]
    application = Starlette(
        routes=routes,
        exception_handlers={**ERRORS, DatabaseError: _no_database(metrics.telemetry)},
        middleware=[Middleware(_Counted, routes, metrics.registry)],
    )
    application.router.redirect_slashes = False  # its redirects contain host and scheme, which a proxy changes
    return application


class _Counted:
    """Middleware that counts requests, and measures the duration of those to the API, by route template."""

    def __init__(self, app: ASGIApp, routes: Iterable[Route], registry: CollectorRegistry) -> None:
        self._app = app
        self._routes: dict[object, str] = {route.endpoint: route.path for route in routes}
        name, labels = "rcstats_http_request", ["route", "status"]
        answers = Counter(f"{name}s", "Requests by response status.", labels, registry=registry)
        seconds = Histogram(
            f"{name}_duration_seconds",
            "Time until the response was sent, for the routes of the API.",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        self._count = cache(lambda route, status: answers.labels(route, status).inc)
        measured = (route for route in self._routes.values() if route.startswith(MEASURED))
        self._observe = {route: seconds.labels(route).observe for route in measured}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        status, begun = 0, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except asyncio.CancelledError:  # the daemon shuts down, and the request has exceeded its grace period
            if not status:
                await envelope.response(envelope.failure("rcstats is shutting down"), 503)(scope, receive, noted)
        finally:
            route = self._routes.get(scope.get("endpoint"), OTHER)
            if observe := self._observe.get(route):
                observe(time.perf_counter() - begun)
            self._count(route, status or 500)()


def _text(error: Exception) -> Mapping[str, Any]:
    return envelope.failure(str(error))


def _failed(status: int, body: Callable[[Any], Mapping[str, Any]] = _text) -> Callable[[Request, Any], Response]:
    """An exception handler that renders the error with `body`, and adds the rate limit headers."""

    def answer(request: Request, error: Any) -> Response:
        headers = getattr(request.state, "limits", {}) | dict(getattr(error, "headers", None) or {})
        return envelope.response(body(error), status, headers)

    return answer


def _not_allowed(request: Request, error: NotAllowedError) -> Response:
    """The refusal of the workspace's release: 403 from 9.0 on, before it 400."""
    status, kind = (403, "error-forbidden") if error.is_forbidden else (400, None)
    return _failed(status, lambda _: envelope.failure(str(error), kind))(request, error)


def _bad_query(error: BadQueryError) -> Mapping[str, Any]:
    """Rocket.Chat's error body, with the reason in `details`."""
    details = {"helperMethod": "parseJsonQuery", "reason": error.reason}
    return envelope.failure(error.error, error.error_type, details)


def _no_database(telemetry: Telemetry) -> Callable[[Request, Any], Response]:
    logged: TTLCache[str, bool] = TTLCache(16, LOGGED_AGAIN)

    def answer(request: Request, error: DatabaseError) -> Response:
        telemetry.database_errors.add("request")
        if str(error) not in logged:
            logged[str(error)] = True
            log.warning('request failed route=%s error="%s"', request.scope["route"].path, error)
        # The reason can name hosts, which clients should not know.
        return envelope.response(envelope.failure(error.brief), 503)

    return answer


def _no_route(request: Request, error: HTTPException) -> Response:
    """Handles unknown paths and methods; clients expect JSON for these too."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        body: Mapping[str, Any] = {"status": "error", "message": "API endpoint does not exist"}
    else:
        body = envelope.failure("Resource not found")
    return _failed(error.status_code, lambda _: body)(request, error)


ERRORS: Mapping[type[Exception], Callable[[Request, Any], Response]] = {
    NotLoggedInError: _failed(401, lambda _: envelope.NOT_LOGGED_IN),
    NotAllowedError: _not_allowed,
    BadParametersError: _failed(400, lambda _: envelope.failure("Invalid query parameters")),
    BadQueryError: _failed(400, _bad_query),
    TooManyRequestsError: _failed(429),
    BusyError: _failed(429),
    NotLocalError: _failed(403),
    NoTokenError: _failed(401),
    AbandonedError: _failed(503),
    HTTPException: _no_route,
    Exception: _failed(500, lambda _: envelope.failure("Internal server error")),
}
