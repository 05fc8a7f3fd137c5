"""Requests for a snapshot at once: all who ask while one waits to be taken share it."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from collector.errors import AbandonedError
from collector.key_paths import Document


class OnDemand:
    """The snapshot that was asked for and is not begun yet, if there is one. Any thread may ask."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: Future[Document] | None = None
        self._is_over = False

    def ask(self) -> "Future[Document]":
        """The snapshot that waits; it ends with the error of its taking, or with an AbandonedError after `end`.

        Nobody can cancel it, as others may wait for it too: a caller who leaves costs them nothing.
        """
        with self._guard:
            asked = self._waiting or _running()
            if not self._is_over:
                self._waiting = asked
                return asked
        asked.set_exception(_over())
        return asked

    @property
    def is_asked(self) -> bool:
        return self._waiting is not None

    def answer(self, take: Callable[[], Document]) -> None:
        """Takes the snapshot that was asked for, if one was; who asks from now on waits for the next."""
        with self._guard:
            asked, self._waiting = self._waiting, None
        if asked is None:
            return
        try:
            asked.set_result(take())
        except Exception as error:  # noqa: BLE001  it is raised where the snapshot was asked for
            asked.set_exception(error)

    def end(self) -> None:
        """Nothing is taken any more."""
        with self._guard:
            self._is_over = True
            asked, self._waiting = self._waiting, None
        if asked is not None:
            asked.set_exception(_over())


def _running() -> "Future[Document]":
    asked: Future[Document] = Future()
    asked.set_running_or_notify_cancel()
    return asked


def _over() -> AbandonedError:
    return AbandonedError("rcstats ends, and takes no more snapshots")
