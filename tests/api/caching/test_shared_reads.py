"""Reads that requests share: none is answered by a read that began before it arrived."""

import asyncio
import threading
from typing import Any

import pytest

from api.caching.shared_reads import SharedReads
from tests.waiting import until


class Reader:
    """Counts its reads; each ends only when it is let go."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.begun: list[str] = []
        self.go_on = threading.Semaphore(0)

    def __call__(self, key: str) -> str:
        self.begun.append(key)
        number = self.begun.count(key)
        self.go_on.acquire(timeout=10)
        if self.error:
            raise self.error
        return f"{key}{number}"

    async def has_begun(self, reads: int) -> None:
        await until(lambda: len(self.begun) == reads)


async def asked(reads: SharedReads[str, Any], *keys: str) -> list["asyncio.Task[Any]"]:
    """Requests that wait for their answers."""
    tasks = [asyncio.create_task(reads.get(key)) for key in keys]
    await asyncio.sleep(0)  # until each of them has asked
    return tasks


def test_requests_that_arrive_together_are_one_read() -> None:
    reader = Reader()

    async def ask() -> list[str]:
        tasks = await asked(SharedReads(reader), *["a"] * 50)
        reader.go_on.release()
        return list(await asyncio.gather(*tasks))

    assert asyncio.run(ask()) == ["a1"] * 50


def test_requests_that_arrive_while_a_read_runs_share_the_next_one() -> None:
    reader = Reader()

    async def ask() -> list[str]:
        reads = SharedReads[str, str](reader, at_once=8)
        first = await asked(reads, "a")
        await reader.has_begun(1)
        later = await asked(reads, *["a"] * 50)
        reader.go_on.release(2)
        return list(await asyncio.gather(*first, *later))

    assert asyncio.run(ask()) == ["a1"] + ["a2"] * 50


def test_nothing_is_kept() -> None:
    reader = Reader()
    reader.go_on.release(2)

    async def ask() -> list[str]:
        reads = SharedReads[str, str](reader)
        return [await reads.get("a"), await reads.get("a")]

    assert asyncio.run(ask()) == ["a1", "a2"]


def test_other_keys_do_not_wait_while_there_are_threads() -> None:
    reader = Reader()

    async def ask() -> None:
        tasks = await asked(SharedReads(reader, at_once=2), "a", "b", "c")
        await reader.has_begun(2)
        assert sorted(reader.begun) == ["a", "b"]
        reader.go_on.release()
        await reader.has_begun(3)
        reader.go_on.release(2)
        assert await asyncio.gather(*tasks) == ["a1", "b1", "c1"]

    asyncio.run(ask())


def test_a_read_that_waits_for_a_thread_is_shared_until_it_begins() -> None:
    reader = Reader()

    async def ask() -> list[str]:
        reads = SharedReads[str, str](reader)
        tasks = await asked(reads, "a", "b")
        await reader.has_begun(1)
        tasks += await asked(reads, "b")
        reader.go_on.release(2)
        return list(await asyncio.gather(*tasks))

    assert asyncio.run(ask()) == ["a1", "b1", "b1"]


def test_an_error_reaches_all_that_share_the_read_and_no_others() -> None:
    reader = Reader(ValueError("no"))

    async def ask() -> list[str]:
        reads = SharedReads[str, str](reader)
        tasks = await asked(reads, "a", "a")
        reader.go_on.release()
        failed = await asyncio.gather(*tasks, return_exceptions=True)
        reader.error = None
        reader.go_on.release()
        return [*map(str, failed), await reads.get("a")]

    assert asyncio.run(ask()) == ["no", "no", "a2"]


def test_a_request_that_gives_up_does_not_take_the_read_from_the_others() -> None:
    reader = Reader()

    async def ask() -> str:
        reads = SharedReads[str, str](reader)
        impatient = asyncio.create_task(reads.get("a", asyncio.get_running_loop().time() + 0.05))
        (patient,) = await asked(reads, "a")
        with pytest.raises(TimeoutError):
            await impatient
        reader.go_on.release()
        return str(await patient)

    assert asyncio.run(ask()) == "a1"
