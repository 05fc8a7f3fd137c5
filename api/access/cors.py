"""Owns CORS: the response to a browser's OPTIONS by the workspace's settings, as its release sends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import PlainTextResponse, Response

from api.rendering import envelope
from collector.statistics.releases import Release, release_of

SETTINGS = ("API_Enable_CORS", "API_CORS_Origin")

# From this release on, the server answers OK in words, and 403 to an origin that is not listed.
_ANSWERING = Release(7)

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

    def preflight(self, headers: Mapping[str, str], release: str | None = None) -> Response:
        """The response to OPTIONS: whether a page may send its request."""
        is_answering = release_of(release) >= _ANSWERING
        method = headers.get("access-control-request-method")
        text = "OK" if is_answering else ""
        if not (method or (is_answering and headers.get("origin"))):
            return PlainTextResponse(text)
        if not self.enabled:
            return PlainTextResponse(_OFF, 405)
        allowed = envelope.CORS | {"Access-Control-Allow-Methods": _METHODS}
        if self.listed == "*":
            return PlainTextResponse(text, headers=allowed)
        origin = headers.get("origin", "")
        if origin in {entry.strip().lower() for entry in self.listed.split(",")}:
            return PlainTextResponse(text, headers=allowed | {"Access-Control-Allow-Origin": origin, "Vary": "Origin"})
        return PlainTextResponse("Invalid origin", 403) if is_answering else PlainTextResponse()
