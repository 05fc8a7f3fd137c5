"""Owns what has happened to the sample workspace in the ninety days before the demo, and when. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

DAYS = 90
OLD_RELEASE, OLD_MIGRATION = "8.5.2", 334

_SATURDAY = 5


@dataclass(frozen=True)
class Timeline:
    """The incidents, each on a day at an hour of this host's.

    `upgraded`, `restarted`: the server's processes started. `joined`: a second one came. The collector was `away`, the
    reading of the uploads `failed`, and few people could sign in (`locked_out`) for some hours.
    """

    now: datetime
    installed: datetime
    upgraded: datetime
    joined: datetime
    restarted: datetime
    away: tuple[datetime, datetime]
    failed: tuple[datetime, datetime]
    locked_out: tuple[datetime, datetime]

    @classmethod
    def until(cls, now: datetime, installed: datetime) -> "Timeline":
        local = now.astimezone()

        def at(days: int, hour: int) -> datetime:
            day = local - timedelta(days=days)
            return day.replace(hour=hour, minute=0, second=0, microsecond=0)

        def span(days: int, hour: int, hours: int) -> tuple[datetime, datetime]:
            return at(days, hour), at(days, hour) + timedelta(hours=hours)

        workday = next(days for days in range(8, 11) if at(days, 10).weekday() < _SATURDAY)
        return cls(
            now=now,
            installed=installed,
            upgraded=at(41, 22),
            joined=at(26, 7),
            restarted=at(12, 3),
            away=span(33, 1, 7),
            failed=span(19, 14, 2),
            locked_out=span(workday, 10, 2),
        )

    def started(self, moment: datetime) -> datetime:
        """When the server's first process had started that ran at a moment."""
        return max(start for start in (self.installed, self.upgraded, self.restarted) if start <= moment)

    def second_started(self, moment: datetime) -> datetime | None:
        """The same of the second process; None before it came."""
        return None if moment < self.joined else max(self.joined, self.started(moment))


def within(moment: datetime, span: tuple[datetime, datetime]) -> bool:
    return span[0] <= moment < span[1]
