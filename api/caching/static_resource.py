"""Resources that never change while the process lives: encoded once, and sent only to clients that do not have them."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Self

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.caching import etag
from api.rendering.compression import chosen, compressed
from api.rendering.envelope import SAFE
from api.rendering.negotiation import names, value

_REVALIDATED = {"Cache-Control": "no-cache"}
_FOR_A_YEAR = {"Cache-Control": "public, max-age=31536000, immutable"}


class StaticResource:
    """Bytes under a content type and a tag; they are read and encoded at the first request for them.

    Clients that name the `release` in the URL may keep them for a year.
    """

    def __init__(
        self, read: Callable[[], bytes], kind: str, tag: str, headers: Mapping[str, str], release: str = ""
    ) -> None:
        self._headers = {**SAFE, "Vary": "Accept-Encoding", "ETag": etag.weak(tag), "Content-Type": kind, **headers}
        self._tag = tag
        self._release = release
        self._encoded = lru_cache(maxsize=None)(lambda encoding: b"".join(compressed([read()], encoding)))

    @classmethod
    def of(cls, body: bytes, kind: str, headers: Mapping[str, str]) -> Self:
        """A resource whose bytes are in memory already."""
        return cls(lambda: body, kind, etag.tag_of(body), headers)

    async def respond(self, request: Request) -> Response:
        """The bytes, or that the client still has them."""
        is_dated = self._release and request.query_params.get("v") == self._release
        headers = self._headers | (_FOR_A_YEAR if is_dated else _REVALIDATED)
        if names(value(request.headers, "if-none-match"), self._tag):
            return Response(status_code=304, headers=headers)
        encoding = chosen(value(request.headers, "accept-encoding")).name
        body = await run_in_threadpool(self._encoded, encoding)
        return Response(body, headers=headers | ({"Content-Encoding": encoding} if encoding else {}))
