"""Requests for a snapshot at once: all requests that come while one waits to be taken share it."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from collector.errors import AbandonedError
from collector.key_paths import Document

_OVER = "rcstats ends, and takes no more snapshots"


class OnDemand:
    """The snapshot that was requested and is not begun yet, if there is one. Any thread may request.

    `submit` has a function called on the thread that takes snapshots; `take` takes one.
    """

    def __init__(self, take: Callable[[], Document], submit: Callable[[Callable[[], None]], None]) -> None:
        self._take = take
        self._submit = submit
        self._guard = threading.Lock()
        self._waiting: Future[Document] | None = None
        self._is_over = False

    def request(self) -> "Future[Document]":
        """The snapshot that waits; it ends with the error of its taking, or with an AbandonedError after `end`.

        Nobody can cancel it, as others may wait for it too: a caller who leaves costs them nothing.
        """
        with self._guard:
            if self._waiting:
                return self._waiting
            requested: Future[Document] = Future()
            requested.set_running_or_notify_cancel()
            if not self._is_over:
                self._waiting = requested
        if self._is_over:
            requested.set_exception(AbandonedError(_OVER))
        else:
            self._submit(self._serve)
        return requested

    @property
    def is_requested(self) -> bool:
        return self._waiting is not None

    def end(self) -> None:
        """Takes no more snapshots."""
        with self._guard:
            self._is_over = True
        if (requested := self._begin()) is not None:
            requested.set_exception(AbandonedError(_OVER))

    def _serve(self) -> None:
        """Takes the snapshot that waits; requests from now on wait for the next."""
        if (requested := self._begin()) is None:
            return
        try:
            requested.set_result(self._take())
        except BaseException as error:  # noqa: BLE001  it is raised where the snapshot was requested
            requested.set_exception(error)

    def _begin(self) -> "Future[Document] | None":
        with self._guard:
            requested, self._waiting = self._waiting, None
        return requested
