"""Waits until something has come about, and fails where it does not come about in time."""

import asyncio
import time
from collections.abc import Callable

PAUSE = 0.02  # seconds


def eventually(true: Callable[[], object], seconds: float = 10, why: Callable[[], str] = str) -> None:
    """Waits for it; what `why` says by then is the reason of the failure."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"did not come about in {seconds:g} s: {why()}"
        time.sleep(PAUSE)


async def until(true: Callable[[], object], seconds: float = 10) -> None:
    """The same on an event loop, whose tasks go on."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  what is waited for knows nothing of the test
            await asyncio.sleep(PAUSE)
