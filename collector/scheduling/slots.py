"""The moments at which a cron expression asks for a snapshot, as cron itself reads it, also where the clocks change."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from collector.errors import SettingsError

# No change of the clocks is larger: near one, slots on the local clock and slots in time differ by up to as much.
_CLOCKS_CHANGE = timedelta(hours=3)


class Slots:
    """The moments at which a cron expression asks for a snapshot, in UTC."""

    def __init__(self, expression: str, timezone: str) -> None:
        """Five fields as cron reads them, in an IANA time zone.

        Raises:
            SettingsError: the expression is wrong, or no moment matches it.
        """
        self._expression, self._zone = expression, ZoneInfo(timezone)
        if (count := len(expression.split())) != 5:
            raise SettingsError(f"RCSTATS_SCHEDULE: expected a cron expression of five fields: got {count}")
        try:
            self.after(datetime.now(UTC))
        except CronSimError as error:
            raise SettingsError(f"RCSTATS_SCHEDULE: expected a cron expression of five fields: {error}") from None

    def after(self, moment: datetime) -> datetime:
        """The first slot later than a moment."""
        return next(slot for slot in self._from(moment - _CLOCKS_CHANGE) if slot > moment)

    def current(self, moment: datetime) -> datetime:
        """The last slot that is not later than a moment."""
        return next(slot for slot in self._from(moment + _CLOCKS_CHANGE, reverse=True) if slot <= moment)

    def _from(self, moment: datetime, *, reverse: bool = False) -> Iterator[datetime]:
        for slot in CronSim(self._expression, moment.astimezone(self._zone), reverse):
            yield slot.astimezone(UTC)
