"""How a long body is sent."""

import asyncio
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo.database import Database

from api.rendering.body import BEGUN_WITHIN, PIECE, WHOLE, begin, response
from api.rendering.compression import Coding
from collector.errors import DatabaseError
from tests.api.conftest import ADMIN, LIST, MEMORY, client_of
from tests.clock import Clock
from tests.factories import keep, snapshot

Db = Database[dict[str, Any]]


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_a_page_too_long_to_be_held_is_sent_in_pieces(workspace: Db, accepted: str) -> None:
    filling = zlib.compress(bytes(range(256)) * 40).hex() * 4  # does not shrink to nothing
    keep(workspace, *[snapshot(filling=filling, n=n) for n in range(1000)])
    with client_of(workspace, keep=MEMORY) as client:
        answer = client.get(LIST, params={"count": "0"}, headers=ADMIN | {"Accept-Encoding": accepted})

    body = answer.json()
    assert (body["count"], body["total"], body["success"]) == (1000, 1000, True)
    assert {found["n"] for found in body["statistics"]} == set(range(1000))
    assert "content-length" not in answer.headers or len(answer.content) < WHOLE


def test_a_page_that_is_made_slowly_is_sent_from_its_beginning_on() -> None:
    clock = Clock()

    def slow() -> Iterator[bytes]:
        for _ in range(10):
            clock.now += BEGUN_WITHIN / 4
            yield b"x" * PIECE

    body = begin(slow(), Coding(), clock)
    assert len(body.begun) == 6 * PIECE
    assert body.rest is not None
    assert b"".join(body.rest) == b"x" * 4 * PIECE


def test_a_page_that_mongodb_breaks_off_ends_without_its_end_and_with_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * (WHOLE + 1)
        raise DatabaseError("the store's MongoDB did not answer in time")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        await asyncio.Event().wait()

    answer = response(begin(broken(), Coding()), {})
    asyncio.run(answer({"type": "http", "asgi": {}}, receive, send))

    assert sent[-1]["more_body"] is True
    assert [record.getMessage() for record in caplog.records] == [
        'response aborted reason=database error="the store\'s MongoDB did not answer in time"'
    ]
