"""When snapshots are taken, by a steered clock where time matters."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from collector.errors import AbandonedError, DatabaseError
from collector.mongodb.connection import connect
from collector.scheduling.job import SnapshotJob, Take
from collector.scheduling.scheduler import Pace, Scheduler
from collector.scheduling.slots import Slots
from collector.statistics.snapshot import now
from collector.store.leases import Leases
from collector.store.snapshots import Store
from collector.store.spool import Spool
from collector.telemetry import Telemetry
from tests.factories import snapshot
from tests.failpoints import DISK_FULL, refused

Db = Database[dict[str, Any]]


class Counter:
    """Takes made-up snapshots, and remembers for which slots; may be told to fail or to dawdle."""

    def __init__(self, failures: int = 0, seconds: float = 0.0) -> None:
        self.slots: list[datetime | None] = []
        self._failures = failures
        self._seconds = seconds
        self._running = threading.Lock()

    def __call__(self, slot: datetime | None, abandoned: Callable[[], bool]) -> dict[str, Any]:
        assert self._running.acquire(blocking=False), "two at once"
        try:
            time.sleep(self._seconds)
            if self._failures:
                self._failures -= 1
                raise DatabaseError("the workspace's MongoDB can't be reached")
            self.slots.append(slot)
            return snapshot(at=now(), slot=slot)
        finally:
            self._running.release()


class Clock:
    """A clock that stands until it is put."""

    def __init__(self, text: str) -> None:
        self._now = at(text)

    def __call__(self) -> datetime:
        return self._now

    def put(self, text: str) -> None:
        self._now = at(text)


QUICK = Pace(first_retry=0.05, beat=0.02)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@contextmanager
def scheduled(
    take: Take,
    database: Db,
    plan: str | Slots,
    record: Telemetry | None = None,
    spool: Spool | None = None,
    afterwards: Callable[[], None] = lambda: None,
    **more: Any,
) -> Iterator[Scheduler]:
    record = record or Telemetry()
    keeper = SnapshotJob(take, Store(database), Leases(database), lambda: "workspace", record, spool)
    slots = plan if isinstance(plan, Slots) else Slots(plan, "UTC")
    schedule = Scheduler(slots, keeper, record, **({"pace": QUICK} | more))
    schedule.afterwards = afterwards
    schedule.start()
    try:
        yield schedule
    finally:
        schedule.stop()


@pytest.fixture
def store(real_database: Db) -> Store:
    return Store(real_database)


def wait_until(true: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.01)


YEARLY = "0 0 1 1 *"


def test_at_start_the_current_slot_is_taken(store: Store, real_database: Db) -> None:
    take = Counter()
    with scheduled(take, real_database, YEARLY) as schedule:
        assert schedule.settled.wait(5)

    this_year = datetime(datetime.now(UTC).year, 1, 1, tzinfo=UTC)
    assert take.slots == [this_year]
    assert store.has_slot("workspace", this_year)


def test_at_start_a_slot_that_is_taken_is_not_taken_again(store: Store, real_database: Db) -> None:
    store.prepare()
    store.add(snapshot(slot=Slots(YEARLY, "UTC").current(datetime.now(UTC))))
    take = Counter()
    with scheduled(take, real_database, YEARLY) as schedule:
        assert schedule.settled.wait(5)

    assert take.slots == []


def test_a_slot_that_failed_is_tried_again_until_it_is_taken(store: Store, real_database: Db) -> None:
    take = Counter(failures=3)
    with scheduled(take, real_database, YEARLY) as schedule:
        assert schedule.settled.wait(5)
        wait_until(lambda: len(take.slots) == 1)

    assert store.count("workspace", {}) == 1


def test_the_indexes_are_made_at_start(store: Store, real_database: Db) -> None:
    with scheduled(Counter(), real_database, YEARLY) as schedule:
        assert schedule.settled.wait(5)

    assert store.missing_indexes() == []


def test_a_snapshot_on_demand_is_kept_without_a_slot(store: Store, real_database: Db) -> None:
    take = Counter()
    with scheduled(take, real_database, YEARLY) as schedule:
        assert schedule.settled.wait(5)
        refreshed = schedule.refresh()

    assert take.slots[-1] is None
    kept = store.newest("workspace")
    assert kept
    assert refreshed["_id"] == kept["_id"]


def test_callers_that_wait_together_share_one_snapshot_and_none_is_older_than_its_call(real_database: Db) -> None:
    take = Counter(seconds=0.2)
    with scheduled(take, real_database, YEARLY) as schedule:
        assert schedule.settled.wait(5)
        got: list[tuple[datetime, dict[str, Any]]] = []

        def call() -> None:
            asked = now()
            got.append((asked, schedule.refresh()))

        callers = [threading.Thread(target=call) for _ in range(10)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()

    assert len({refreshed["_id"] for _, refreshed in got}) <= 2
    assert all(asked <= refreshed["createdAt"] for asked, refreshed in got)


def test_a_refresh_that_fails_tells_who_asked(real_database: Db) -> None:
    def fail(_: datetime | None, __: Callable[[], bool]) -> dict[str, Any]:
        raise DatabaseError("the workspace's MongoDB can't be reached")

    with scheduled(fail, real_database, YEARLY) as schedule, pytest.raises(DatabaseError, match="can't be reached"):
        schedule.refresh()


def slots_of(take: Counter) -> list[str]:
    return [f"{slot:%H:%M}" for slot in take.slots if slot]


def test_each_slot_is_taken_when_it_comes(real_database: Db) -> None:
    take, clock = Counter(), Clock("2024-03-15T12:30:10")
    with scheduled(take, real_database, "0 * * * *", clock=clock) as schedule:
        assert schedule.settled.wait(5)
        assert schedule.next_due == at("2024-03-15T13:00")
        clock.put("2024-03-15T13:00:00")
        wait_until(lambda: schedule.next_due == at("2024-03-15T14:00"))

    assert slots_of(take) == ["12:00", "13:00"]


def test_after_a_long_sleep_only_the_current_slot_is_taken(real_database: Db) -> None:
    take, clock = Counter(), Clock("2024-03-15T12:30")
    with scheduled(take, real_database, "0 * * * *", clock=clock) as schedule:
        assert schedule.settled.wait(5)
        clock.put("2024-03-16T09:15")
        wait_until(lambda: schedule.next_due == at("2024-03-16T10:00"))

    assert slots_of(take) == ["12:00", "09:00"]


def test_where_the_clock_is_put_back_no_slot_is_lost_and_none_is_taken_twice(store: Store, real_database: Db) -> None:
    take, clock = Counter(), Clock("2024-03-15T12:30")
    with scheduled(take, real_database, "0 * * * *", clock=clock) as schedule:
        assert schedule.settled.wait(5)
        clock.put("2024-03-15T10:50")
        wait_until(lambda: schedule.next_due == at("2024-03-15T11:00"))
        for hour in ("11", "12", "13"):
            clock.put(f"2024-03-15T{hour}:00:01")
            wait_until(lambda: schedule.next_due == at(f"2024-03-15T{int(hour) + 1}:00"))  # noqa: B023  used at once

    assert slots_of(take) == ["12:00", "11:00", "13:00"]
    assert store.count("workspace", {}) == 3


class Slow:
    """Takes snapshots that last until another moment."""

    def __init__(self, clock: Clock, *until: str) -> None:
        self.slots: list[datetime | None] = []
        self._clock = clock
        self._until = list(until)

    def __call__(self, slot: datetime | None, _: Callable[[], bool]) -> dict[str, Any]:
        self.slots.append(slot)
        if self._until:
            self._clock.put(self._until.pop(0))
        return snapshot(at=self._clock(), slot=slot)


def test_slots_that_come_during_a_snapshot_that_lasts_longer_are_skipped_and_counted(real_database: Db) -> None:
    clock, record = Clock("2024-03-15T12:00:10"), Telemetry()
    take = Slow(clock, "2024-03-15T12:02:30")
    with scheduled(take, real_database, "* * * * *", record, clock=clock) as schedule:
        wait_until(lambda: schedule.next_due == at("2024-03-15T12:03"))

    assert take.slots == [at("2024-03-15T12:00")]
    assert record.slots["skipped"] == 2


def test_a_slot_that_comes_during_a_quick_snapshot_is_taken_late(real_database: Db) -> None:
    clock, record = Clock("2024-03-15T12:59:50"), Telemetry()
    take = Slow(clock, "2024-03-15T13:00:20")
    with scheduled(take, real_database, "0 * * * *", record, clock=clock) as schedule:
        wait_until(lambda: schedule.next_due == at("2024-03-15T14:00"))

    assert take.slots == [at("2024-03-15T12:00"), at("2024-03-15T13:00")]
    assert record.slots["skipped"] == 0


def test_a_slot_is_late_by_chance_where_that_is_wished(real_database: Db) -> None:
    clock, due = Clock("2024-03-15T12:30"), set()
    for _ in range(5):
        with scheduled(Counter(), real_database, "0 * * * *", clock=clock, jitter=timedelta(minutes=5)) as schedule:
            assert schedule.settled.wait(5)
            due.add(schedule.next_due)

    assert len(due) > 1
    assert all(at("2024-03-15T13:00") <= moment <= at("2024-03-15T13:05") for moment in due)


def test_another_plan_can_be_given_while_it_runs(real_database: Db) -> None:
    clock = Clock("2024-03-15T12:30")
    with scheduled(Counter(), real_database, YEARLY, clock=clock) as schedule:
        assert schedule.settled.wait(5)
        schedule.change(Slots("45 * * * *", "UTC"), timedelta(0))

        assert schedule.next_due == at("2024-03-15T12:45")


def test_it_says_that_it_lives_and_how_things_stand(real_database: Db) -> None:
    said: list[str] = []
    with scheduled(Counter(failures=1), real_database, YEARLY) as schedule:
        schedule.alive = said.append
        wait_until(lambda: any(text.startswith("last snapshot 2") for text in said))

    assert ", next " in said[-1]


def test_one_that_is_stuck_does_not_say_that_it_lives(real_database: Db) -> None:
    begun, go_on = threading.Event(), threading.Event()
    said: list[str] = []

    def take(slot: datetime | None, _: Callable[[], bool]) -> dict[str, Any]:
        begun.set()
        go_on.wait(5)
        return snapshot(slot=slot)

    pace = Pace(beat=0.02, stuck_after=0.1)
    with scheduled(take, real_database, YEARLY, pace=pace) as schedule:
        assert begun.wait(5)
        wait_until(lambda: schedule.is_stuck)
        schedule.alive = said.append
        time.sleep(0.1)
        assert said == []
        go_on.set()
        wait_until(lambda: bool(said))


def test_trouble_is_told_once_and_its_end_with_its_length(real_database: Db, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    take = Counter(failures=4)
    with scheduled(take, real_database, YEARLY):
        wait_until(lambda: len(take.slots) == 1)
        wait_until(lambda: "trouble over" in caplog.text)

    told = [record.message for record in caplog.records if record.message.startswith("trouble")]
    assert len(told) == 2
    assert told[0] == "trouble: the workspace's MongoDB can't be reached; tried again until it is over"
    assert told[1].startswith("trouble over after seconds=")


def test_at_the_end_a_snapshot_that_is_being_taken_is_given_up_and_not_kept(store: Store, real_database: Db) -> None:
    begun, ended = threading.Event(), threading.Event()

    def take(_: datetime | None, abandoned: Callable[[], bool]) -> dict[str, Any]:
        begun.set()
        wait_until(abandoned)
        ended.set()
        raise AbandonedError("given up")

    with scheduled(take, real_database, YEARLY):
        assert begun.wait(5)

    assert ended.wait(5)
    assert store.count("workspace", {}) == 0


def test_an_error_that_nobody_foresaw_while_tidying_costs_only_that_run_and_is_logged_once(
    real_database: Db, caplog: pytest.LogCaptureFixture
) -> None:
    take, clock, tidied = Counter(), Clock("2024-03-15T12:30"), []

    def tidy() -> None:
        tidied.append(clock())
        if len(tidied) < 4:
            datetime.min.replace(tzinfo=UTC).astimezone(timezone(-timedelta(hours=5)))  # as retention met it

    with scheduled(take, real_database, "0 * * * *", clock=clock, afterwards=tidy) as schedule:
        for hour in (12, 13, 14, 15):
            clock.put(f"2024-03-15T{hour}:30")
            wait_until(lambda: len(tidied) == hour - 11)  # noqa: B023  used at once
        assert (schedule.problem(), schedule.is_stuck) == ("", False)

    assert slots_of(take) == ["12:00", "13:00", "14:00", "15:00"]
    (told,) = [message for message in caplog.messages if "tidying" in message]
    assert told.startswith('step failed step=tidying reason="OverflowError at ')


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


def test_an_error_that_nobody_foresaw_in_the_schedule_itself_does_not_end_it(
    real_database: Db, caplog: pytest.LogCaptureFixture
) -> None:
    take, pace = Counter(), Pace(first_retry=0.05, last_retry=0.05, beat=0.02)
    with scheduled(take, real_database, Broken(3), pace=pace) as schedule:
        assert schedule.settled.wait(5)
        wait_until(lambda: bool(take.slots))
        assert schedule.problem() == ""

    (told,) = [message for message in caplog.messages if message.startswith("step failed step=slot")]
    assert "OverflowError at collector/scheduling/scheduler.py:" in told


def test_the_pulse_goes_on_though_the_watchdog_can_not_be_told(real_database: Db) -> None:
    said: list[str] = []

    def alive(text: str) -> None:
        said.append(text)
        raise OSError("the socket is gone")

    with scheduled(Counter(), real_database, YEARLY) as schedule:
        schedule.alive = alive
        wait_until(lambda: len(said) > 3)


def test_an_error_without_a_text_is_trouble_too(real_database: Db) -> None:
    record = Telemetry()

    def fail(_: datetime | None, __: Callable[[], bool]) -> dict[str, Any]:
        raise AssertionError

    with scheduled(fail, real_database, YEARLY, record) as schedule:
        assert schedule.settled.wait(5)

    assert record.trouble.startswith("AssertionError")


IMPATIENT = Pace(first_retry=0.05, last_retry=0.05, beat=0.02, stuck_after=0.3)


def test_a_snapshot_that_is_overdue_is_a_problem_until_it_is_taken(real_database: Db) -> None:
    take = Counter(failures=15)
    with scheduled(take, real_database, YEARLY, pace=IMPATIENT) as schedule:
        assert schedule.settled.wait(5)
        assert schedule.problem() == ""  # it may still come in time
        wait_until(lambda: schedule.problem() != "")
        overdue = "a snapshot has been overdue for more than 0.3 s: the workspace's MongoDB can't be reached"
        assert schedule.problem() == overdue
        wait_until(lambda: schedule.problem() == "")

    assert len(take.slots) == 1


def test_a_slot_that_another_daemon_holds_is_not_a_problem(real_database: Db) -> None:
    slot = Slots(YEARLY, "UTC").current(datetime.now(UTC))
    Leases(real_database).claim("workspace", slot)
    with scheduled(Counter(), real_database, YEARLY, pace=IMPATIENT) as schedule:
        assert schedule.settled.wait(5)
        time.sleep(0.5)

        assert schedule.problem() == ""


def test_a_snapshot_that_waits_on_disk_is_not_a_problem_of_the_schedule(
    real_database: Db, tmp_path: Path, mongod_url: str
) -> None:
    with (
        refused(real_database.client, "no-inserts", "insert", code=DISK_FULL),
        connect(f"{mongod_url}&appName=no-inserts", "TEST") as client,
    ):
        database, spool = client[real_database.name], Spool(tmp_path)
        with scheduled(Counter(), database, YEARLY, pace=IMPATIENT, spool=spool) as schedule:
            assert schedule.settled.wait(5)
            time.sleep(0.5)

            assert (len(spool), schedule.problem()) == (1, "")


def test_one_that_is_stuck_is_a_problem(real_database: Db) -> None:
    go_on = threading.Event()

    def take(slot: datetime | None, _: Callable[[], bool]) -> dict[str, Any]:
        go_on.wait(5)
        return snapshot(slot=slot)

    with scheduled(take, real_database, YEARLY, pace=IMPATIENT) as schedule:
        wait_until(lambda: schedule.problem().startswith("the schedule is stuck: "))
        go_on.set()
        wait_until(lambda: schedule.problem() == "")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_schedule_that_has_died_is_a_problem_and_leaves_nobody_waiting(real_database: Db) -> None:
    def die(_: datetime | None, __: Callable[[], bool]) -> dict[str, Any]:
        raise SystemExit

    with scheduled(die, real_database, YEARLY) as schedule:
        wait_until(lambda: schedule.problem().startswith("the schedule has ended by an error: "))
        with pytest.raises(AbandonedError):
            schedule.ask().result(5)


def test_all_who_ask_while_one_snapshot_waits_share_it(real_database: Db) -> None:
    begun, go_on = threading.Event(), threading.Event()
    taken: list[datetime | None] = []

    def take(slot: datetime | None, _: Callable[[], bool]) -> dict[str, Any]:
        taken.append(slot)
        begun.set()
        go_on.wait(5)
        return snapshot(slot=slot)

    with scheduled(take, real_database, YEARLY) as schedule:
        assert begun.wait(5)
        asked = [schedule.ask() for _ in range(100)]
        go_on.set()
        ids = {one.result(5)["_id"] for one in asked}

    assert len(ids) == 1
    assert len(taken) == 2  # the slot, and the one that was asked for


def test_a_caller_who_leaves_costs_the_others_nothing(real_database: Db) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def take(slot: datetime | None, _: Callable[[], bool]) -> dict[str, Any]:
        begun.set()
        go_on.wait(5)
        return snapshot(slot=slot)

    async def leave(schedule: Scheduler) -> dict[str, Any]:
        leaving, staying = (asyncio.ensure_future(asyncio.wrap_future(schedule.ask())) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        go_on.set()
        return await staying

    with scheduled(take, real_database, YEARLY) as schedule:
        assert begun.wait(5)
        assert "slot" not in asyncio.run(leave(schedule))["collector"]


def test_who_waits_when_the_schedule_ends_is_told_and_so_is_who_asks_later(real_database: Db) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def take(slot: datetime | None, _: Callable[[], bool]) -> dict[str, Any]:
        begun.set()
        go_on.wait(5)
        return snapshot(slot=slot)

    with scheduled(take, real_database, YEARLY) as schedule:
        assert begun.wait(5)
        waiting = schedule.ask()
        schedule.stop()
        for asked in (waiting, schedule.ask()):
            with pytest.raises(AbandonedError):
                asked.result(1)
        go_on.set()


def test_while_the_workspace_is_away_each_slot_is_tried_when_it_comes_and_missed_ones_are_counted(
    real_database: Db, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    clock, record = Clock("2024-03-15T12:00:10"), Telemetry()
    tried: set[datetime | None] = set()

    def take(slot: datetime | None, _: Callable[[], bool]) -> dict[str, Any]:
        tried.add(slot)
        if clock() < at("2024-03-15T12:04"):
            raise DatabaseError("the workspace's MongoDB can't be reached")
        return snapshot(at=clock(), slot=slot)

    with scheduled(take, real_database, "* * * * *", record, clock=clock, pace=Pace(beat=0.02)) as schedule:
        for minute in range(1, 5):
            wait_until(lambda: len(tried) == minute)  # noqa: B023  used at once
            wait_until(lambda: schedule.next_due <= at(f"2024-03-15T12:{minute:02}"))  # noqa: B023
            clock.put(f"2024-03-15T12:{minute - 1:02}:59")
            wait_until(lambda: schedule.next_due == at(f"2024-03-15T12:{minute:02}"))  # noqa: B023
            clock.put(f"2024-03-15T12:{minute:02}:00")
        wait_until(lambda: schedule.next_due == at("2024-03-15T12:05"))

    assert tried == {at(f"2024-03-15T12:0{minute}") for minute in range(5)}
    assert (record.slots["skipped"], record.slots["taken"]) == (4, 1)
    (over,) = [message for message in caplog.messages if message.startswith("trouble over")]
    assert over.endswith(" slots_skipped=4")


def test_slots_that_came_while_the_machine_slept_are_counted_as_skipped(real_database: Db) -> None:
    take, clock, record = Counter(), Clock("2024-03-15T12:30"), Telemetry()
    with scheduled(take, real_database, "0 * * * *", record, clock=clock) as schedule:
        assert schedule.settled.wait(5)
        clock.put("2024-03-15T16:15")
        wait_until(lambda: schedule.next_due == at("2024-03-15T17:00"))

    assert slots_of(take) == ["12:00", "16:00"]
    assert record.slots["skipped"] == 3


def test_a_snapshot_that_the_store_will_never_take_is_not_taken_again_for_the_same_slot(real_database: Db) -> None:
    real_database.create_collection("statistics", validator={"never": True})
    take, clock, record = Counter(), Clock("2024-03-15T12:30"), Telemetry()
    with scheduled(take, real_database, "0 * * * *", record, clock=clock) as schedule:
        assert schedule.settled.wait(5)
        assert schedule.next_due == at("2024-03-15T13:00")

    assert slots_of(take) == ["12:00"]
    assert record.slots["failed"] == 1


def test_another_plan_does_not_put_off_a_slot_that_has_failed(real_database: Db) -> None:
    take, pace = Counter(failures=1), Pace(first_retry=60, beat=0.02)
    with scheduled(take, real_database, YEARLY, pace=pace) as schedule:
        assert schedule.settled.wait(5)
        schedule.change(Slots(YEARLY, "UTC"), timedelta(0))
        wait_until(lambda: len(take.slots) == 1)
