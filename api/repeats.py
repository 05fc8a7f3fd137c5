"""The very same request again, within a moment: answered before anything is looked at but how often it comes.

A wall of dashboards asks alike, header for header. What such a request was answered half a second ago it is answered
again; what is remembered of logins and rules is so never older than a second.
"""

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass

from cachetools import TTLCache
from starlette.types import ASGIApp, Receive, Scope, Send

from api import envelope
from api.limiter import TooManyRequestsError

MOST = 1024
MOST_BYTES = 2**16  # of a body that is kept here too

_KEY = "rcstats.repeat"


@dataclass(frozen=True)
class Repeat:
    """An answer that may be given again: all but what is left of the minute, which `count` tells anew each time."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    count: Callable[[], dict[str, str]]


# By request; with what served it.
Kept = MutableMapping[object, tuple[Repeat, object]]


def keeping(seconds: float) -> Kept:
    """Room for what may be repeated for so long."""
    return TTLCache(MOST, seconds)


def allow(scope: Scope, repeat: Repeat) -> None:
    """Lets the answer to this request be repeated."""
    if len(repeat.body) <= MOST_BYTES:
        scope[_KEY] = repeat


class Repeats:
    """Answers what is repeated, and passes everything else on to the application inside."""

    def __init__(self, app: ASGIApp, kept: Kept) -> None:
        self._app = app
        self._kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope.get("client"):
            return await self._app(scope, receive, send)
        request = (scope["path"], scope["query_string"], tuple(scope["headers"]), scope["client"][0])
        if found := self._kept.get(request):
            repeat, scope["endpoint"] = found
            try:
                return await _sent(repeat, send)
            except TooManyRequestsError:
                pass  # is told further inside
        await self._app(scope, receive, send)
        if made := scope.get(_KEY):
            self._kept[request] = (made, scope.get("endpoint"))
        return None


async def _sent(repeat: Repeat, send: Send) -> None:
    headers = [*repeat.headers, *envelope.raw(repeat.count())]
    await send({"type": "http.response.start", "status": repeat.status, "headers": headers})
    await send({"type": "http.response.body", "body": repeat.body})
