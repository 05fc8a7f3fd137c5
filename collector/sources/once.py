"""Owns the reads that the readings of one snapshot share."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from collector.mongodb.connection import time_limit

T = TypeVar("T")

LIMIT = 15.0  # seconds; a reading that waits for another's read does so within its own limit


class Once:
    """Makes each read once, for the first that asks; the others wait for its result or error.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._made: dict[str, Future[Any]] = {}
        self._lock = threading.Lock()

    def __call__(self, name: str, read: Callable[[], T]) -> T:
        """The result of the read of this name.

        Raises:
            DatabaseError: the read failed, now or for an earlier reading.
        """
        with self._lock:
            is_first = name not in self._made
            made = self._made.setdefault(name, Future())
        if is_first:
            _fill(made, read)
        result: T = made.result()
        return result


def _fill(made: Future[T], read: Callable[[], T]) -> None:
    try:
        with time_limit(LIMIT):
            made.set_result(read())
    except BaseException as error:  # noqa: BLE001  whoever waits must not wait forever
        made.set_exception(error)
