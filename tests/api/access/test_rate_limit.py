"""How often a caller may ask."""

import pytest

from api.access.rate_limit import WINDOW, RateLimiter, TooManyRequestsError
from tests.clock import Clock


def test_the_wait_is_the_rest_of_the_minute_by_a_monotonic_clock() -> None:
    """After the time of day was put back by an hour the text asked for a wait of 3660 seconds."""
    clock = Clock()
    limiter = RateLimiter(1, clock)
    limiter.hit("somebody")
    clock.now += 20

    with pytest.raises(TooManyRequestsError, match="You must wait 40 seconds"):
        limiter.hit("somebody")


def test_a_new_window_begins_after_the_previous_one() -> None:
    clock = Clock()
    limiter = RateLimiter(1, clock)
    first = limiter.hit("somebody")
    clock.now += WINDOW

    assert limiter.hit("somebody")["X-RateLimit-Remaining"] == "0"
    assert first["X-RateLimit-Limit"] == "1"


def test_a_limit_of_zero_disables_the_limit() -> None:
    assert [RateLimiter(0).hit("somebody") for _ in range(3)] == [{}, {}, {}]
