"""The moments at which a cron expression asks for a snapshot, as cron itself reads it, also where the clocks change."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from collector.errors import SettingsError

# No change of the clocks is larger: near one, slots on the local clock and slots in time differ by up to as much.
_CLOCKS_CHANGE = timedelta(hours=3)

# The names that cron itself has for some expressions.
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_EXPECTED = "RCSTATS_SCHEDULE: expected a cron expression of five fields, or a name such as @hourly"


class Slots:
    """The moments at which a cron expression asks for a snapshot, in UTC."""

    def __init__(self, expression: str, timezone: str) -> None:
        """Five fields or a name as cron reads them, in an IANA time zone.

        Raises:
            SettingsError: the expression is wrong, or no moment matches it.
        """
        self._expression, self._zone = _NICKNAMES.get(expression.strip(), expression), ZoneInfo(timezone)
        if (count := len(self._expression.split())) != 5:
            raise SettingsError(f"{_EXPECTED}: got {count} field{'' if count == 1 else 's'}")
        try:
            self.after(datetime.now(UTC))
        except CronSimError as error:
            raise SettingsError(f"{_EXPECTED}: {error}") from None

    def after(self, moment: datetime) -> datetime:
        """The first slot later than a moment."""
        return next(slot for slot in self._from(moment - _CLOCKS_CHANGE) if slot > moment)

    def current(self, moment: datetime) -> datetime:
        """The last slot that is not later than a moment."""
        return next(slot for slot in self._from(moment + _CLOCKS_CHANGE, reverse=True) if slot <= moment)

    def _from(self, moment: datetime, *, reverse: bool = False) -> Iterator[datetime]:
        for slot in CronSim(self._expression, moment.astimezone(self._zone), reverse):
            yield slot.astimezone(UTC)
