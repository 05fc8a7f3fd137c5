"""When snapshots are taken: the only module that knows APScheduler, so that its next major touches one file."""

import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from collector import logs
from collector.key_paths import Document
from collector.scheduling.attempts import SlotAttempts, Timing, utc_now
from collector.scheduling.job import SnapshotJob
from collector.scheduling.on_demand import OnDemand
from collector.scheduling.slots import Slots
from collector.scheduling.supervisor import Supervisor
from collector.telemetry import Telemetry

log = logging.getLogger(__name__)

_SLOT, _RETRY = "slot", "retry"
_SAMPLING = "sampling"  # an executor of its own, as snapshots occupy the other one
_ALWAYS_LATE_NEVER_TWICE = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


class SlotTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires at the next slot, up to `jitter` late: the slots of many daemons are not to meet in one database."""

    def __init__(self, slots: Slots, jitter: timedelta = timedelta(0)) -> None:
        self.slots = slots
        self._jitter = jitter

    def get_next_fire_time(self, _: datetime | None, now: datetime) -> datetime:
        late = random.uniform(0, self._jitter.total_seconds())  # noqa: S311  no secret
        return self.slots.after(now) + timedelta(seconds=late)

    def is_too_late(self, due: datetime, now: datetime) -> bool:
        """Whether slots come before a moment that was planned, as the clock was set back."""
        return due > self.slots.after(now) + self._jitter


@dataclass(frozen=True)
class PeriodicJobs:
    """The jobs besides snapshots.

    `prune` removes snapshots past their retention period, until it is told to give up. `sample` takes a sample of what
    changes between snapshots, also during one.
    """

    prune: Callable[[Callable[[], bool]], None] = lambda _: None
    sample: Callable[[], None] = lambda: None


class Scheduler:
    """Takes the current slot at the start and each slot as it comes, and snapshots on demand; never two at once."""

    def __init__(
        self,
        trigger: SlotTrigger,
        job: SnapshotJob,
        telemetry: Telemetry,
        supervisor: Supervisor = Supervisor(),
        periodic: PeriodicJobs = PeriodicJobs(),
        *,
        timing: Timing = Timing(),
    ) -> None:
        self._trigger = trigger
        self._job = job
        self._telemetry = telemetry
        self._supervisor = supervisor
        self._periodic = periodic
        self._timing = timing
        self._attempts = SlotAttempts(job, telemetry, timing)
        self._on_demand = OnDemand(lambda: job.take_now(self._ended.is_set), partial(self._add, "refresh"))
        self._busy_since: float | None = None
        self._steps = logs.Changes(log)
        self._attempted = threading.Event()
        self._ended = threading.Event()
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # each job logs its own failures
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1), _SAMPLING: ThreadPoolExecutor(1)},
            job_defaults=_ALWAYS_LATE_NEVER_TWICE,
        )
        self._heartbeat = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        now = utc_now()
        self._add("slot", self._attempt, id=_SLOT, trigger=self._trigger, next_run_time=now)
        soon = now + timedelta(seconds=min(1.0, self._timing.retention))  # the first slot goes first
        self._add("retention", self._retain, trigger="interval", seconds=self._timing.retention, next_run_time=soon)
        self._scheduler.add_job(
            self._take_sample, "interval", seconds=self._timing.sample, executor=_SAMPLING, next_run_time=now
        )
        self._scheduler.start()
        self._heartbeat.start()

    def stop(self) -> None:
        """Ends at once; a snapshot that is being taken is given up after its running queries."""
        self._ended.set()
        self._on_demand.end()
        self._scheduler.shutdown(wait=False)

    def change(self, trigger: SlotTrigger) -> None:
        """Follows another plan; a slot that has failed is attempted again at once."""
        self._trigger = trigger
        self._scheduler.reschedule_job(_SLOT, trigger=trigger)
        if self._attempts.is_owed:
            self._retry(utc_now())

    def wait_for_first_attempt(self) -> None:
        """Returns once the first slot was taken, found taken, or could not be taken."""
        self._attempted.wait()

    @property
    def next_due(self) -> datetime | None:
        """When the next attempt at a slot is due; None after the end."""
        jobs = map(self._scheduler.get_job, (_SLOT, _RETRY))
        return min((job.next_run_time for job in jobs if job), default=None)

    @property
    def is_stuck(self) -> bool:
        """Whether snapshots are taken no more."""
        return self._is_busy_for_too_long or self._has_stopped

    def problem(self) -> str:
        """Why snapshots are not taken as they should be, or '' while they are.

        A snapshot that is spooled is taken, and so is one that another daemon takes.
        """
        limit = f"{self._timing.stuck_after:g} s"
        if self._is_busy_for_too_long:
            return f"the schedule is stuck: one snapshot has been running for more than {limit}"
        if self._attempts.is_overdue(self._timing.stuck_after):
            reason = f": {self._telemetry.outage.brief}" if self._telemetry.outage.brief else ""
            return f"a snapshot has been overdue for more than {limit}{reason}"
        if self._has_stopped:
            return f"the schedule has stopped: the slot due at {self.next_due:%Y-%m-%d %H:%M} UTC was not attempted"
        return ""

    def request(self) -> Future[Document]:
        """A snapshot taken after this call; callers that wait for the same one share it.

        It ends with a DatabaseError if it cannot be taken, and with an AbandonedError if the schedule ends.
        """
        return self._on_demand.request()

    def _add(self, step: str, act: Callable[[], None], **when: object) -> None:
        """Adds a job that runs on the worker; by default at once, and once."""
        self._scheduler.add_job(self._run, args=(step, act), **when)

    def _run(self, step: str, act: Callable[[], None]) -> None:
        self._busy_since = time.monotonic()
        try:
            self._steps.guard(step, act)
        finally:
            self._busy_since = None

    def _attempt(self) -> None:
        again: datetime | None = utc_now() + timedelta(seconds=self._timing.last_retry)
        try:
            again = self._attempts.attempt(self._trigger.slots, self._ended.is_set)
        finally:
            self._attempted.set()
            if again:
                self._retry(again)

    def _retry(self, moment: datetime) -> None:
        """Plans another attempt at a slot. While it is planned from within one, both count as running."""
        self._add("slot", self._attempt, id=_RETRY, next_run_time=moment, replace_existing=True, max_instances=2)

    def _retain(self) -> None:
        if not self._telemetry.outage.reason:
            self._periodic.prune(self._is_awaited)

    def _take_sample(self) -> None:
        self._steps.guard("sample", self._periodic.sample)

    def _is_awaited(self) -> bool:
        return self._ended.is_set() or self._on_demand.is_requested

    @property
    def _is_busy_for_too_long(self) -> bool:
        since = self._busy_since
        return since is not None and time.monotonic() - since > self._timing.stuck_after

    @property
    def _has_stopped(self) -> bool:
        """Whether the scheduler's own thread has died, so that what is due does not begin."""
        is_busy, due = self._busy_since is not None, self.next_due
        return not is_busy and due is not None and utc_now() - due > timedelta(seconds=self._timing.stuck_after)

    def _beat(self) -> None:
        """A thread of its own, by the monotonic clock: a job of the scheduler could be hours late by a clock set back.

        Waking the scheduler makes it look at a clock that was set forward, or at a host that was suspended.
        """
        while not self._ended.wait(self._timing.heartbeat):
            self._steps.guard("lease", self._job.renew_lease)
            self._steps.guard("clock", self._check_clock)
            self._scheduler.wakeup()
            if not self.is_stuck:
                self._steps.guard("watchdog", lambda: self._supervisor.alive(self._telemetry.status(self.next_due)))

    def _check_clock(self) -> None:
        """Plans anew what is due too late, as the clock was set back."""
        now = utc_now()
        slot, retry = self._scheduler.get_job(_SLOT), self._scheduler.get_job(_RETRY)
        if slot and self._trigger.is_too_late(slot.next_run_time, now):
            with suppress(JobLookupError):  # the schedule has ended
                self._scheduler.modify_job(_SLOT, next_run_time=self._trigger.get_next_fire_time(None, now))
        if retry and self._trigger.is_too_late(retry.next_run_time, now):
            self._retry(now)
