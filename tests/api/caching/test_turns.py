"""How many answers are made and sent at a time."""

import asyncio
import base64
import hashlib
from typing import Any

import psutil
from httpx2 import ASGITransport, AsyncClient
from pymongo.database import Database

from api.app import create
from api.caching.responses import EACH
from collector.sources.collections import Collection
from tests.api.conftest import ADMIN, LIST, client_of, parts_of
from tests.factories import insert, keep, login, snapshot
from tests.waiting import until

Db = Database[dict[str, Any]]
FILLING = base64.b64encode(hashlib.shake_256(b"").digest(15_000)).decode()  # 20 kB that do not shrink
OTHER_ADMIN = {"X-User-Id": "other", "X-Auth-Token": "other's token"}


def test_an_answer_of_many_snapshots_is_held_in_pieces_however_many_ask(workspace: Db) -> None:
    """H5: 200 clients that did not read held 2.3 GiB; turns and pieces hold the memory, and nobody else waits."""
    keep(workspace, *[snapshot(filling=FILLING, n=n) for n in range(400)])  # 8 MB a page
    answers, statistics, status = parts_of(workspace)
    app = create(answers, statistics, status)
    asked = {"type": "http", "method": "GET", "path": LIST, "query_string": b"count=0", "http_version": "1.1"}
    headers = [(name.lower().encode(), value.encode()) for name, value in ADMIN.items()]

    async def reads_nothing(statuses: list[int]) -> None:
        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            elif message.get("more_body"):
                await asyncio.Event().wait()  # the transport's buffer is never emptied

        async def receive() -> Any:
            await asyncio.Event().wait()

        scope = asked | {"headers": headers, "client": ("192.0.2.1", 1), "server": ("test", 80), "scheme": "http"}
        await app(scope, receive, send)

    async def attack() -> tuple[list[int], int, float]:
        statuses: list[int] = []
        before = psutil.Process().memory_info().rss
        clients = [asyncio.create_task(reads_nothing(statuses)) for _ in range(60)]
        await until(lambda: len(statuses) == 60)
        grown = (psutil.Process().memory_info().rss - before) / 2**20
        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            other = (await client.get(LIST, headers=OTHER_ADMIN)).status_code
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        return statuses, other, grown

    insert(workspace, Collection.USERS, login("other", "other's token", ["admin"]))
    statuses, other, grown = asyncio.run(attack())
    print(f"60 clients that do not read pages of 8 MB: {grown:+.0f} MiB")
    assert sorted(statuses) == [200] * EACH + [429] * (60 - EACH)
    assert other == 200
    assert grown < 120


def test_a_turn_comes_back_when_the_long_answer_is_sent_or_its_client_is_gone(workspace: Db) -> None:
    keep(workspace, *[snapshot(filling=FILLING, n=n) for n in range(300)])
    with client_of(workspace) as client:
        for _ in range(3 * EACH):
            with client.stream("GET", f"{LIST}?count=0", headers=ADMIN) as answer:
                assert answer.status_code == 200
        whole = client.get(f"{LIST}?count=0", headers=ADMIN)

    assert whole.json()["count"] == 300
