"""Owns the rate limit: a number of calls for each caller in a time window."""

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple

from cachetools import TLRUCache

from collector.numbers import whole

MOST_CALLERS = 10_000  # windows in memory; beyond it the oldest ones are dropped

SETTINGS = (
    "API_Enable_Rate_Limiter",
    "API_Enable_Rate_Limiter_Limit_Calls_Default",
    "API_Enable_Rate_Limiter_Limit_Time_Default",
)


class TooManyRequestsError(Exception):
    """The caller has exceeded the limit. `headers` and text are as Rocket.Chat's."""

    def __init__(self, seconds: int, headers: Mapping[str, str]) -> None:
        super().__init__(
            f"Error, too many requests. Please slow down. You must wait {seconds} seconds before trying this endpoint "
            "again. [error-too-many-requests]"
        )
        self.headers = headers


class CallLimit(NamedTuple):
    """The number of calls allowed in so many seconds; 0 calls disable the limit."""

    calls: int
    seconds: float = 60.0

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "CallLimit":
        """The workspace's, from the values of its settings; any that is not a positive number is the default."""
        enabled, calls, milliseconds = (settings.get(name) for name in SETTINGS)
        return (
            cls(0) if enabled is False else cls(whole(calls, 10, least=1), whole(milliseconds, 60_000, least=1) / 1000)
        )


@dataclass
class _Window:
    ends: float  # by the limiter's clock
    resets: int  # milliseconds since 1970
    calls: int = 0


class RateLimiter:
    """Counts calls in windows that begin with a caller's first call.

    `clock` is monotonic, in seconds; only the header with the window's end uses the time of day.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: TLRUCache[Hashable, _Window] = TLRUCache(
            MOST_CALLERS, lambda _, window, __: window.ends, timer=clock
        )

    def hit(self, caller: Hashable, limit: CallLimit) -> dict[str, str]:
        """Counts a call; returns the rate limit headers.

        Raises:
            TooManyRequestsError: the limit is exceeded.
        """
        if not limit.calls:
            return {}
        now = self._clock()
        window = self._windows.get(caller)
        if window is None:
            resets = int((time.time() + limit.seconds) * 1000)
            window = self._windows[caller] = _Window(now + limit.seconds, resets)
        window.calls += 1
        headers = {
            "X-RateLimit-Limit": str(limit.calls),
            "X-RateLimit-Remaining": str(max(0, limit.calls - window.calls)),
            "X-RateLimit-Reset": str(window.resets),
        }
        if window.calls > limit.calls:
            raise TooManyRequestsError(max(1, ceil(window.ends - now)), headers)
        return headers
