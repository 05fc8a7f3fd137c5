"""Attempts at slots by a clock that stands until it is set: when each is made, and what is skipped."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from collector.errors import DatabaseError
from collector.key_paths import Document
from collector.scheduling.attempts import SlotAttempts, Timing
from collector.scheduling.slots import Slots
from collector.store.leases import Leases
from collector.store.snapshots import Store
from collector.telemetry import Telemetry
from tests.collector.scheduling.jobs import Abandoned, Clock, Counting, Db, Made, at, job_of, never
from tests.factories import snapshot

HOURLY, EACH_MINUTE = "0 * * * *", "* * * * *"


class Attempting:
    """Attempts the slots of a cron expression, as a scheduler would."""

    def __init__(self, database: Db, collector: Any, expression: str, clock: Clock, timing: Timing = Timing()) -> None:
        self.telemetry = Telemetry()
        self.slots = Slots(expression, "UTC")
        self._clock = clock
        self._attempts = SlotAttempts(
            job_of(database, collector, telemetry=self.telemetry), self.telemetry, timing, clock
        )

    def __call__(self) -> datetime:
        """Attempts the current slot; when the next attempt is due."""
        return self._attempts.attempt(self.slots, never) or self.slots.after(self._clock())

    def skipped(self) -> float:
        return self.telemetry.slots["skipped"]


def hours_of(collector: Counting) -> list[str]:
    return [f"{slot:%H:%M}" for slot in collector.slots if slot]


def test_each_slot_is_taken_when_it_comes(real_database: Db) -> None:
    collector, clock = Counting(), Clock("2024-03-15T12:30:10")
    attempt = Attempting(real_database, collector, HOURLY, clock)

    assert attempt() == at("2024-03-15T13:00")
    clock.set("2024-03-15T13:00:00")
    assert attempt() == at("2024-03-15T14:00")
    assert hours_of(collector) == ["12:00", "13:00"]


def test_after_a_long_suspension_only_the_current_slot_is_taken_and_the_others_count_as_skipped(
    real_database: Db,
) -> None:
    collector, clock = Counting(), Clock("2024-03-15T12:30")
    attempt = Attempting(real_database, collector, HOURLY, clock)
    attempt()
    clock.set("2024-03-15T16:15")

    assert attempt() == at("2024-03-15T17:00")
    assert hours_of(collector) == ["12:00", "16:00"]
    assert attempt.skipped() == 3


def test_after_the_clock_was_set_back_no_slot_is_lost_and_none_is_taken_twice(real_database: Db) -> None:
    collector, clock = Counting(), Clock("2024-03-15T12:30")
    attempt = Attempting(real_database, collector, HOURLY, clock)
    attempt()
    for hour in (11, 12, 13):
        clock.set(f"2024-03-15T{hour}:00:01")
        assert attempt() == at(f"2024-03-15T{hour + 1}:00")

    assert hours_of(collector) == ["12:00", "11:00", "13:00"]
    assert Store(real_database).count("workspace", {}) == 3


def lasting(clock: Clock, *until: str) -> Made:
    """Makes snapshots up that last until other moments."""
    moments = list(until)

    def take(slot: datetime | None, _: Abandoned) -> Document:
        if moments:
            clock.set(moments.pop(0))
        return snapshot(at=clock(), slot=slot)

    return Made(take)


def test_slots_that_come_during_a_snapshot_that_lasts_longer_are_skipped_and_counted(real_database: Db) -> None:
    clock = Clock("2024-03-15T12:00:10")
    collector = lasting(clock, "2024-03-15T12:02:30")
    attempt = Attempting(real_database, collector, EACH_MINUTE, clock)

    assert attempt() == at("2024-03-15T12:03")
    assert collector.slots == [at("2024-03-15T12:00")]
    assert attempt.skipped() == 2


def test_a_slot_that_comes_during_a_quick_snapshot_is_taken_late(real_database: Db) -> None:
    clock = Clock("2024-03-15T12:59:50")
    collector = lasting(clock, "2024-03-15T13:00:20")
    attempt = Attempting(real_database, collector, HOURLY, clock)

    assert attempt() == at("2024-03-15T13:00:20")
    assert attempt() == at("2024-03-15T14:00")
    assert collector.slots == [at("2024-03-15T12:00"), at("2024-03-15T13:00")]
    assert attempt.skipped() == 0


def test_a_failed_slot_is_attempted_again_after_a_wait_that_doubles_up_to_a_limit(real_database: Db) -> None:
    collector, clock = Counting(failures=5), Clock("2024-03-15T12:30:00")
    attempt = Attempting(real_database, collector, HOURLY, clock, Timing(first_retry=10, last_retry=60))
    waits = []
    for _ in range(5):
        due = attempt()
        waits.append((due - clock()).total_seconds())
        clock.set(due.replace(tzinfo=None).isoformat())

    assert waits == [10, 20, 40, 60, 60]
    assert attempt() == at("2024-03-15T13:00")
    assert hours_of(collector) == ["12:00"]


def test_no_attempt_is_put_off_beyond_the_next_slot(real_database: Db) -> None:
    clock = Clock("2024-03-15T12:59:55")
    attempt = Attempting(real_database, Counting(failures=1), HOURLY, clock, Timing(first_retry=60))

    assert attempt() == at("2024-03-15T13:00")


def test_during_an_outage_each_slot_is_attempted_when_it_comes_and_missed_ones_are_counted(
    real_database: Db, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    clock = Clock("2024-03-15T12:00:10")

    def take(slot: datetime | None, _: Abandoned) -> Document:
        if clock() < at("2024-03-15T12:04"):
            raise DatabaseError("the workspace's MongoDB can't be reached")
        return snapshot(at=clock(), slot=slot)

    collector = Made(take)
    attempt = Attempting(real_database, collector, EACH_MINUTE, clock)
    for minute in range(4):
        assert attempt() <= at(f"2024-03-15T12:{minute + 1:02}")
        clock.set(f"2024-03-15T12:{minute:02}:59")
        assert attempt() == at(f"2024-03-15T12:{minute + 1:02}")
        clock.set(f"2024-03-15T12:{minute + 1:02}:00")

    assert attempt() == at("2024-03-15T12:05")
    assert set(collector.slots) == {at(f"2024-03-15T12:0{minute}") for minute in range(5)}
    assert (attempt.skipped(), attempt.telemetry.slots["taken"]) == (4, 1)
    (over,) = [message for message in caplog.messages if message.startswith("snapshots recovered")]
    assert over.endswith(" slots_skipped=4")


def test_an_outage_is_logged_at_its_begin_and_at_its_end_with_its_length(
    real_database: Db, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    attempt = Attempting(real_database, Counting(failures=4), HOURLY, Clock("2024-03-15T12:30"))
    for _ in range(5):
        attempt()

    logged = [message for message in caplog.messages if not message.startswith("snapshot stored")]
    assert logged[0] == "snapshots failing reason=\"the workspace's MongoDB can't be reached\""
    assert logged[1].startswith("snapshots recovered outage_seconds=")
    assert len(logged) == 2


def test_a_snapshot_that_the_store_will_never_take_is_not_taken_again_for_the_same_slot(real_database: Db) -> None:
    real_database.create_collection("statistics", validator={"never": True})
    collector = Counting()
    attempt = Attempting(real_database, collector, HOURLY, Clock("2024-03-15T12:30"))

    assert attempt() == at("2024-03-15T13:00")
    assert hours_of(collector) == ["12:00"]
    assert attempt.telemetry.slots["failed"] == 1


def test_a_slot_that_another_daemon_holds_is_attempted_again_once_its_lease_has_expired(real_database: Db) -> None:
    clock = Clock("2024-03-15T12:30")
    Leases(real_database, seconds=20).acquire("workspace", at("2024-03-15T12:00"))
    attempt = Attempting(real_database, Counting(), HOURLY, clock)

    assert 15 < (attempt() - clock()).total_seconds() <= 21


def test_an_error_without_a_text_is_an_outage_too(real_database: Db) -> None:
    def fail(_: datetime | None, __: Callable[[], bool]) -> Document:
        raise AssertionError

    attempt = Attempting(real_database, Made(fail), HOURLY, Clock("2024-03-15T12:30"))
    attempt()

    assert attempt.telemetry.outage.reason.startswith("AssertionError")
