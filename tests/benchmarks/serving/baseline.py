"""The HTTP server alone, as the daemon runs it, before an application that answers `{}` and does nothing else."""

import sys

from starlette.types import Receive, Scope, Send

from api.network.bounds import Bounds
from api.network.server import Server, listener

_HEAD = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-length", b"2"), (b"content-type", b"application/json")],
}
_BODY = {"type": "http.response.body", "body": b"{}"}


async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  as ASGI has it
    await send(_HEAD)
    await send(_BODY)


if __name__ == "__main__":
    Server(answer, listener("127.0.0.1", int(sys.argv[1])), Bounds()).run()
