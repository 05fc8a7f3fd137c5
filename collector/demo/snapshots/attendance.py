"""Owns who was there at each earlier hour, and the peaks of the connections. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from collector.demo.snapshots.rhythm import HOUR, Presence
from collector.demo.snapshots.timeline import Timeline, within
from collector.key_paths import Document

_DAY = timedelta(days=1)
_LOCKED_OUT = 0.15  # the share of people who were there all the same
_MONTH = 30


class Attendance:
    """`users` gives the number of users at a moment; the server stored its statistics once a day until `stored`."""

    def __init__(self, timeline: Timeline, users: Callable[[datetime], int], stored: datetime) -> None:
        self._timeline = timeline
        self._users = users
        self._stored = stored
        self.at = cache(self._at)
        self._peak = cache(self._peak_until)
        self._of_a_month = cache(self._month_until)

    def _at(self, hour: datetime) -> Presence:
        share = _LOCKED_OUT if within(hour, self._timeline.locked_out) else 1
        return Presence.at(hour, round(self._users(hour) * share))

    def sampled(self, hour: datetime) -> Document:
        """`collector.connections`, as the daemon takes samples of them."""
        now, before = (self.at(one).connections for one in (hour, hour - HOUR))
        return {"now": now, "hourPeak": max(now, before), "dayPeak": self._peak(hour), "sampledSince": hour - _DAY}

    def stored(self, hour: datetime) -> Document:
        """The peaks that the server's newest statistics at an hour tell."""
        newest = _hour(self._stored - max(0, -((hour - self._stored) // _DAY)) * _DAY)
        return self._of_a_month(newest)

    def _month_until(self, newest: datetime) -> Document:
        peaks = [self._peak(newest - days * _DAY) for days in range(_MONTH)]
        return {"dailyPeakConnections": peaks[0], "maxMonthlyPeakConnections": max(peaks)}

    def _peak_until(self, hour: datetime) -> int:
        """The most connections in the 24 hours until then."""
        return max(self.at(hour - back * HOUR).connections for back in range(24))


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
