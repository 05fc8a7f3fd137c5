"""The HTTP application: the whole route table and the whole error map."""

import functools
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import envelope
from api.auth import NotAllowedError, NotLoggedInError
from api.query import BadQueryError
from api.statistics import Statistics
from api.status import Status
from collector.connection import time_limit
from collector.errors import DatabaseError

log = logging.getLogger(__name__)

# Seconds that MongoDB has for one request; a snapshot that a request asks for has its readings' own limits.
ANSWER_WITHIN = 4.0

Handler = Callable[[Request], Response]


def create(statistics: Statistics, status: Status) -> Starlette:
    """The application; its handlers are plain functions, which Starlette runs on its thread pool."""
    return Starlette(
        routes=[
            Route("/api/v1/statistics.list", _bounded(statistics.list)),
            Route("/api/v1/statistics", _bounded(statistics.newest)),
            Route("/api/v1/statistics.dictionary", _bounded(statistics.dictionary)),
            Route("/api/info", _bounded(statistics.info)),
            Route("/api/v1/info", _bounded(statistics.info)),
            Route("/health", status.health),
            Route("/ready", _bounded(status.ready)),
        ],
        exception_handlers=ERRORS,
    )


def _bounded(handler: Handler) -> Handler:
    @functools.wraps(handler)
    def answer(request: Request) -> Response:
        with time_limit(ANSWER_WITHIN):
            return handler(request)

    return answer


def _bad_query(_: Request, error: BadQueryError) -> Response:
    """The server's own body; what it leaves unsaid stands in `details`."""
    details = {"helperMethod": "parseJsonQuery", "reason": error.reason}
    return envelope.response(envelope.failure(error.error, error.error_type, details), 400)


def _no_database(request: Request, error: DatabaseError) -> Response:
    log.warning("%s: %s (%r)", request.url.path, error, error.__cause__)
    return envelope.response(envelope.failure(str(error)), 503)


def _no_route(_: Request, error: HTTPException) -> Response:
    """An unknown path, or a method that the path does not have; clients expect JSON of these too."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        body = {"status": "error", "message": "API endpoint does not exist"}
    else:
        body = envelope.failure("Resource not found")
    answer = envelope.response(body, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


ERRORS: Mapping[type[Exception], Callable[[Request, Any], Response]] = {
    NotLoggedInError: lambda _, __: envelope.response(envelope.NOT_LOGGED_IN, 401),
    NotAllowedError: lambda _, __: envelope.response(envelope.failure("error-not-allowed"), 400),
    BadQueryError: _bad_query,
    DatabaseError: _no_database,
    HTTPException: _no_route,
    Exception: lambda _, __: envelope.response(envelope.failure("Internal server error"), 500),
}
