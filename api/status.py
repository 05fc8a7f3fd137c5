"""How the daemon does: alive, and ready to serve."""

import asyncio
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from api import envelope
from api.memory import IN_ALL, SECONDS, Memory
from collector.errors import DatabaseError

Checks = Mapping[str, Callable[[], str]]


class Status:
    """`checks` are what serving needs, by name: each gives the problem in a sentence, or "".

    A DatabaseError that one raises is a problem too. What they found counts for `seconds`, for all who ask.
    """

    def __init__(self, checks: Checks, seconds: float = SECONDS) -> None:
        self._problems = Memory[str, dict[str, str]](lambda _: _problems(checks), 1, seconds)

    async def health(self, _: Request) -> Response:
        """`GET /health`: 200 while the process lives."""
        return envelope.response({"status": "ok"})

    async def ready(self, _: Request) -> Response:
        """`GET /ready`: 200, or 503 with what is wrong."""
        try:
            problems = await self._problems.get("", asyncio.get_running_loop().time() + IN_ALL)
        except TimeoutError:
            problems = {"mongodb": "MongoDB did not answer in time"}
        body = {"ready": not problems} | ({"problems": problems} if problems else {})
        return envelope.response(body, 503 if problems else 200)


def _problems(checks: Checks) -> dict[str, str]:
    return {name: text for name, check in checks.items() if (text := _problem(check))}


def _problem(check: Callable[[], str]) -> str:
    try:
        return check()
    except DatabaseError as error:
        return str(error)
