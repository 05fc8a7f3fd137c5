"""Owns a connection's protocol: uvicorn's HTTP, within limits of time, number and size."""

import asyncio
from typing import Any, NoReturn

import httptools
import orjson
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from api.network.bounds import Bounds
from api.network.connections import Admission
from api.rendering import envelope

# Bytes passed to the parser at a time, so that it never buffers more than this uncounted.
SLICE = 2**14

_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_TOO_LARGE = "the request headers are too many or too long"


class RefusedError(Exception):
    """Stops the parser; the connection is already closed."""


class BoundedProtocol(HttpToolsProtocol):
    """At any time, either a request is in progress or a timer runs that closes the connection."""

    def __init__(self, config: Config, state: ServerState, bounds: Bounds, admission: Admission) -> None:
        super().__init__(config, state, {})
        self._bounds = bounds
        self._admission = admission
        self._late: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._unanswered = 0
        self._is_last = False
        self._in_head = False
        self._slice = self._head = self._ahead = 0

    @property
    def is_answering(self) -> bool:
        return self._unanswered > 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Any byte that has to wait triggers pause_writing(). With TLS a limit of 0 counts as reached when none waits.
        transport.set_write_buffer_limits(high=1 if self.scheme == "https" else 0, low=0)
        self._expect_request()
        self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_late()
        self._stop_stalled()
        self._admission.leave()
        self.pipeline.clear()
        super().connection_lost(exc)

    def eof_received(self) -> Any:  # bool | None in asyncio; uvicorn declares None
        """Completes the response for a client that closed only its own side; impossible over TLS."""
        if self.scheme == "https" or not self.is_answering:
            return None
        self.cycle.keep_alive = False
        return True

    # Within time

    def _expect_request(self) -> None:
        self._late = self.loop.call_later(self._bounds.request_seconds, self._give_up)

    def _give_up(self) -> None:
        """Disconnects, as the request did not arrive in time; not while the previous one is still in progress."""
        if self.is_answering:
            self._expect_request()
        else:
            self.transport.abort()

    def _stop_late(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(self._bounds.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_stalled()
        self._rest()

    def _stop_stalled(self) -> None:
        if self._stalled:
            self._stalled.cancel()
            self._stalled = None

    def on_response_complete(self) -> None:
        self._unanswered -= 1
        super().on_response_complete()
        if self.pipeline and not self.transport.is_closing():
            self.flow.pause_reading()
        self._rest()

    def _rest(self) -> None:
        """Marks the connection idle unless a request is in progress or data is being sent."""
        if not (self._unanswered or self.flow.write_paused):
            self._admission.idle(self.transport.abort)

    # Within size

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if len(data) <= SLICE:
            self._feed(data)
        else:
            view = memoryview(data)
            for start in range(0, len(data), SLICE):
                self._feed(view[start : start + SLICE])
        if not (self._unanswered or self._late):
            self._expect_request()

    @property
    def _is_over(self) -> bool:
        """Whether no more data is read."""
        return self._is_last or self.transport.is_closing()

    def _feed(self, data: bytes | memoryview) -> None:
        if self._is_over:
            return
        if not self._has_room(len(data)):
            self._refuse(431, _TOO_LARGE)
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:  # the rest is not HTTP, or hides a body from a proxy
            self._end_after_answers()
        except httptools.HttpParserError:
            if not self._is_over:
                self._refuse(400, "invalid HTTP request")

    def _has_room(self, size: int) -> bool:
        """Counts the bytes for the parser: those of a head, and those of pipelined requests."""
        self._slice = size
        self._ahead = self._ahead + size if self.pipeline else 0
        if not self._in_head:
            return self._ahead <= self._bounds.head
        self._head += size
        return max(self._head, self._ahead) <= self._bounds.head and len(self.headers) <= self._bounds.headers

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= self._bounds.pipeline:
            self._stop(400, "too many pipelined requests")
        self._in_head = True
        self._head = self._slice
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in _FRAMING:
            self._check_body(name, value)
        self.headers.append((name, value.strip(b" \t")))

    def _check_body(self, name: bytes, value: bytes) -> None:
        if name == b"transfer-encoding":
            self._stop(400, "requests must not have a body")
        if int(value) > self._bounds.body:
            self._stop(413, f"the body exceeds {self._bounds.body} bytes")

    def on_headers_complete(self) -> None:
        if len(self.headers) > self._bounds.headers:
            self._stop(431, _TOO_LARGE)
        self._in_head = False
        self._head = 0
        super().on_headers_complete()
        self._unanswered += 1
        self._admission.busy()

    def on_body(self, body: bytes) -> None:
        """Discards the body; no route reads one."""

    def on_message_complete(self) -> None:
        self._stop_late()
        super().on_message_complete()

    def _stop(self, status: int, error: str) -> NoReturn:
        self._refuse(status, error)
        raise RefusedError

    def _refuse(self, status: int, error: str) -> None:
        """Responds with an error and closes; while earlier requests are in progress, only closes after these."""
        if self.is_answering:
            self._end_after_answers()
            return
        body = orjson.dumps(envelope.failure(error))
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()

    def _end_after_answers(self) -> None:
        self._is_last = True
        self.cycle.keep_alive = False
        self.flow.pause_reading()
