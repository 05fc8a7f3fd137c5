"""What was read lately: read once however many ask, and counted from when the reading began."""

import asyncio
import time
from typing import Any

import pytest

from api.caching.single_flight import SingleFlightCache


class Reader:
    """Reads slowly, and counts how often."""

    def __init__(self, seconds: float = 0.0, error: Exception | None = None) -> None:
        self.seconds = seconds
        self.error = error
        self.read: list[str] = []

    def __call__(self, key: str) -> int:
        self.read.append(key)
        time.sleep(self.seconds)
        if self.error:
            raise self.error
        return len(self.read)


async def together(memory: SingleFlightCache[str, Any], *keys: str) -> list[Any]:
    return list(await asyncio.gather(*(memory.get(key) for key in keys), return_exceptions=True))


def test_many_who_ask_at_once_are_one_reading() -> None:
    reader = Reader(0.1)

    assert asyncio.run(together(SingleFlightCache(reader, 8, 60), *["key"] * 50)) == [1] * 50


def test_a_value_counts_from_when_its_reading_began() -> None:
    """M15: counted from its end, a login that was read slowly went on for as long as the reading took."""
    reader = Reader(0.3)

    async def ask() -> list[int]:
        memory = SingleFlightCache(reader, 8, 0.2)
        return [await memory.get("key"), await memory.get("key")]

    assert asyncio.run(ask()) == [1, 2]


def test_a_reading_that_began_too_long_ago_is_not_waited_for() -> None:
    reader = Reader(0.4)

    async def ask() -> list[int]:
        memory = SingleFlightCache(reader, 8, 0.1)
        first = asyncio.create_task(memory.get("key"))
        await asyncio.sleep(0.2)
        return [await memory.get("key"), await first]

    assert asyncio.run(ask()) == [2, 1]


def test_an_error_reaches_all_who_wait_and_is_not_kept() -> None:
    reader = Reader(0.05, ValueError("no"))

    async def ask() -> list[Any]:
        memory = SingleFlightCache(reader, 8, 60)
        found = await together(memory, "key", "key")
        reader.error = None
        return [*found, await memory.get("key")]

    first, second, third = asyncio.run(ask())
    assert (str(first), str(second), third) == ("no", "no", 2)


def test_whoever_gives_up_does_not_take_the_value_from_the_others() -> None:
    reader = Reader(0.3)

    async def ask() -> int:
        memory = SingleFlightCache(reader, 8, 60)
        loop = asyncio.get_running_loop()
        impatient = asyncio.create_task(memory.get("key", loop.time() + 0.05))
        patient = asyncio.create_task(memory.get("key"))
        with pytest.raises(TimeoutError):
            await impatient
        return await patient

    assert asyncio.run(ask()) == 1


def test_what_is_forgotten_is_read_anew_also_while_it_was_being_read() -> None:
    reader = Reader(0.1)

    async def ask() -> list[int]:
        memory = SingleFlightCache(reader, 8, 60)
        old = asyncio.create_task(memory.get("key"))
        await asyncio.sleep(0.05)
        memory.forget()
        return [await memory.get("key"), await old, await memory.get("key")]

    assert asyncio.run(ask()) == [2, 1, 2]
