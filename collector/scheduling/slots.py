"""The moments at which a cron expression asks for a snapshot: the only module that knows APScheduler."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from collector.errors import SettingsError

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")

_MINUTE = timedelta(minutes=1)
# No change of the clocks is larger.
_CLOCKS_CHANGE = timedelta(hours=3)
_TICK = timedelta(microseconds=1)


class Slots:
    """The moments at which a cron expression asks for a snapshot, in UTC."""

    def __init__(self, expression: str, timezone: str) -> None:
        """Five fields as cron reads them, in an IANA time zone.

        Raises:
            SettingsError: the expression is wrong, never comes up, or says something that can't be kept.
        """
        self._zone = ZoneInfo(timezone)
        try:
            self._trigger = CronTrigger.from_crontab(_with_named_weekdays(expression), UTC)
        except ValueError as error:
            raise SettingsError(f"RCSTATS_SCHEDULE: expected a cron expression of five fields: {error}") from None
        # As cron does: what comes each hour comes in both of two hours that are called the same, all else only once.
        self._comes_hourly = expression.split()[1].startswith("*")
        if self._from(datetime.now(UTC)) is None:
            raise SettingsError("RCSTATS_SCHEDULE: this moment never comes")

    def after(self, moment: datetime) -> datetime:
        """The first slot later than a moment."""
        return self._following(moment + timedelta(microseconds=1))

    def current(self, moment: datetime) -> datetime:
        """The last slot that is not later than a moment."""
        step = _MINUTE
        while self._following(moment - step) > moment:
            step *= 2
        early, late = moment - step, moment + _MINUTE
        while late - early > _MINUTE:  # a slot begins at a full minute
            middle = early + (late - early) / 2
            early, late = (middle, late) if self._following(middle) <= moment else (early, middle)
        return self._following(early)

    def _following(self, moment: datetime) -> datetime:
        return self._from(moment) or datetime.max.replace(tzinfo=UTC)

    def _from(self, moment: datetime) -> datetime | None:
        """The first slot that is not earlier than a moment.

        Slots are found on the local clock and then placed in time. Near a change of the clocks their order can differ,
        so there a few hours of them are looked at.
        """
        clock = self._clock(moment)
        slot = self._slot_on_the_clock(clock - _CLOCKS_CHANGE if self._changes_near(moment) else clock)
        found: list[datetime] = []
        while slot and (not found or self._may_precede(slot, found[0])):
            found += [instant for instant in self._instants(slot) if instant >= moment]
            slot = self._slot_on_the_clock(slot + _TICK)
        return min(found, default=None)

    def _may_precede(self, slot: datetime, found: datetime) -> bool:
        """Whether a slot that comes later on the clock could still come earlier in time."""
        return self._changes_near(found) and slot - self._clock(found) <= _CLOCKS_CHANGE

    def _slot_on_the_clock(self, clock: datetime) -> datetime | None:
        found: datetime | None = self._trigger.get_next_fire_time(None, clock)
        return found

    def _clock(self, moment: datetime) -> datetime:
        """What a local clock shows, marked as UTC: there no change of the clocks can confuse APScheduler."""
        return moment.astimezone(self._zone).replace(tzinfo=UTC, fold=0)

    def _instants(self, clock: datetime) -> tuple[datetime, ...]:
        """When a local clock shows this: maybe twice where it is put back; later where it is put forward."""
        once, again = (clock.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return (once, again) if once <= again and self._comes_hourly else (once,)

    def _changes_near(self, moment: datetime) -> bool:
        sides = (moment - _CLOCKS_CHANGE, moment + _CLOCKS_CHANGE)
        return len({side.astimezone(self._zone).utcoffset() for side in sides}) > 1


def _with_named_weekdays(expression: str) -> str:
    """Cron counts weekdays from Sunday, APScheduler from Monday: names mean the same to both.

    Raises:
        ValueError: the two would understand the expression differently.
    """
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError(f"got {len(fields)}")
    if "*" not in (fields[2][0], fields[4][0]):
        raise ValueError("day of month and day of week can't both be given")
    fields[4] = ",".join(_named(part) for part in fields[4].split(","))
    return " ".join(fields)


def _named(part: str) -> str:
    """One part of the weekday field, for example "5-7" as "fri,sat,sun"."""
    match = re.fullmatch(r"(?:([0-7])(?:-([0-7]))?|\*)(?:/([1-7]))?", part)
    if not match or part == "*":
        return part
    first, last, step = match.groups()
    days = range(int(first or 0), int(last or (6 if step else first)) + 1, int(step or 1))
    if not days:
        raise ValueError(f"the weekdays {part} end before they begin")
    return ",".join(WEEKDAYS[day] for day in days)
