"""How many answers are made or sent at a time, in all and for each user, so that no user keeps the others waiting."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from typing import ClassVar
from weakref import WeakValueDictionary


class BusyError(Exception):
    """Other answers to this user, or to all users, are still being made or sent."""

    headers: ClassVar = {"Retry-After": "5"}

    def __init__(self) -> None:
        super().__init__(
            "Other answers are still being made or sent. Ask for less at a time, or try again in 5 seconds."
        )


class Turns:
    """`in_all` turns, of which each user has at most `each`."""

    def __init__(self, in_all: int, each: int) -> None:
        self._all = asyncio.Semaphore(in_all)
        self._each = each
        self._users: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def take(self, user: str, deadline: float) -> Callable[[], None]:
        """Waits for a turn; the function that gives it back, which may be called more than once.

        Raises:
            BusyError: no turn came by the deadline, a time of the event loop.
        """
        own = self._users.setdefault(user, asyncio.Semaphore(self._each))
        taken = ExitStack()
        try:
            async with asyncio.timeout_at(deadline):
                for semaphore in (own, self._all):
                    await semaphore.acquire()
                    taken.callback(semaphore.release)
        except TimeoutError:
            taken.close()
            raise BusyError from None
        except BaseException:
            taken.close()
            raise
        return taken.close
