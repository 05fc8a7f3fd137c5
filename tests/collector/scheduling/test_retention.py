"""Retention as a job of the scheduler."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from collector.scheduling.attempts import Timing
from tests.collector.scheduling.jobs import Counting, Db
from tests.collector.scheduling.schedules import scheduled
from tests.waiting import eventually


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
