"""The command `rcstats run` in a hurry: slots every few seconds, short waits, short leases and few readings."""

import time
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta

from api.network.server import listener
from collector import daemon
from collector.bootstrap import open_components
from collector.cli import main as cli
from collector.scheduling.attempts import Timing
from collector.scheduling.slots import Slots
from collector.scheduling.supervisor import Systemd
from collector.settings import load
from collector.statistics import catalog
from collector.statistics.reading import Cost, Reading, Statistic, Unit

STEP = 2.0  # seconds from slot to slot
TIMING = Timing(first_retry=0.2, last_retry=1, heartbeat=0.2)
LEASE = 2.0

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NAMES = ("workspace", "presence", "active", "languages", "rooms", "lastLogin")


class Grid(Slots):
    """A slot every so many seconds."""

    def __init__(self, seconds: float = STEP) -> None:
        self.step = timedelta(seconds=seconds)
        super().__init__("* * * * *", "UTC")

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


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--step", type=float, default=STEP)
    parser.add_argument("--dawdle", type=float, default=0.0)
    given = parser.parse_args()
    with open_components(load(), readings=readings(given.dawdle), lease_seconds=LEASE) as components:
        listening = listener(*components.settings.address)
        daemon.serve(components, listening, Systemd(), Grid(given.step), TIMING)
        daemon.end_soon()


if __name__ == "__main__":
    cli.main(main)
