"""Owns the envelope of responses: success and failure as Rocket.Chat sends them, and the headers of all."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

JSON = "application/json"  # without charset: clients compare the whole header

# The server forbids caching; ours lets the client cache, provided that it revalidates each time.
REVALIDATED = {"Cache-Control": "private, no-cache", "Pragma": "no-cache"}
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}

# On every response, as the server's; a browser sends a token only after a preflight request, which may be refused.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Origin, X-Requested-With, Content-Type, Accept, X-User-Id, X-Auth-Token, "
    "x-visitor-token, Authorization",
}
SAFE = {"X-Content-Type-Options": "nosniff"}

NOT_LOGGED_IN = {"status": "error", "message": "You must be logged in to do this."}


def success(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with `success` as its last key."""
    return {**{key: value for key, value in body.items() if key != "success"}, "success": True}


def failure(error: str, error_type: str | None = None, details: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Rocket.Chat's error body, without empty keys."""
    extras = {"errorType": error_type, "details": details}
    return {"success": False, "error": error} | {key: value for key, value in extras.items() if value}


def response(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response that must not be cached."""
    return encoded(orjson.dumps(body), status, headers)


def encoded(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The same, from a body that is already encoded."""
    return Response(body, status, NOT_KEPT | CORS | SAFE | dict(headers or {}), JSON)
