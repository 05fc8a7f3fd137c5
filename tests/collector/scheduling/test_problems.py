"""What the schedule reports as a problem, and what it survives."""

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.errors import UnreachableError
from collector.key_paths import Document
from collector.mongodb.connection import connect
from collector.scheduling.attempts import Timing
from collector.scheduling.slots import Slots
from collector.statistics.snapshot import now
from collector.store.leases import Leases
from collector.store.spool import Spool
from tests.collector.scheduling.jobs import Abandoned, Counting, Db, Held, Made
from tests.collector.scheduling.schedules import IMPATIENT, YEARLY, Heard, scheduled
from tests.factories import snapshot
from tests.failpoints import DISK_FULL, refused
from tests.waiting import eventually


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


def test_an_overdue_snapshot_is_told_without_the_names_of_hosts(real_database: Db) -> None:
    def fail(_: datetime | None, __: Abandoned) -> Document:
        raise UnreachableError("the workspace's MongoDB can't be reached", "connection refused (db.example:27017)")

    with scheduled(Made(fail), real_database, timing=IMPATIENT) as scheduler:
        eventually(lambda: scheduler.problem() != "")
        assert scheduler.problem().endswith(": the workspace's MongoDB can't be reached")


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
