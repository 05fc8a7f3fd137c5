"""Runs the schedule and an HTTP application together, and ends both on SIGTERM or Ctrl-C."""

import logging
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from collector.errors import RcstatsError
from collector.schedule import Schedule

log = logging.getLogger(__name__)

GRACE = 3  # seconds that running requests have at the end


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens, before anything else is started.

    Raises:
        RcstatsError: the address can't be had; the text names the setting.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise RcstatsError(f"RCSTATS_LISTEN: can't listen on {host}:{port}: {error.strerror}") from None


def any_listener(host: str, port: int) -> socket.socket:
    """A socket on this port, or on any free one if it is taken."""
    try:
        return listener(host, port)
    except RcstatsError:
        return listener(host, 0)


def serve(app: ASGIApp, listening: socket.socket, schedule: Schedule, ready: Callable[[str], None]) -> None:
    """Serves until SIGTERM or Ctrl-C.

    `ready` gets the address once the port answers and the first slot is settled, one way or the other.
    """
    address = url(listening)
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )

    def announce() -> None:
        schedule.settled.wait()
        ready(address)

    server = _Server(config, announce)
    schedule.start()
    try:
        log.info("serving on %s", address)
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn raises it again when it has ended on a signal
        log.info("ended by a signal")
    finally:
        schedule.stop()
        listening.close()


def url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """uvicorn, which tells when it answers."""

    def __init__(self, config: uvicorn.Config, answering: Callable[[], None]) -> None:
        super().__init__(config)
        self._answering = answering

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        threading.Thread(target=self._answering, name="ready", daemon=True).start()
