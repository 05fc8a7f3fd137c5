"""The HTTP server: the one place that knows uvicorn, with the protocol of its connections in connections.py."""

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

BACKLOG = 128  # connections that the kernel holds until they are accepted
GRACE = 2  # seconds that running requests have at the end


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens, before anything else is started.

    Raises:
        RcstatsError: the address can't be had; the text names the setting.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise RcstatsError(f"RCSTATS_LISTEN: can't listen on {host}:{port}: {error.strerror}") from None
    # An answer is written in two parts; the second must not wait for the first to be acknowledged, 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def any_listener(host: str, port: int) -> socket.socket:
    """A socket on this port, or on any free one if it is taken."""
    try:
        return listener(host, port)
    except RcstatsError:
        return listener(host, 0)


def url(listening: socket.socket, scheme: str = "http") -> str:
    host, port = listening.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def is_loopback(listening: socket.socket) -> bool:
    return ip_address(listening.getsockname()[0]).is_loopback


class Server:
    """Serves an application on a socket that listens, within bounds."""

    def __init__(
        self,
        app: ASGIApp,
        listening: socket.socket,
        bounds: Bounds,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        """`tls` are the files of a certificate and its key.

        Raises:
            RcstatsError: these files can't be used.
        """
        self._listening = listening
        self._address = url(listening, "https" if tls else "http")
        if not (tls or is_loopback(listening)):
            log.warning("%s is open to others without TLS: tokens can be read on the way", self._address)
        # The kernel gives up a client that takes nothing for so long, also when the connection is closed on this side.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(bounds.write_seconds * 1000))
        bounds = affordable(bounds)
        # Its warnings tell of malformed requests: any client could fill the log with them.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        self._config = _config(_InPieces(app, bounds.piece), bounds, tls)
        self._bounds = bounds

    def run(self, answering: Callable[[str], None] = lambda _: None) -> None:
        """Serves until SIGTERM or Ctrl-C. `answering` gets the address once the port answers, and must not block."""
        server = _Uvicorn(self._config, self._listening, self._bounds, partial(answering, self._address))
        try:
            log.info("serving on %s", self._address)
            server.run()
        except KeyboardInterrupt:  # uvicorn raises it again when it has ended on a signal
            log.info("ended by a signal")
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
    except OSError as error:  # also what ssl finds wrong
        raise RcstatsError(f"RCSTATS_TLS_CERTIFICATE, RCSTATS_TLS_KEY: {error.strerror or error}") from None
    return config


class _Uvicorn(uvicorn.Server):
    """uvicorn, with an acceptor of ours; it calls `answering` once the port answers."""

    def __init__(
        self, config: uvicorn.Config, listening: socket.socket, bounds: Bounds, answering: Callable[[], None]
    ) -> None:
        super().__init__(config)
        connections = Connections(bounds, self.server_state.tasks)
        protocol = partial(BoundedProtocol, config, self.server_state, bounds)
        self._acceptor = Acceptor(listening, connections, protocol, bounds, config.ssl)
        self._answering = answering

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002  ours is known
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
        """Closes connections that only wait for their client to close them, or to take the end of its answer."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, BoundedProtocol) and not connection.is_answering:
                connection.transport.abort()


class _InPieces:
    """Sends long answers in pieces: a client that does not read keeps only one of them in memory."""

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
