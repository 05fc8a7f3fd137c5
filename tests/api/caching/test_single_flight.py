"""What was read lately: read once however many ask, and counted from when the reading began."""

import asyncio
import threading
from typing import Any

import pytest
from anyio import CapacityLimiter

from api.caching.single_flight import SingleFlightCache
from tests.clock import Clock
from tests.waiting import until


class Reader:
    """Counts how often it reads; where it is `slow`, the first reading ends only when it is let go."""

    def __init__(self, error: Exception | None = None, *, slow: bool = False) -> None:
        self.error = error
        self.read = 0
        self.go_on = threading.Event()
        if not slow:
            self.go_on.set()

    def __call__(self) -> int:
        self.read += 1
        number = self.read
        if number == 1:
            self.go_on.wait(10)
        if self.error:
            raise self.error
        return number

    async def begun(self) -> None:
        await until(lambda: self.read)


async def together(memory: SingleFlightCache[Any], requests: int) -> list[Any]:
    return list(await asyncio.gather(*(memory.get() for _ in range(requests)), return_exceptions=True))


def test_many_who_ask_at_once_are_one_reading() -> None:
    assert asyncio.run(together(SingleFlightCache(Reader(), 60), 50)) == [1] * 50


def test_a_value_counts_from_when_its_reading_began() -> None:
    """M15: counted from its end, a login that was read slowly went on for as long as the reading took."""
    reader, clock = Reader(slow=True), Clock()

    async def ask() -> list[int]:
        memory = SingleFlightCache(reader, 60, clock=clock)
        first = asyncio.create_task(memory.get())
        await reader.begun()
        clock.now += 60
        reader.go_on.set()
        return [await first, await memory.get()]

    assert asyncio.run(ask()) == [1, 2]


def test_a_reading_that_began_too_long_ago_is_not_waited_for() -> None:
    reader, clock = Reader(slow=True), Clock()

    async def ask() -> list[int]:
        memory = SingleFlightCache(reader, 60, CapacityLimiter(2), clock=clock)
        first = asyncio.create_task(memory.get())
        await reader.begun()
        clock.now += 61
        second = await memory.get()
        reader.go_on.set()
        return [second, await first]

    assert asyncio.run(ask()) == [2, 1]


def test_an_error_reaches_all_who_wait_and_is_not_kept() -> None:
    reader = Reader(ValueError("no"))

    async def ask() -> list[Any]:
        memory = SingleFlightCache(reader, 60)
        found = await together(memory, 2)
        reader.error = None
        return [*found, await memory.get()]

    first, second, third = asyncio.run(ask())
    assert (str(first), str(second), third) == ("no", "no", 2)


def test_whoever_gives_up_does_not_take_the_value_from_the_others() -> None:
    reader = Reader(slow=True)

    async def ask() -> int:
        memory = SingleFlightCache(reader, 60)
        impatient = asyncio.create_task(memory.get(asyncio.get_running_loop().time() + 0.05))
        patient = asyncio.create_task(memory.get())
        with pytest.raises(TimeoutError):
            await impatient
        reader.go_on.set()
        return await patient

    assert asyncio.run(ask()) == 1


def test_what_is_forgotten_is_read_anew_also_while_it_was_being_read() -> None:
    reader = Reader(slow=True)

    async def ask() -> list[int]:
        memory = SingleFlightCache(reader, 60, CapacityLimiter(2))
        old = asyncio.create_task(memory.get())
        await reader.begun()
        memory.forget()
        new = await memory.get()
        reader.go_on.set()
        return [new, await old, await memory.get()]

    assert asyncio.run(ask()) == [2, 1, 2]
