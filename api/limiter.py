"""How often a caller may ask: a number of calls in a minute for each user at each address."""

import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from math import ceil

from cachetools import TTLCache

WINDOW = 60.0  # seconds
MOST_CALLERS = 10_000  # beyond it the oldest windows are forgotten: memory is bounded, whoever calls


class TooManyRequestsError(Exception):
    """A caller has used up the minute. `headers` and the text are the server's own."""

    def __init__(self, seconds: int, headers: Mapping[str, str]) -> None:
        super().__init__(
            f"Error, too many requests. Please slow down. You must wait {seconds} seconds before trying this endpoint "
            "again. [error-too-many-requests]"
        )
        self.headers = headers


@dataclass
class _Window:
    ends: float  # seconds since 1970
    calls: int = 0


@dataclass
class Limiter:
    """Counts calls in windows that begin with a caller's first call. `calls` of 0 limits nobody."""

    calls: int
    _windows: TTLCache[Hashable, _Window] = field(default_factory=lambda: TTLCache(MOST_CALLERS, WINDOW))

    def hit(self, caller: Hashable) -> dict[str, str]:
        """Counts a call; the server's headers that say what is left.

        Raises:
            TooManyRequestsError: none was left.
        """
        if not self.calls:
            return {}
        now = time.time()
        window = self._windows.get(caller)
        if window is None:
            window = self._windows[caller] = _Window(now + WINDOW)
        window.calls += 1
        headers = {
            "X-RateLimit-Limit": str(self.calls),
            "X-RateLimit-Remaining": str(max(0, self.calls - window.calls)),
            "X-RateLimit-Reset": str(int(window.ends * 1000)),
        }
        if window.calls > self.calls:
            raise TooManyRequestsError(max(1, ceil(window.ends - now)), headers)
        return headers
