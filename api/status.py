"""How the daemon does: alive, and ready to serve."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from api import envelope
from api.memory import ANSWER_WITHIN, IN_ALL
from collector.connection import time_limit
from collector.errors import DatabaseError

Checks = Mapping[str, Callable[[], object]]


@dataclass(frozen=True)
class Status:
    """`checks` are what serving needs, by name; one that raises a DatabaseError is a problem."""

    checks: Checks

    def health(self, _: Request) -> Response:
        """`GET /health`: 200 while the process lives."""
        return envelope.response({"status": "ok"})

    async def ready(self, _: Request) -> Response:
        """`GET /ready`: 200, or 503 with what is wrong."""
        try:
            async with asyncio.timeout(IN_ALL):
                problems = await to_thread.run_sync(self._problems, abandon_on_cancel=True)
        except TimeoutError:
            problems = {"mongodb": "MongoDB did not answer in time"}
        body = {"ready": not problems} | ({"problems": problems} if problems else {})
        return envelope.response(body, 503 if problems else 200)

    def _problems(self) -> dict[str, str]:
        with time_limit(ANSWER_WITHIN):
            return {name: text for name, check in self.checks.items() if (text := _problem(check))}


def _problem(check: Callable[[], object]) -> str:
    try:
        check()
    except DatabaseError as error:
        return str(error)
    return ""
