"""Owns CORS: the response to a browser's OPTIONS by the workspace's settings, as Rocket.Chat 8 sends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import PlainTextResponse, Response

from api.rendering import envelope

SETTINGS = ("API_Enable_CORS", "API_CORS_Origin")

_OFF = 'CORS not enabled. Go to "Admin > General > REST Api" to enable it.'
_METHODS = "GET, POST, PUT, DELETE, HEAD, PATCH"


@dataclass(frozen=True)
class Origins:
    """The allowed origins: none, all, or those listed."""

    enabled: bool = False
    listed: str = "*"

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Origins":
        listed = settings.get("API_CORS_Origin")
        return cls(
            settings.get("API_Enable_CORS") is True, listed if isinstance(listed, str) and listed else cls.listed
        )

    def preflight(self, headers: Mapping[str, str]) -> Response:
        """The response to OPTIONS: whether a page may send its request."""
        if not (headers.get("origin") or headers.get("access-control-request-method")):
            return PlainTextResponse("OK")
        if not self.enabled:
            return PlainTextResponse(_OFF, 405)
        allowed = envelope.CORS | {"Access-Control-Allow-Methods": _METHODS}
        if self.listed == "*":
            return PlainTextResponse("OK", headers=allowed)
        origin = headers.get("origin", "")
        if origin not in {entry.strip().lower() for entry in self.listed.split(",")}:
            return PlainTextResponse("Invalid origin", 403)
        return PlainTextResponse("OK", headers=allowed | {"Access-Control-Allow-Origin": origin, "Vary": "Origin"})
