"""Owns the HTTP server; only it and protocol.py know uvicorn."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.network.acceptor import Acceptor
from api.network.bounds import Bounds, affordable
from api.network.connections import Connections
from api.network.protocol import BoundedProtocol
from collector.errors import RcstatsError

log = logging.getLogger(__name__)

BACKLOG = 128  # connections that the kernel queues until they are accepted
GRACE = 2  # seconds in which running requests may complete at shutdown


def listener(host: str, port: int) -> socket.socket:
    """A listening socket, opened before anything else is started.

    Raises:
        RcstatsError: the address is not available; the text names the setting.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise RcstatsError(f"RCSTATS_LISTEN: cannot listen on {host}:{port}: {error.strerror}") from None
    # A response is written in two parts; without this the second waits 40 ms for the first to be acknowledged.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def url(listening: socket.socket, scheme: str = "http") -> str:
    host, port = listening.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def is_loopback(listening: socket.socket) -> bool:
    return ip_address(listening.getsockname()[0]).is_loopback


class Server:
    """Serves an application on a listening socket, within bounds."""

    def __init__(
        self,
        app: ASGIApp,
        listening: socket.socket,
        bounds: Bounds,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        """`tls` are the files of a certificate and its key.

        Raises:
            RcstatsError: these files cannot be used.
        """
        self._listening = listening
        self._address = url(listening, "https" if tls else "http")
        if not (tls or is_loopback(listening)):
            log.warning('listening without tls address=%s risk="tokens can be intercepted"', self._address)
        # The kernel drops a client that acknowledges nothing for this long, even after this side has closed.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(bounds.write_seconds * 1000))
        bounds = affordable(bounds)
        # It logs malformed requests as warnings, with which any client could fill the log.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        self._config = _config(_InPieces(app, bounds.piece), bounds, tls)
        self._bounds = bounds

    def run(self, answering: Callable[[str], None] = lambda _: None) -> None:
        """Serves until SIGTERM or Ctrl-C. `answering` gets the address once it accepts requests and must not block."""
        server = _Uvicorn(self._config, self._listening, self._bounds, partial(answering, self._address))
        try:
            log.info("serving address=%s", self._address)
            server.run()
        except KeyboardInterrupt:  # uvicorn raises the signal again after its shutdown
            log.info("serving ended reason=signal")
        finally:
            self._listening.close()


def _config(app: ASGIApp, bounds: Bounds, tls: tuple[Path, Path] | None) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        interface="asgi3",
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(bounds.trusted_proxies),
        forwarded_allow_ips=list(bounds.trusted_proxies),
        timeout_keep_alive=bounds.idle_seconds,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
    )
    try:
        config.load()
    except OSError as error:  # includes ssl.SSLError
        raise RcstatsError(f"RCSTATS_TLS_CERTIFICATE, RCSTATS_TLS_KEY: {error.strerror or error}") from None
    return config


class _Uvicorn(uvicorn.Server):
    """uvicorn with our own acceptor; calls `answering` once it accepts requests."""

    def __init__(
        self, config: uvicorn.Config, listening: socket.socket, bounds: Bounds, answering: Callable[[], None]
    ) -> None:
        super().__init__(config)
        connections = Connections(bounds, self.server_state.tasks)
        protocol = partial(BoundedProtocol, config, self.server_state, bounds)
        self._acceptor = Acceptor(listening, connections, protocol, bounds, config.ssl)
        self._answering = answering

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002  the acceptor has it
        self.servers = []
        self._acceptor.start()
        self.started = True
        self._answering()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._acceptor.stop()
        for seconds in (GRACE / 2, GRACE - 0.1):
            asyncio.get_running_loop().call_later(seconds, self._abandon)
        await super().shutdown(sockets)

    def _abandon(self) -> None:
        """Closes connections that only wait for the client to close them, or to read the end of a response."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, BoundedProtocol) and not connection.is_answering:
                connection.transport.abort()


class _InPieces:
    """Sends long responses in pieces: for a client that does not read only one of them stays in memory."""

    def __init__(self, app: ASGIApp, piece: int) -> None:
        self._app = app
        self._piece = piece

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        def in_pieces(message: Message) -> Awaitable[None]:
            if len(message.get("body", b"")) > self._piece:
                return self._sent(message, send)
            return send(message)

        return self._app(scope, receive, in_pieces)

    async def _sent(self, message: Message, send: Send) -> None:
        body = memoryview(message["body"])
        last = (len(body) - 1) // self._piece * self._piece
        for start in range(0, last, self._piece):
            await send({**message, "body": bytes(body[start : start + self._piece]), "more_body": True})
        await send({**message, "body": bytes(body[last:])})
