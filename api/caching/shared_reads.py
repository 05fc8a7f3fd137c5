"""Owns reads that concurrent requests share without a memory: no answer is older than the request that gets it."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from api.caching.single_flight import ANSWER_WITHIN
from collector.mongodb.connection import time_limit

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass
class SharedReads(Generic[K, V]):
    """Reads by key, on threads; one of each key at a time, and `at_once` of all keys.

    A request never joins a read that has begun. It waits for the next one, which all requests of this key share that
    arrived in the meantime. An error is raised in all of them. Belongs to one event loop, and needs no lock for that.
    """

    read: Callable[[K], V]
    at_once: int = 1
    within: float = ANSWER_WITHIN
    _next: "dict[K, asyncio.Task[V]]" = field(default_factory=dict, init=False)
    _keys: WeakValueDictionary[K, asyncio.Lock] = field(default_factory=WeakValueDictionary, init=False)

    def __post_init__(self) -> None:
        self._turns = asyncio.Semaphore(self.at_once)
        self._threads = ThreadPoolExecutor(self.at_once, "read")

    async def get(self, key: K, deadline: float | None = None) -> V:
        """The value, by a read that begins after this call.

        Raises:
            TimeoutError: it was not there by the deadline, a time of the event loop.
        """
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.create_task(self._read(key))
        async with asyncio.timeout_at(deadline):
            return await asyncio.shield(task)  # a request that gives up does not take it from the others

    async def _read(self, key: K) -> V:
        try:
            async with self._keys.setdefault(key, asyncio.Lock()), self._turns:
                del self._next[key]  # from now on, requests wait for the next one
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._bounded, key)
        except asyncio.CancelledError:
            self._next.pop(key, None)
            raise

    def _bounded(self, key: K) -> V:
        with time_limit(self.within):
            return self.read(key)
