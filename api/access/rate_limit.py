"""Owns the rate limit: a number of calls per minute for each user at each address."""

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from math import ceil

from cachetools import TTLCache

WINDOW = 60.0  # seconds
MOST_CALLERS = 10_000  # windows in memory; beyond it the oldest ones are dropped


class TooManyRequestsError(Exception):
    """The caller has exceeded the limit. `headers` and text are as Rocket.Chat's."""

    def __init__(self, seconds: int, headers: Mapping[str, str]) -> None:
        super().__init__(
            f"Error, too many requests. Please slow down. You must wait {seconds} seconds before trying this endpoint "
            "again. [error-too-many-requests]"
        )
        self.headers = headers


@dataclass
class _Window:
    ends: float  # by the limiter's clock
    resets: int  # milliseconds since 1970
    calls: int = 0


class RateLimiter:
    """Counts calls in windows that begin with a caller's first call; `calls` of 0 disables the limit.

    `clock` is monotonic, in seconds; only the header with the window's end uses the time of day.
    """

    def __init__(self, calls: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.calls = calls
        self._clock = clock
        self._windows: TTLCache[Hashable, _Window] = TTLCache(MOST_CALLERS, WINDOW, clock)

    def hit(self, caller: Hashable) -> dict[str, str]:
        """Counts a call; returns the rate limit headers.

        Raises:
            TooManyRequestsError: the limit is exceeded.
        """
        if not self.calls:
            return {}
        now = self._clock()
        window = self._windows.get(caller)
        if window is None:
            window = self._windows[caller] = _Window(now + WINDOW, int((time.time() + WINDOW) * 1000))
        window.calls += 1
        headers = {
            "X-RateLimit-Limit": str(self.calls),
            "X-RateLimit-Remaining": str(max(0, self.calls - window.calls)),
            "X-RateLimit-Reset": str(window.resets),
        }
        if window.calls > self.calls:
            raise TooManyRequestsError(max(1, ceil(window.ends - now)), headers)
        return headers
