"""A bounded memory of bytes by key: the least recently used ones go first."""

import threading
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

from cachetools import LRUCache

OVERHEAD = 512  # bytes of an entry besides its own


class Sized(Protocol):
    def __len__(self) -> int: ...


V = TypeVar("V", bound=Sized)


class Memory(Generic[V]):
    """Values of any kind whose length is their size in bytes, `most` in all; safe to use from several threads."""

    def __init__(self, most: int) -> None:
        self._kept: LRUCache[Hashable, V] = LRUCache(most, lambda value: len(value) + OVERHEAD)
        self._lock = threading.Lock()

    @property
    def most(self) -> float:
        """The bytes of all values together, at most; 0 if nothing is kept."""
        return self._kept.maxsize

    def get(self, key: Hashable) -> V | None:
        with self._lock:
            return self._kept.get(key)

    def put(self, key: Hashable, value: V) -> None:
        """Keeps a value, unless it is larger than the whole memory."""
        if len(value) + OVERHEAD <= self._kept.maxsize:
            with self._lock:
                self._kept[key] = value
