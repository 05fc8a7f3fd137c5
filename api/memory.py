"""What was read lately, kept for a moment, so that a wall of dashboards asks MongoDB no more than one of them does."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cachetools import TTLCache
from starlette.concurrency import run_in_threadpool

from collector.connection import time_limit

# Seconds that MongoDB has for one request's questions.
ANSWER_WITHIN = 4.0

# Seconds after which a client is told that MongoDB is too slow, whichever of the questions was.
IN_ALL = 4.5

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """Values by key; each is read once on the thread pool, however many ask for it, and counts for a moment.

    What `read` raises, all who wait get; it isn't kept. Belongs to one event loop, and needs no lock for that.
    """

    def __init__(self, read: Callable[[K], V], most: int, seconds: float) -> None:
        self._read = read
        self._kept: TTLCache[K, V] = TTLCache(most, seconds)
        self._reading: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K, deadline: float | None = None) -> V:
        """The value, from memory or read now.

        Raises:
            TimeoutError: it was not there by the deadline, a time of the event loop.
        """
        try:
            return self._kept[key]
        except KeyError:
            pass
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.create_task(run_in_threadpool(self._bounded, key))
            task.add_done_callback(lambda done: self._keep(key, done))
        async with asyncio.timeout_at(deadline):
            return await asyncio.shield(task)  # whoever gives up does not take it from the others

    def forget(self) -> None:
        """Reads anew what is asked from now on."""
        self._kept.clear()
        self._reading.clear()

    def _bounded(self, key: K) -> V:
        with time_limit(ANSWER_WITHIN):
            return self._read(key)

    def _keep(self, key: K, done: asyncio.Task[V]) -> None:
        is_current = self._reading.get(key) is done
        if is_current:
            del self._reading[key]
        if not done.cancelled() and done.exception() is None and is_current:
            self._kept[key] = done.result()
