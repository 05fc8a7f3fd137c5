"""The command `rcstats run` in a hurry: slots every few seconds, short waits, short leases and few readings."""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from unittest.mock import patch

from collector import bootstrap, daemon
from collector.bootstrap import Components
from collector.cli import main as cli
from collector.scheduling.scheduler import Pace, Scheduler
from collector.scheduling.slots import Slots
from collector.statistics import catalog
from collector.statistics.reading import Cost, Reading, Statistic, Unit
from collector.store.leases import Leases

STEP = 2.0  # seconds from slot to slot
PACE = Pace(first_retry=0.2, last_retry=1, beat=0.2)
LEASE = 2.0

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NAMES = ("workspace", "presence", "active", "languages", "rooms", "lastLogin")


class Grid(Slots):
    """A slot every so many seconds."""

    def __init__(self, seconds: float = STEP) -> None:
        super().__init__("* * * * *", "UTC")
        self.step = timedelta(seconds=seconds)

    def current(self, moment: datetime) -> datetime:
        return moment - (moment - _EPOCH) % self.step

    def after(self, moment: datetime) -> datetime:
        return self.current(moment) + self.step


def readings(dawdle: float = 0.0) -> tuple[Reading, ...]:
    """A few of the catalogue's, and one that only takes its time."""

    def wait(_: object) -> dict[str, float]:
        time.sleep(dawdle)
        return {"dawdled": dawdle}

    slow = Reading("dawdle", (Statistic("dawdled", "Made up.", Unit.SECONDS),), "nowhere", Cost.FREE, wait)
    return (*(reading for reading in catalog.READINGS if reading.name in _NAMES), slow)


def hurried(step: float) -> Callable[[Components], Scheduler]:
    """The schedule of the command, but with this grid and this pace."""

    def scheduled(of: Components) -> Scheduler:
        return Scheduler(Grid(step), of.keeper(of.take), of.record, pace=PACE)

    return scheduled


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--step", type=float, default=STEP)
    parser.add_argument("--dawdle", type=float, default=0.0)
    given = parser.parse_args()
    sys.argv[1:] = ["run"]
    with (
        patch.object(daemon, "scheduled", hurried(given.step)),
        patch.object(bootstrap, "Leases", partial(Leases, lease=LEASE)),
        patch.object(catalog, "READINGS", readings(given.dawdle)),
    ):
        cli.main()


if __name__ == "__main__":
    main()
