"""How often a caller may ask: a number of calls in a minute for each user at each address."""

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
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
    ends: float  # by the limiter's clock
    resets: int  # milliseconds since 1970
    calls: int = 0


class RateLimiter:
    """Counts calls in windows that begin with a caller's first call. `calls` of 0 limits nobody.

    `clock` gives seconds that are never put back; only the header that tells the window's end takes the time of day.
    """

    def __init__(self, calls: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.calls = calls
        self._clock = clock
        self._windows: TTLCache[Hashable, _Window] = TTLCache(MOST_CALLERS, WINDOW, clock)

    def hit(self, caller: Hashable) -> dict[str, str]:
        """Counts a call; the server's headers that say what is left.

        Raises:
            TooManyRequestsError: none was left.
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
