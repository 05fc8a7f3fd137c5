"""The scheduler in real time: its slots, its heartbeat and its end."""

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from collector.errors import AbandonedError
from collector.key_paths import Document
from collector.scheduling.attempts import Timing, utc_now
from collector.scheduling.scheduler import SlotTrigger
from collector.scheduling.slots import Slots
from collector.store.snapshots import Store
from tests.collector.scheduling.jobs import Abandoned, Counting, Db, Held, Made, at
from tests.collector.scheduling.schedules import YEARLY, Heard, planned, scheduled
from tests.factories import snapshot
from tests.fault_injection.daemon import Grid
from tests.waiting import eventually


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


def test_the_heartbeat_goes_on_though_the_supervisor_can_not_be_told(real_database: Db) -> None:
    heard = Heard(fails=True)
    with scheduled(Counting(), real_database, supervisor=heard):
        eventually(lambda: len(heard.statuses) > 3)


def test_samples_are_taken_while_a_snapshot_runs_and_a_failing_one_costs_itself(
    real_database: Db, caplog: pytest.LogCaptureFixture
) -> None:
    samples: list[int] = []

    def sample() -> None:
        samples.append(1)
        if len(samples) == 2:
            raise ValueError

    collector = Held()
    with scheduled(collector, real_database, timing=Timing(heartbeat=0.02, sample=0.05), sample=sample):
        assert collector.begun.wait(5)
        eventually(lambda: len(samples) >= 5)
        collector.go_on.set()

    (logged,) = [message for message in caplog.messages if "sample" in message]
    assert logged.startswith('step failed step=sample reason="ValueError at ')
