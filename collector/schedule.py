"""When snapshots are taken: the only module that knows APScheduler; one slot, one snapshot."""

import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger

from collector.connection import Document
from collector.errors import AbandonedError, DatabaseError, SettingsError
from collector.store import Store

log = logging.getLogger(__name__)

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIRST_RETRY, LAST_RETRY = timedelta(seconds=5), timedelta(minutes=2)

# Seconds that a request waits for its snapshot.
REFRESH_WITHIN = 120.0

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
        """When a local clock shows this: twice where it is put back; where it is put forward, as late as it is put."""
        once, again = (clock.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return (once, again) if once <= again else (once,)

    def _changes_near(self, moment: datetime) -> bool:
        sides = (moment - _CLOCKS_CHANGE, moment + _CLOCKS_CHANGE)
        return len({side.astimezone(self._zone).utcoffset() for side in sides}) > 1


class Schedule:
    """Takes one snapshot a slot and keeps it; takes one on demand; never two at once."""

    def __init__(
        self,
        slots: Slots,
        take: Callable[[datetime | None, Callable[[], bool]], Document],
        store: Store,
        workspace: Callable[[], str],
        first_retry: timedelta = FIRST_RETRY,
    ) -> None:
        """`take` computes the snapshot of a slot, or one on demand (None), until it is told to give up.

        `workspace` tells whose slots count.
        """
        self._slots = slots
        self._take = take
        self._store = store
        self._workspace = workspace
        self._guard = threading.Lock()
        self._asked: Future[Document] | None = None
        self._first_retry = self._wait = first_retry
        self._prepared = False
        self._ended = threading.Event()
        self.settled = threading.Event()
        """Set once the first slot was taken, found taken, or could not be taken."""
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    def start(self) -> None:
        """Takes the current slot if nobody has, then each as it comes."""
        self._scheduler.add_job(self._attend, _EachSlot(self._slots), id="slots", next_run_time=datetime.now(UTC))
        self._scheduler.start()

    def stop(self) -> None:
        """Ends at once; a snapshot that is being taken is given up after the queries that run."""
        self._ended.set()
        self._scheduler.shutdown(wait=False)

    @property
    def next_slot(self) -> datetime | None:
        """When the next snapshot is due; None before the start and after the end."""
        job = self._scheduler.get_job("slots")
        return job.next_run_time if job else None

    def refresh(self) -> Document:
        """A snapshot taken after this call; callers that wait for the same one share it.

        Raises:
            DatabaseError: it could not be taken or kept, or not within a generous time.
        """
        with self._guard:
            if self._asked is None:
                self._asked = Future()
                self._scheduler.add_job(self._answer)
            asked = self._asked
        try:
            return asked.result(REFRESH_WITHIN)
        except TimeoutError:
            raise DatabaseError("the new snapshot takes too long") from None

    def _answer(self) -> None:
        """Takes the snapshot that was asked for, on the one thread that takes snapshots."""
        with self._guard:
            asked, self._asked = self._asked, None
        if asked is None:
            return
        try:
            self._prepare()
            asked.set_result(self._keep(self._take(None, self._ended.is_set)))
        except Exception as error:  # noqa: BLE001  it is raised where the snapshot was asked for
            asked.set_exception(error)

    def _attend(self) -> None:
        """Takes the current slot; on trouble tries again after a growing, capped wait."""
        try:
            self._take_current_slot()
        except AbandonedError as error:
            log.info("%s", error)
        except Exception as error:  # noqa: BLE001  a slot that failed must not end the schedule
            log.warning("no snapshot: %s; next try in %g s", error, self._wait.total_seconds())
            self._scheduler.add_job(
                self._attend, DateTrigger(datetime.now(UTC) + self._wait), id="retry", replace_existing=True
            )
            self._wait = min(2 * self._wait, LAST_RETRY)
        else:
            self._wait = self._first_retry
        self.settled.set()

    def _take_current_slot(self) -> None:
        self._prepare()
        slot = self._slots.current(datetime.now(UTC))
        if not self._store.has_slot(self._workspace(), slot):
            self._keep(self._take(slot, self._ended.is_set))

    def _prepare(self) -> None:
        """Makes the store's indexes, once; without them a slot could be kept twice."""
        if not self._prepared:
            self._store.prepare()
            self._prepared = True

    def _keep(self, snapshot: Document) -> Document:
        own = snapshot["collector"]
        kept = self._store.add(snapshot)
        failed = [name for name, record in own["readings"].items() if not record["ok"]]
        log.info(
            "snapshot %s slot=%s seconds=%s failed=%s",
            "kept" if kept else "not kept, the slot was taken by another daemon",
            own["slot"].isoformat() if "slot" in own else "none",
            own["seconds"],
            ",".join(failed) or "none",
        )
        return snapshot


class _EachSlot(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """APScheduler's view of the slots; asked in UTC, so that no change of the clocks can confuse it."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots

    def get_next_fire_time(self, previous: datetime | None, current: datetime) -> datetime:
        return self._slots.after(max(previous, current) if previous else current)


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
