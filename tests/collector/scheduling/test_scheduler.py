"""The scheduler in real time: its jobs, its heartbeat and its end."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from collector.errors import AbandonedError, DatabaseError
from collector.key_paths import Document
from collector.mongodb.connection import connect
from collector.scheduling.attempts import Timing, utc_now
from collector.scheduling.scheduler import Scheduler, SlotTrigger
from collector.scheduling.slots import Slots
from collector.statistics.snapshot import now
from collector.store.leases import Leases
from collector.store.snapshots import Store
from collector.store.spool import Spool
from collector.telemetry import Telemetry
from tests.collector.scheduling.jobs import NO_DISK, Abandoned, Counting, Db, Held, Made, at, job_of
from tests.factories import snapshot
from tests.failpoints import DISK_FULL, refused
from tests.fault_injection.daemon import Grid
from tests.waiting import eventually

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
    scheduler = Scheduler(planned(plan), job, telemetry, timing=timing, **more)
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


@pytest.fixture
def store(real_database: Db) -> Store:
    return Store(real_database)


def test_at_start_the_current_slot_is_taken(store: Store, real_database: Db) -> None:
    collector = Counting()
    with scheduled(collector, real_database) as scheduler:
        scheduler.wait_for_first_attempt()

    this_year = datetime(datetime.now(UTC).year, 1, 1, tzinfo=UTC)
    assert collector.slots == [this_year]
    assert store.has_slot("workspace", this_year)


def test_at_start_a_slot_that_is_taken_is_not_taken_again(store: Store, real_database: Db) -> None:
    store.prepare()
    store.add(snapshot(slot=Slots(YEARLY, "UTC").current(datetime.now(UTC))))
    collector = Counting()
    with scheduled(collector, real_database) as scheduler:
        scheduler.wait_for_first_attempt()

    assert collector.slots == []


def test_each_slot_is_taken_as_it_comes(real_database: Db) -> None:
    collector, grid = Counting(), Grid(0.3)
    with scheduled(collector, real_database, grid):
        eventually(lambda: len(collector.slots) >= 4)

    taken = [slot for slot in collector.slots if slot]
    assert [later - slot for slot, later in pairwise(taken)] == [grid.step] * (len(taken) - 1)


def test_a_slot_that_failed_is_attempted_again_until_it_is_taken(store: Store, real_database: Db) -> None:
    collector = Counting(failures=3)
    with scheduled(collector, real_database) as scheduler:
        scheduler.wait_for_first_attempt()
        eventually(lambda: store.count("workspace", {}) == 1)

    assert len(collector.slots) == 1


def test_the_indexes_are_made_at_start(store: Store, real_database: Db) -> None:
    with scheduled(Counting(), real_database) as scheduler:
        scheduler.wait_for_first_attempt()

    assert store.indexes.missing() == []


def test_a_slot_is_late_by_chance_where_that_is_wished() -> None:
    trigger = SlotTrigger(Slots("0 * * * *", "UTC"), timedelta(minutes=5))
    due = {trigger.get_next_fire_time(None, at("2024-03-15T12:30")) for _ in range(5)}

    assert len(due) > 1
    assert all(at("2024-03-15T13:00") <= moment <= at("2024-03-15T13:05") for moment in due)


def test_a_moment_is_planned_too_late_only_once_the_clock_was_set_back() -> None:
    trigger = SlotTrigger(Slots("0 * * * *", "UTC"), timedelta(minutes=5))

    assert not trigger.is_too_late(at("2024-03-15T13:04"), at("2024-03-15T12:30"))
    assert trigger.is_too_late(at("2024-03-15T13:04"), at("2024-03-15T10:50"))


class Behind(Slots):
    """A plan whose next slot is far away until the clock was set back."""

    is_set_back = False

    def current(self, _: datetime) -> datetime:
        return utc_now().replace(microsecond=0)

    def after(self, moment: datetime) -> datetime:
        return moment + timedelta(seconds=0.1 if self.is_set_back else 3600)


def test_after_the_clock_was_set_back_the_heartbeat_plans_anew(real_database: Db) -> None:
    collector, slots = Counting(), Behind(YEARLY, "UTC")
    with scheduled(collector, real_database, slots) as scheduler:
        scheduler.wait_for_first_attempt()
        eventually(lambda: scheduler.next_due and scheduler.next_due > utc_now() + timedelta(minutes=50))
        slots.is_set_back = True
        eventually(lambda: len(collector.slots) > 1)


def test_another_plan_can_be_given_while_it_runs(real_database: Db) -> None:
    with scheduled(Counting(), real_database) as scheduler:
        scheduler.wait_for_first_attempt()
        hourly = Slots("45 * * * *", "UTC")
        scheduler.change(SlotTrigger(hourly))

        assert scheduler.next_due == hourly.after(utc_now())


def test_another_plan_does_not_put_off_a_slot_that_has_failed(real_database: Db) -> None:
    collector, timing = Counting(failures=1), Timing(first_retry=60, heartbeat=0.02)
    with scheduled(collector, real_database, timing=timing) as scheduler:
        scheduler.wait_for_first_attempt()
        scheduler.change(planned(YEARLY))
        eventually(lambda: len(collector.slots) == 1)


def test_a_snapshot_on_demand_is_kept_without_a_slot(store: Store, real_database: Db) -> None:
    collector = Counting()
    with scheduled(collector, real_database) as scheduler:
        scheduler.wait_for_first_attempt()
        taken = scheduler.request().result(5)

    assert collector.slots[-1] is None
    kept = store.newest("workspace")
    assert kept
    assert taken["_id"] == kept["_id"]


def test_requests_that_wait_together_share_one_snapshot_and_none_is_older_than_its_request(real_database: Db) -> None:
    with scheduled(Counting(seconds=0.2), real_database) as scheduler:
        scheduler.wait_for_first_attempt()
        got: list[tuple[datetime, Document]] = []

        def ask() -> None:
            asked = now()
            got.append((asked, scheduler.request().result(5)))

        clients = [threading.Thread(target=ask) for _ in range(10)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()

    assert len({taken["_id"] for _, taken in got}) <= 2
    assert all(asked <= taken["createdAt"] for asked, taken in got)


def test_all_requests_while_one_snapshot_waits_share_it(real_database: Db) -> None:
    collector = Held()
    with scheduled(collector, real_database) as scheduler:
        assert collector.begun.wait(5)
        requested = [scheduler.request() for _ in range(100)]
        collector.go_on.set()
        ids = {one.result(5)["_id"] for one in requested}

    assert len(ids) == 1
    assert len(collector.slots) == 2  # the slot, and the one that was requested


def test_a_request_that_fails_gets_the_error(real_database: Db) -> None:
    def fail(_: datetime | None, __: Abandoned) -> Document:
        raise DatabaseError("the workspace's MongoDB can't be reached")

    with scheduled(Made(fail), real_database) as scheduler, pytest.raises(DatabaseError, match="can't be reached"):
        scheduler.request().result(5)


def test_a_client_that_leaves_costs_the_others_nothing(real_database: Db) -> None:
    collector = Held()

    async def leave(scheduler: Scheduler) -> Document:
        leaving, staying = (asyncio.ensure_future(asyncio.wrap_future(scheduler.request())) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        collector.go_on.set()
        return await staying

    with scheduled(collector, real_database) as scheduler:
        assert collector.begun.wait(5)
        assert "slot" not in asyncio.run(leave(scheduler))["collector"]


def test_requests_end_with_the_schedule_and_so_do_later_ones(real_database: Db) -> None:
    collector = Held()
    with scheduled(collector, real_database) as scheduler:
        assert collector.begun.wait(5)
        waiting = scheduler.request()
    for requested in (waiting, scheduler.request()):
        with pytest.raises(AbandonedError):
            requested.result(1)
    collector.go_on.set()


def test_at_the_end_a_snapshot_that_is_being_taken_is_given_up_and_not_kept(store: Store, real_database: Db) -> None:
    begun, ended = threading.Event(), threading.Event()

    def take(_: datetime | None, abandoned: Abandoned) -> Document:
        begun.set()
        eventually(abandoned)
        ended.set()
        raise AbandonedError("given up")

    with scheduled(Made(take), real_database):
        assert begun.wait(5)

    assert ended.wait(5)
    assert store.count("workspace", {}) == 0


def test_it_tells_its_supervisor_that_it_lives_and_what_it_does(real_database: Db) -> None:
    heard = Heard()
    with scheduled(Counting(failures=1), real_database, supervisor=heard):
        eventually(lambda: any(status.startswith("last snapshot 2") for status in heard.statuses))

    assert ", next " in heard.statuses[-1]


def test_while_it_is_stuck_it_does_not_say_that_it_lives(real_database: Db) -> None:
    collector, heard = Held(), Heard()
    timing = Timing(heartbeat=0.02, stuck_after=0.1)
    with scheduled(collector, real_database, timing=timing, supervisor=heard) as scheduler:
        assert collector.begun.wait(5)
        eventually(lambda: scheduler.is_stuck)
        count = len(heard.statuses)
        time.sleep(0.1)
        assert len(heard.statuses) <= count + 1  # one may have been on its way
        collector.go_on.set()
        eventually(lambda: len(heard.statuses) > count + 1)


def test_the_heartbeat_goes_on_though_the_supervisor_can_not_be_told(real_database: Db) -> None:
    heard = Heard(fails=True)
    with scheduled(Counting(), real_database, supervisor=heard):
        eventually(lambda: len(heard.statuses) > 3)


def test_retention_is_a_job_of_its_own_that_an_unforeseen_error_costs_one_run_and_one_line(
    real_database: Db, caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[bool] = []

    def prune(abandoned: Callable[[], bool]) -> None:
        runs.append(abandoned())
        if len(runs) < 4:
            datetime.min.replace(tzinfo=UTC).astimezone(timezone(-timedelta(hours=5)))  # as retention met it

    collector, timing = Counting(), Timing(heartbeat=0.02, retention=0.05)
    with scheduled(collector, real_database, timing=timing, prune=prune) as scheduler:
        eventually(lambda: len(runs) >= 5)
        assert (scheduler.problem(), scheduler.is_stuck) == ("", False)

    assert runs[:5] == [False] * 5
    assert len(collector.slots) == 1
    (logged,) = [message for message in caplog.messages if "retention" in message]
    assert logged.startswith('step failed step=retention reason="OverflowError at ')


def test_retention_gives_way_to_a_request(real_database: Db) -> None:
    begun = threading.Event()

    def prune(abandoned: Callable[[], bool]) -> None:
        begun.set()
        eventually(abandoned)

    timing = Timing(heartbeat=0.02, retention=0.05)
    with scheduled(Counting(), real_database, timing=timing, prune=prune) as scheduler:
        assert begun.wait(5)
        assert "slot" not in scheduler.request().result(5)["collector"]


def test_during_an_outage_nothing_is_pruned(real_database: Db) -> None:
    runs: list[int] = []
    collector, timing = Counting(failures=10), Timing(0.05, 0.05, heartbeat=0.02, retention=0.02)
    with scheduled(collector, real_database, timing=timing, prune=lambda _: runs.append(len(collector.slots))):
        eventually(lambda: runs)

    assert set(runs) == {1}


class Broken(Slots):
    """A plan that fails for a while."""

    def __init__(self, failures: int) -> None:
        super().__init__("0 * * * *", "UTC")
        self._failures = failures

    def current(self, moment: datetime) -> datetime:
        self._failures -= 1
        if self._failures >= 0:
            raise OverflowError("date value out of range")
        return super().current(moment)


def test_an_unforeseen_error_of_the_plan_does_not_end_the_schedule(
    real_database: Db, caplog: pytest.LogCaptureFixture
) -> None:
    collector = Counting()
    with scheduled(collector, real_database, Broken(3)) as scheduler:
        eventually(lambda: collector.slots)
        assert scheduler.problem() == ""

    (logged,) = [message for message in caplog.messages if message.startswith("step failed step=slot")]
    assert "OverflowError at collector/scheduling/attempts.py:" in logged


def test_a_snapshot_that_is_overdue_is_a_problem_until_it_is_taken(real_database: Db) -> None:
    collector = Counting(failures=15)
    with scheduled(collector, real_database, timing=IMPATIENT) as scheduler:
        scheduler.wait_for_first_attempt()
        assert scheduler.problem() == ""  # it may still come in time
        eventually(lambda: scheduler.problem() != "")
        overdue = "a snapshot has been overdue for more than 0.3 s: the workspace's MongoDB can't be reached"
        assert scheduler.problem() == overdue
        eventually(lambda: scheduler.problem() == "")

    assert len(collector.slots) == 1


def test_a_slot_that_another_daemon_holds_is_not_a_problem(real_database: Db) -> None:
    slot = Slots(YEARLY, "UTC").current(datetime.now(UTC))
    Leases(real_database).acquire("workspace", slot)
    with scheduled(Counting(), real_database, timing=IMPATIENT) as scheduler:
        scheduler.wait_for_first_attempt()
        time.sleep(0.5)

        assert scheduler.problem() == ""


def test_a_spooled_snapshot_is_not_a_problem_of_the_schedule(
    real_database: Db, tmp_path: Path, mongod_url: str
) -> None:
    with (
        refused(real_database.client, "no-inserts", "insert", code=DISK_FULL),
        connect(f"{mongod_url}&appName=no-inserts", "TEST") as client,
    ):
        database, spool = client[real_database.name], Spool(tmp_path)
        with scheduled(Counting(), database, timing=IMPATIENT, spool=spool) as scheduler:
            scheduler.wait_for_first_attempt()
            time.sleep(0.5)

            assert (len(spool), scheduler.problem()) == (1, "")


def test_a_snapshot_that_is_stuck_is_a_problem(real_database: Db) -> None:
    collector = Held()
    with scheduled(collector, real_database, timing=IMPATIENT) as scheduler:
        eventually(lambda: scheduler.problem().startswith("the schedule is stuck: "))
        collector.go_on.set()
        eventually(lambda: scheduler.problem() == "")


def test_a_snapshot_that_tries_to_end_its_thread_costs_only_itself(real_database: Db) -> None:
    taken: list[datetime | None] = []

    def die(slot: datetime | None, _: Abandoned) -> Document:
        taken.append(slot)
        if len(taken) < 3:
            raise SystemExit
        return snapshot(at=now(), slot=slot)

    with scheduled(Made(die), real_database) as scheduler:
        eventually(lambda: len(taken) == 3)
        assert scheduler.request().result(5)


class Deadly(Slots):
    """A plan that ends the scheduler's own thread."""

    def after(self, moment: datetime) -> datetime:
        if threading.current_thread().name == "APScheduler":
            raise SystemExit
        return super().after(moment)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_schedule_that_has_stopped_is_a_problem(real_database: Db) -> None:
    with scheduled(Counting(), real_database, Deadly("* * * * *", "UTC"), timing=IMPATIENT) as scheduler:
        eventually(lambda: scheduler.problem().startswith("the schedule has stopped: the slot due at "))
        assert scheduler.is_stuck
