"""Owns the health probes: liveness and readiness."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from starlette.requests import Request
from starlette.responses import Response

from api.access.locality import is_local
from api.caching.single_flight import SECONDS, SingleFlightCache
from api.rendering import envelope
from collector.errors import DatabaseError

CHECKED_WITHIN = 2.5  # time limit of MongoDB in each check, in seconds
READY_WITHIN = 4.5  # seconds; probes wait for five

Checks = Mapping[str, Callable[[], str]]


class Status:
    """Runs the `checks` by name, each of which returns a problem or "".

    A DatabaseError is a problem too. Results are shared by all requests for `seconds`. Only local requests see the
    names of MongoDB's hosts.
    """

    def __init__(self, checks: Checks, seconds: float = SECONDS) -> None:
        self._problems = SingleFlightCache(lambda: _problems(checks), seconds, within=CHECKED_WITHIN)

    async def health(self, _: Request) -> Response:
        """`GET /health`: 200 while the process is alive."""
        return envelope.response({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """`GET /ready`: 200, or 503 with the problems."""
        try:
            problems = await self._problems.get(asyncio.get_running_loop().time() + READY_WITHIN)
        except TimeoutError:
            problems = {"mongodb": DatabaseError("MongoDB did not answer in time")}
        shown = {name: str(problem) if is_local(request) else problem.brief for name, problem in problems.items()}
        body = {"ready": not shown} | ({"problems": shown} if shown else {})
        return envelope.response(body, 503 if shown else 200)


def _problems(checks: Checks) -> dict[str, DatabaseError]:
    """The problems, by checks that run at the same time: each may wait until the driver has given a server up."""
    with ThreadPoolExecutor(len(checks) or 1, "check") as pool:  # a context has the time limit
        found = {name: pool.submit(copy_context().run, _problem, check) for name, check in checks.items()}
        return {name: problem for name, future in found.items() if (problem := future.result())}


def _problem(check: Callable[[], str]) -> DatabaseError | None:
    try:
        text = check()
    except DatabaseError as error:
        return error
    return DatabaseError(text) if text else None
