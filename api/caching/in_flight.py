"""Work in flight: equal requests that come at the same time wait for the first one, and get what it gets."""

import asyncio
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass
class InFlight(Generic[V]):
    """Belongs to one event loop, and needs no lock for that."""

    _work: "dict[Hashable, asyncio.Future[V]]" = field(default_factory=dict, init=False)

    async def join(self, key: Hashable, deadline: float) -> V | None:
        """What equal work that is in flight comes to; None if there is none.

        Raises:
            TimeoutError: it is still in flight at the deadline, a time of the event loop.
            Exception: that of the work.
        """
        while (work := self._work.get(key)) is not None:
            async with asyncio.timeout_at(deadline):
                await asyncio.wait([work])
            if not work.cancelled():  # its own request was given up: the first of those that wait takes over
                return work.result()
        return None

    @contextmanager
    def lead(self, key: Hashable) -> "Iterator[asyncio.Future[V]]":
        """Others join this work until the block ends; its result is what the block sets."""
        work: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._work[key] = work
        try:
            yield work
        except Exception as error:
            work.set_exception(error)
            work.exception()  # nobody may wait for it
            raise
        finally:
            work.cancel()  # unless it is done
            if self._work.get(key) is work:
                del self._work[key]
