"""statistics?refresh=true: a new snapshot for all who ask."""

import asyncio
import time
from concurrent.futures import Future
from typing import Any

from httpx2 import ASGITransport, AsyncClient
from pymongo.database import Database
from starlette.applications import Starlette

from api.app import create
from api.routes.statistics import Statistics
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, LIST, parts_of
from tests.factories import snapshot
from tests.waiting import until

Db = Database[dict[str, Any]]


class Asked:
    """A scheduler that owes the one snapshot that it was asked for, however often."""

    def __init__(self) -> None:
        self.times = 0
        self.snapshot: Future[dict[str, Any]] = Future()

    def __call__(self) -> Future[dict[str, Any]]:
        self.times += 1
        return self.snapshot


def app_of(workspace: Db, scheduler: Asked) -> Starlette:
    answers, _, status = parts_of(workspace)
    return create(answers, Statistics(answers, Store(workspace), scheduler), status)


def test_refreshes_take_no_thread_and_share_what_is_asked_for(workspace: Db) -> None:
    """H4: 45 of them took the API, /health and /metrics with them."""
    scheduler = Asked()
    app = app_of(workspace, scheduler)

    async def ask() -> tuple[list[int], float]:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            refreshes = [
                asyncio.create_task(client.get("/api/v1/statistics?refresh=true", headers=ADMIN)) for _ in range(100)
            ]
            await until(lambda: scheduler.times == 100)
            begun = time.monotonic()
            others = [await client.get(path, headers=ADMIN) for path in ("/health", "/ready", LIST)]
            took = time.monotonic() - begun
            scheduler.snapshot.set_result(snapshot(_id="new"))
            refreshed = await asyncio.gather(*refreshes)
        assert {answer.json()["_id"] for answer in refreshed} == {"new"}
        return [answer.status_code for answer in others], took

    statuses, took = asyncio.run(ask())
    print(f"/health, /ready and a list beside 100 waiting refreshes: {took * 1000:.0f} ms")
    assert statuses == [200, 200, 200]
    assert took < 1


def test_a_client_that_gives_up_does_not_take_the_snapshot_from_the_others(workspace: Db) -> None:
    scheduler = Asked()
    app = app_of(workspace, scheduler)

    async def ask() -> int:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            first, second = (
                asyncio.create_task(client.get("/api/v1/statistics?refresh=true", headers=ADMIN)) for _ in range(2)
            )
            await until(lambda: scheduler.times == 2)
            first.cancel()
            await asyncio.wait([first])
            scheduler.snapshot.set_result(snapshot())
            return (await second).status_code

    assert asyncio.run(ask()) == 200
