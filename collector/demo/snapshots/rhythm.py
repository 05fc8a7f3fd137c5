"""Owns the rhythm of the sample workspace: how many people are there at an hour, and when they write. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from collector.demo.sample.randomness import Chance

HOUR = timedelta(hours=1)

# The share of the people of a working day who are there, by the hour of this host, whose days are the server's.
_BY_HOUR = (4, 3, 3, 3, 4, 8, 25, 60, 88, 100, 99, 92, 80, 90, 97, 94, 78, 48, 28, 18, 13, 10, 7, 5)
_WEEKEND = 0.15
_NIGHT_OWLS = 0.05  # at any hour, at most
_SATURDAY = 5
_GOLDEN_RATIO = 0.618034
# The most of all users who are there at once, by state, and the connections that they have.
_ONLINE, _AWAY, _BUSY, _CONNECTIONS = 0.33, 0.13, 0.03, 0.54


@dataclass(frozen=True)
class Presence:
    """Users by state, and their connections."""

    online: int
    away: int
    busy: int
    connections: int

    @classmethod
    def at(cls, moment: datetime, users: int) -> "Presence":
        by_week = change(moment)
        share = liveliness(moment) * (0.95 + by_week / 10) + by_week * _NIGHT_OWLS
        return cls(*(round(users * share * most) for most in (_ONLINE, _AWAY, _BUSY, _CONNECTIONS)))


def change(moment: datetime) -> float:
    """From 0 to 1: how an hour differs from the same one of other weeks, spread evenly so that none stands out."""
    week, hour = divmod(int(moment.timestamp()) // 3600, 7 * 24)
    return (week * _GOLDEN_RATIO + Chance(f"hour {hour}").random()) % 1


def liveliness(moment: datetime) -> float:
    """From 0 to 1, the same in the whole hour."""
    local = moment.astimezone()
    return _BY_HOUR[local.hour] / 100 * (_WEEKEND if local.weekday() >= _SATURDAY else 1)


def _written(hour: datetime) -> float:
    return liveliness(hour) * (0.6 + Chance(f"{hour:%Y%m%d}").random())


class Activity:
    """What share of all that was written from `start` to `end` was written until a moment; no day is as another."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self._start = start
        hours = int((end - start) / HOUR)
        self._until = [0.0, *accumulate(_written(start + hour * HOUR) for hour in range(hours))]

    def until(self, moment: datetime) -> float:
        hour = int((moment - self._start) / HOUR)
        return self._until[min(max(hour, 0), len(self._until) - 1)] / self._until[-1]
