"""A TTL cache with single-flight loading, so that many equal requests cost MongoDB as much as one."""

import asyncio
import time
from collections.abc import Callable
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

V = TypeVar("V")


@dataclass
class _Load(Generic[V]):
    """One reading of the value; `begun` is None while it waits for a thread."""

    begun: float | None = None
    task: "asyncio.Task[V]" = field(init=False)


@dataclass
class SingleFlightCache(Generic[V]):
    """A value that is read on a thread of `threads`, however many requests ask for it.

    It counts for `seconds` after its reading began, not after it ended: a slow answer of MongoDB is not counted as a
    fresh one. An error is raised in all requests that wait, and is not kept. Belongs to one event loop, and needs no
    lock for that.
    """

    read: Callable[[], V]
    seconds: float
    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    within: float = ANSWER_WITHIN
    clock: Callable[[], float] = time.monotonic
    _kept: tuple[float, V] | None = field(default=None, init=False)
    _load: _Load[V] | None = field(default=None, init=False)

    async def get(self, deadline: float | None = None) -> V:
        """The value, from memory or read now.

        Raises:
            TimeoutError: it was not there by the deadline, a time of the event loop.
        """
        if self._kept is not None and self.clock() - self._kept[0] < self.seconds:
            return self._kept[1]
        load = self._load
        if load is None or self._is_old(load):
            load = self._begin()
        async with asyncio.timeout_at(deadline):
            return await asyncio.shield(load.task)  # a request that gives up does not take it from the others

    def forget(self) -> None:
        """Reads anew for all that ask from now on."""
        self._kept = self._load = None

    def _is_old(self, load: _Load[V]) -> bool:
        return load.begun is not None and self.clock() - load.begun > self.seconds

    def _begin(self) -> _Load[V]:
        load = self._load = _Load[V]()
        load.task = asyncio.create_task(to_thread.run_sync(self._bounded, load, limiter=self.threads))
        load.task.add_done_callback(lambda _: self._keep(load))
        return load

    def _bounded(self, load: _Load[V]) -> V:
        load.begun = self.clock()
        with time_limit(self.within):
            return self.read()

    def _keep(self, load: _Load[V]) -> None:
        is_current = self._load is load
        if is_current:
            self._load = None
        if not load.task.cancelled() and load.task.exception() is None and is_current and load.begun is not None:
            self._kept = (load.begun, load.task.result())
