"""The HTTP server alone, as the daemon runs it, before an application that answers `{}` and does nothing else."""

import sys
import threading
from typing import cast

from starlette.types import Receive, Scope, Send

from collector import daemon
from collector.schedule import Schedule

_HEAD = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-length", b"2"), (b"content-type", b"application/json")],
}
_BODY = {"type": "http.response.body", "body": b"{}"}


async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  as ASGI has it
    await send(_HEAD)
    await send(_BODY)


class NoSchedule:
    """Takes no snapshots."""

    def __init__(self) -> None:
        self.settled = threading.Event()

    def start(self) -> None:
        self.settled.set()

    def stop(self) -> None:
        """There is nothing to stop."""


if __name__ == "__main__":
    listening = daemon.listener("127.0.0.1", int(sys.argv[1]))
    daemon.serve(answer, listening, cast("Schedule", NoSchedule()), lambda _: None)
