"""The HTTP application: the whole route table and the whole error map."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import envelope, reference
from api.answers import Answers
from api.auth import NotAllowedError, NotLoggedInError
from api.limiter import TooManyRequestsError
from api.query import BadParametersError, BadQueryError
from api.statistics import Statistics
from api.status import Status
from collector.errors import DatabaseError

log = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]


def create(answers: Answers, statistics: Statistics, status: Status) -> Starlette:
    """The application. What a handler asks of MongoDB it asks on the thread pool."""

    def served(path: str, handler: Handler) -> Route:
        """A route of Rocket.Chat's own, which answers a browser's OPTIONS too."""

        async def endpoint(request: Request) -> Response:
            return await (answers.preflight if request.method == "OPTIONS" else handler)(request)

        return Route(path, endpoint, methods=["GET", "OPTIONS"])

    return Starlette(
        routes=[
            served("/api/v1/statistics.list", statistics.list),
            served("/api/v1/statistics", statistics.newest),
            served("/api/v1/statistics.dictionary", statistics.dictionary),
            served("/api/info", statistics.info),
            served("/api/v1/info", statistics.info),
            Route("/openapi.json", reference.openapi().answer),
            Route("/docs", reference.page().answer),
            Route("/health", status.health),
            Route("/ready", status.ready),
        ],
        exception_handlers=ERRORS,
    )


def _failed(status: int, body: Callable[[Any], Mapping[str, Any]]) -> Callable[[Request, Any], Response]:
    """Answers an error with a body made from it, and with what the request has left of its minute."""

    def answer(request: Request, error: Any) -> Response:
        headers = getattr(request.state, "limits", {}) | dict(getattr(error, "headers", None) or {})
        return envelope.response(body(error), status, headers)

    return answer


def _bad_query(error: BadQueryError) -> Mapping[str, Any]:
    """The server's own body; what it leaves unsaid stands in `details`."""
    details = {"helperMethod": "parseJsonQuery", "reason": error.reason}
    return envelope.failure(error.error, error.error_type, details)


def _no_database(request: Request, error: DatabaseError) -> Response:
    log.warning("%s: %s (%r)", request.url.path, error, error.__cause__)
    return envelope.response(envelope.failure(str(error)), 503)


def _no_route(request: Request, error: HTTPException) -> Response:
    """An unknown path, or a method that the path does not have; clients expect JSON of these too."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        body: Mapping[str, Any] = {"status": "error", "message": "API endpoint does not exist"}
    else:
        body = envelope.failure("Resource not found")
    return _failed(error.status_code, lambda _: body)(request, error)


ERRORS: Mapping[type[Exception], Callable[[Request, Any], Response]] = {
    NotLoggedInError: _failed(401, lambda _: envelope.NOT_LOGGED_IN),
    NotAllowedError: _failed(400, lambda _: envelope.failure("error-not-allowed")),
    BadParametersError: _failed(400, lambda _: envelope.failure("Invalid query parameters")),
    BadQueryError: _failed(400, _bad_query),
    TooManyRequestsError: _failed(429, lambda error: envelope.failure(str(error))),
    DatabaseError: _no_database,
    HTTPException: _no_route,
    Exception: _failed(500, lambda _: envelope.failure("Internal server error")),
}
