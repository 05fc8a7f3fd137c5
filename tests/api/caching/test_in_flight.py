"""Equal work at the same time is done once."""

import asyncio

import pytest

from api.caching.in_flight import InFlight


async def work(flight: InFlight[str], begun: list[str], name: str, *, go_on: asyncio.Event, error: bool = False) -> str:
    """Joins equal work, or does it."""
    if found := await flight.join("key", asyncio.get_running_loop().time() + 5):
        return found
    with flight.lead("key") as future:
        begun.append(name)
        await go_on.wait()
        if error:
            raise ValueError(name)
        future.set_result(name)
    return name


def test_those_who_come_meanwhile_get_what_the_first_gets() -> None:
    async def run() -> tuple[list[str], list[str]]:
        flight, begun, go_on = InFlight[str](), list[str](), asyncio.Event()
        tasks = [asyncio.create_task(work(flight, begun, name, go_on=go_on)) for name in "abc"]
        await asyncio.sleep(0.01)
        go_on.set()
        found = await asyncio.gather(*tasks)
        return begun, [*found, await work(flight, begun, "later", go_on=go_on)]

    assert asyncio.run(run()) == (["a", "later"], ["a", "a", "a", "later"])


def test_an_error_is_everybodys() -> None:
    async def run() -> list[BaseException | str]:
        flight, go_on = InFlight[str](), asyncio.Event()
        tasks = [asyncio.create_task(work(flight, [], name, go_on=go_on, error=True)) for name in "ab"]
        await asyncio.sleep(0.01)
        go_on.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert [str(error) for error in asyncio.run(run())] == ["a", "a"]


def test_when_the_first_gives_up_the_next_one_takes_over() -> None:
    async def run() -> tuple[list[str], list[str]]:
        flight, begun, go_on = InFlight[str](), list[str](), asyncio.Event()
        first, *others = [asyncio.create_task(work(flight, begun, name, go_on=go_on)) for name in "abc"]
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.sleep(0.01)
        go_on.set()
        return begun, await asyncio.gather(*others)

    assert asyncio.run(run()) == (["a", "b"], ["b", "b"])


def test_those_who_wait_give_up_at_their_deadline() -> None:
    async def run() -> None:
        flight = InFlight[str]()
        with flight.lead("key"):
            await flight.join("key", asyncio.get_running_loop().time() + 0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(run())


def test_other_work_is_not_joined() -> None:
    async def run() -> str | None:
        flight = InFlight[str]()
        with flight.lead("key"):
            return await flight.join("another", asyncio.get_running_loop().time() + 5)

    assert asyncio.run(run()) is None
