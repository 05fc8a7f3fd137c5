"""Schedulers that run in a test, and a supervisor that remembers what it was told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from collector.scheduling.attempts import Timing
from collector.scheduling.scheduler import PeriodicJobs, Scheduler, SlotTrigger
from collector.scheduling.slots import Slots
from collector.store.spool import Spool
from collector.telemetry import Telemetry
from tests.collector.scheduling.jobs import NO_DISK, Db, job_of

YEARLY = "0 0 1 1 *"
QUICK = Timing(first_retry=0.05, last_retry=0.05, heartbeat=0.02)
IMPATIENT = Timing(first_retry=0.05, last_retry=0.05, heartbeat=0.02, stuck_after=0.3)


def planned(plan: str | Slots) -> SlotTrigger:
    return SlotTrigger(plan if isinstance(plan, Slots) else Slots(plan, "UTC"))


@contextmanager
def scheduled(
    collector: Any,
    database: Db,
    plan: str | Slots = YEARLY,
    *,
    spool: Spool = NO_DISK,
    timing: Timing = QUICK,
    **more: Any,
) -> Iterator[Scheduler]:
    telemetry = more.pop("telemetry", None) or Telemetry()
    job = job_of(database, collector, spool, telemetry)
    periodic = PeriodicJobs(**{name: more.pop(name) for name in ("prune", "sample") if name in more})
    scheduler = Scheduler(planned(plan), job, telemetry, periodic=periodic, timing=timing, **more)
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.stop()


class Heard:
    """A supervisor that remembers what it was told; it may fail at it."""

    def __init__(self, *, fails: bool = False) -> None:
        self.statuses: list[str] = []
        self._fails = fails

    def ready(self, _: str) -> None:
        raise NotImplementedError

    def alive(self, status: str) -> None:
        self.statuses.append(status)
        if self._fails:
            raise OSError("the socket is gone")
