"""A TTL cache with single-flight loading, so that many equal requests cost MongoDB as much as one."""

import asyncio
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from anyio import CapacityLimiter, to_thread

from collector.mongodb.connection import time_limit

# Seconds for which what was read counts: what changes is seen within a second.
SECONDS = 0.5

# Seconds that MongoDB has for one request's questions.
ANSWER_WITHIN = 2.5

# Seconds within which each request is answered, or its client told why it is not.
IN_ALL = 3.0

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass
class _Load(Generic[V]):
    """One reading of a value; `begun` is None while it waits for a thread."""

    begun: float | None = None
    task: "asyncio.Task[V]" = field(init=False)


@dataclass
class SingleFlightCache(Generic[K, V]):
    """Values by key, each read on a thread of `threads`, however many requests ask for it.

    A value counts for `seconds` after its reading began, not after it ended: a slow answer of MongoDB is not counted
    as a fresh one. An error is raised in all requests that wait, and is not kept. Belongs to one event loop, and
    needs no lock for that.
    """

    read: Callable[[K], V]
    most: int
    seconds: float
    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    within: float = ANSWER_WITHIN
    clock: Callable[[], float] = time.monotonic
    _kept: dict[K, tuple[float, V]] = field(default_factory=dict, init=False)
    _loads: dict[K, _Load[V]] = field(default_factory=dict, init=False)

    async def get(self, key: K, deadline: float | None = None) -> V:
        """The value, from memory or read now.

        Raises:
            TimeoutError: it was not there by the deadline, a time of the event loop.
        """
        if (kept := self._kept.get(key)) is not None and self.clock() - kept[0] < self.seconds:
            return kept[1]
        load = self._loads.get(key)
        if load is None or self._is_old(load):
            load = self._begin(key)
        async with asyncio.timeout_at(deadline):
            return await asyncio.shield(load.task)  # a request that gives up does not take it from the others

    def forget(self) -> None:
        """Reads anew all that is asked from now on."""
        self._kept.clear()
        self._loads.clear()

    def _is_old(self, load: _Load[V]) -> bool:
        return load.begun is not None and self.clock() - load.begun > self.seconds

    def _begin(self, key: K) -> _Load[V]:
        load = self._loads[key] = _Load[V]()
        load.task = asyncio.create_task(to_thread.run_sync(self._bounded, load, key, limiter=self.threads))
        load.task.add_done_callback(lambda _: self._keep(key, load))
        return load

    def _bounded(self, load: _Load[V], key: K) -> V:
        load.begun = self.clock()
        with time_limit(self.within):
            return self.read(key)

    def _keep(self, key: K, load: _Load[V]) -> None:
        is_current = self._loads.get(key) is load
        if is_current:
            del self._loads[key]
        if not load.task.cancelled() and load.task.exception() is None and is_current and load.begun is not None:
            self._kept.pop(key, None)
            self._kept[key] = (load.begun, load.task.result())
            if len(self._kept) > self.most:
                del self._kept[next(iter(self._kept))]  # the oldest
