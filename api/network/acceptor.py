"""Owns the acceptance of connections: those beyond the limits are refused before anything is read."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import orjson

from api.network.bounds import Bounds
from api.network.connections import Admission, Connections, ThrottledLog
from api.rendering import envelope

BATCH = 16  # connections accepted in a row: idle ones that they replace are closed only afterwards
RETRY_SECONDS = 1.0  # after an error such as too many open files

_BODY = orjson.dumps(envelope.failure("too many connections"))
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
    b"retry-after: 5\r\nconnection: close\r\n\r\n%b"
) % (len(_BODY), _BODY)


@dataclass
class Acceptor:
    """Attaches a protocol to each admitted connection, with `tls` after a handshake.

    asyncio's own `create_server` does not limit connections, and without a free descriptor it logs thousands of lines
    per second.
    """

    listening: socket.socket
    connections: Connections
    protocol: Callable[[Admission], asyncio.Protocol]
    bounds: Bounds
    tls: ssl.SSLContext | None
    _starting: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _failed: ThrottledLog = field(default_factory=ThrottledLog, init=False)
    _retry: asyncio.TimerHandle | None = field(default=None, init=False)

    def start(self) -> None:
        """Starts accepting, on the running event loop."""
        self.listening.settimeout(0)
        asyncio.get_running_loop().add_reader(self.listening, self._accept)

    def stop(self) -> None:
        """Stops accepting; open connections stay open."""
        if self._retry:
            self._retry.cancel()
        asyncio.get_running_loop().remove_reader(self.listening)

    def _accept(self) -> None:
        for _ in range(BATCH):
            try:
                connection, (host, *_) = self.listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._failed.warning("accept failed error=%r", error.strerror)
                self.stop()
                self._retry = asyncio.get_running_loop().call_later(RETRY_SECONDS, self.start)
                return
            if admission := self.connections.admit(host):
                self._begin(connection, admission)
            else:
                self._refuse(connection)

    def _begin(self, connection: socket.socket, admission: Admission) -> None:
        task = asyncio.get_running_loop().create_task(self._connect(connection, admission))
        admission.idle(task.cancel)
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _connect(self, connection: socket.socket, admission: Admission) -> None:
        is_open = False
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self.protocol(admission),
                connection,
                ssl=self.tls,
                ssl_handshake_timeout=self.bounds.request_seconds if self.tls else None,
                ssl_shutdown_timeout=self.bounds.write_seconds if self.tls else None,
            )
            is_open = not transport.is_closing()
        except OSError:
            pass  # the client does not speak TLS, has disconnected, or was too slow
        finally:
            if not is_open:
                admission.leave()

    def _refuse(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(0)
            if not self.tls:
                connection.send(_REFUSAL)
            connection.recv(2**16)  # bytes left unread would make the close a reset, which may overtake the answer
