"""Owns the body of a response: complete, or streamed in pieces."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from starlette.concurrency import iterate_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from api.rendering.compression import SMALL, Coding, compressed
from collector.errors import DatabaseError

log = logging.getLogger(__name__)

# Bytes up to which a body is built completely and may be cached; a longer one is streamed in pieces.
WHOLE = 4 * 2**20
PIECE = 2**16
BEGUN_WITHIN = 0.5  # seconds after which a body that is not complete is streamed from its beginning on
# Bytes beyond which a response is long: the most that may be buffered for each slow client.
LONG = 2**18
SENT_WITHIN = 300.0  # seconds


@dataclass(frozen=True)
class Body:
    """The bytes of a response; `rest` yields the remaining ones if it is too long to be built completely."""

    begun: bytes
    rest: Iterator[bytes] | None
    encoding: str

    def __len__(self) -> int:
        """The bytes in memory."""
        return len(self.begun)

    @property
    def is_long(self) -> bool:
        return self.rest is not None or len(self.begun) > LONG

    async def pieces(self) -> AsyncIterator[bytes]:
        yield self.begun
        if self.rest:
            async for piece in iterate_in_threadpool(self.rest):
                yield piece


def nothing() -> None:
    """A short response holds no turn."""


def response(body: Body, headers: Mapping[str, str], leave: Callable[[], None] = nothing) -> Response:
    """The body as a response with status 200; for a long one `leave` is called once it has been sent."""
    headers = {**headers, **({"Content-Encoding": body.encoding} if body.encoding else {})}
    if body.rest is None:
        headers["Content-Length"] = str(len(body.begun))
    return _LongResponse(body, headers, leave) if body.is_long else Response(body.begun, 200, headers)


class _LongResponse(StreamingResponse):
    """Streams a body piece by piece, and calls `leave` at the end.

    If MongoDB fails or the client is too slow, the connection is closed before the body is complete.
    """

    def __init__(self, body: Body, headers: Mapping[str, str], leave: Callable[[], None]) -> None:
        super().__init__(body.pieces(), 200, headers)
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()

    async def stream_response(self, send: Send) -> None:
        try:
            async with asyncio.timeout(SENT_WITHIN):
                await super().stream_response(send)
        except TimeoutError:
            log.warning("response aborted reason=slow_client seconds=%d", SENT_WITHIN)
        except DatabaseError as error:
            log.warning('response aborted reason=database error="%s"', error)


def begin(parts: Iterator[bytes], coding: Coding, clock: Callable[[], float] = time.monotonic) -> Body:
    """A body of these parts: up to WHOLE bytes, or those made within BEGUN_WITHIN; and the rest if there is more."""
    begun = b"".join(_up_to(SMALL, parts))
    if len(begun) < SMALL and not coding.is_required:
        return Body(begun, None, "")
    pieces = _pieces(compressed(chain([begun], parts), coding.name))
    taken, until = bytearray(), clock() + BEGUN_WITHIN
    for piece in pieces:
        taken += piece
        if len(taken) >= WHOLE or clock() > until:
            return Body(bytes(taken), pieces, coding.name)
    return Body(bytes(taken), None, coding.name)


def _up_to(size: int, parts: Iterator[bytes]) -> Iterator[bytes]:
    """Parts up to this total size."""
    taken = 0
    while taken < size and (part := next(parts, None)) is not None:
        taken += len(part)
        yield part


def _pieces(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts, joined to pieces of at least PIECE bytes."""
    while piece := b"".join(_up_to(PIECE, parts)):
        yield piece
