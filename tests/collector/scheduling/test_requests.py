"""Snapshots on demand, beside the schedule."""

import asyncio
import threading
from datetime import datetime

import pytest

from collector.errors import AbandonedError, DatabaseError
from collector.key_paths import Document
from collector.scheduling.scheduler import Scheduler
from collector.statistics.snapshot import now
from collector.store.snapshots import Store
from tests.collector.scheduling.jobs import Abandoned, Counting, Db, Held, Made
from tests.collector.scheduling.schedules import scheduled


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
