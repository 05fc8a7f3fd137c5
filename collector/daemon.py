"""Runs the schedule and an HTTP application together, and ends both on SIGTERM or Ctrl-C."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from collector.errors import RcstatsError
from collector.schedule import Schedule

log = logging.getLogger(__name__)

GRACE = 2  # seconds that running requests have at the end
END_WITHIN = 1.5  # seconds that a running query has after them
MOST_CONNECTIONS = 500
MOST_HEAD = 65_536  # bytes of a request's line and headers


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens, before anything else is started.

    Raises:
        RcstatsError: the address can't be had; the text names the setting.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=128)
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


def serve(
    app: ASGIApp,
    listening: socket.socket,
    schedule: Schedule,
    ready: Callable[[str], None],
    tls: tuple[Path, Path] | None = None,
    reload: Callable[[], None] = lambda: None,
) -> None:
    """Serves until SIGTERM or Ctrl-C.

    `ready` gets the address once the port answers and the first slot is settled, one way or the other. `tls` are the
    files of a certificate and its key. SIGHUP calls `reload`.

    Raises:
        RcstatsError: these files can't be used.
    """
    address = url(listening, "https" if tls else "http")
    if not (tls or is_loopback(listening)):
        log.warning("%s is open to others without TLS: whoever listens on the way can take the tokens", address)
    config = uvicorn.Config(
        app,
        http=_Bounded,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
        timeout_graceful_shutdown=GRACE,
    )

    try:
        config.load()
    except OSError as error:  # also what ssl finds wrong
        raise RcstatsError(f"RCSTATS_TLS_CERTIFICATE, RCSTATS_TLS_KEY: {error.strerror or error}") from None

    def announce() -> None:
        schedule.settled.wait()
        ready(address)

    server = _Server(config, announce)
    signal.signal(signal.SIGHUP, lambda *_: threading.Thread(target=reload, name="reload", daemon=True).start())
    schedule.start()
    try:
        log.info("serving on %s", address)
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn raises it again when it has ended on a signal
        log.info("ended by a signal")
    finally:
        schedule.stop()
        listening.close()


def end_soon() -> None:
    """Ends the process even if MongoDB has not answered the last query; it gives up the query when we are gone."""

    def end() -> None:
        log.warning("ended while MongoDB was still being asked")
        logging.shutdown()
        os._exit(0)

    timer = threading.Timer(END_WITHIN, end)
    timer.daemon = True
    timer.start()


def url(listening: socket.socket, scheme: str = "http") -> str:
    host, port = listening.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def is_loopback(listening: socket.socket) -> bool:
    return ip_address(listening.getsockname()[0]).is_loopback


class _Bounded(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with a bound on the line and the headers, which its parser would gather for ever."""

    _in_head = False
    _head = 0

    def data_received(self, data: bytes) -> None:
        self._head = self._head + len(data) if self._in_head else 0
        super().data_received(data)
        if self._in_head and self._head > MOST_HEAD and not self.transport.is_closing():
            self.send_400_response(f"More than {MOST_HEAD} bytes of headers.")

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()


class _Server(uvicorn.Server):
    """uvicorn, which tells when it answers."""

    def __init__(self, config: uvicorn.Config, answering: Callable[[], None]) -> None:
        super().__init__(config)
        self._answering = answering

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        threading.Thread(target=self._answering, name="ready", daemon=True).start()
