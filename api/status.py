"""How the daemon does: alive, and ready to serve."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from api import envelope
from api.memory import ANSWER_WITHIN
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

    def ready(self, _: Request) -> Response:
        """`GET /ready`: 200, or 503 with what is wrong."""
        with time_limit(ANSWER_WITHIN):
            problems = {name: text for name, check in self.checks.items() if (text := _problem(check))}
        body = {"ready": not problems} | ({"problems": problems} if problems else {})
        return envelope.response(body, 503 if problems else 200)


def _problem(check: Callable[[], object]) -> str:
    try:
        check()
    except DatabaseError as error:
        return str(error)
    return ""
