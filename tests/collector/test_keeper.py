"""One slot, one snapshot, with trouble on the way."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from collector.claims import Claims, HeldError
from collector.connection import Client, connect
from collector.demo.mongod import free_port
from collector.errors import AbandonedError, DatabaseError, UnacceptableError
from collector.keeper import Keeper, WaitingError
from collector.record import Record
from collector.spool import Spool
from collector.store import Store
from tests.factories import NOW, hours, snapshot

Db = Database[dict[str, Any]]


def never() -> bool:
    return False


def take(slot: datetime | None, _: Callable[[], bool]) -> dict[str, Any]:
    return snapshot(slot=slot)


def fail(_: datetime | None, __: Callable[[], bool]) -> dict[str, Any]:
    raise AbandonedError("given up")


def keeper(database: Db, spool: Spool | None = None, what: Any = take, record: Record | None = None) -> Keeper:
    return Keeper(what, Store(database), Claims(database), lambda: "workspace", record or Record(), spool)


@pytest.fixture
def away() -> Iterator[Db]:
    """A store that nobody answers for."""
    client: Client
    with connect(f"mongodb://127.0.0.1:{free_port()}/?timeoutMS=200", "TEST") as client:
        yield client["rcstats"]


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def test_a_slot_is_taken_once_by_however_many(real_database: Db) -> None:
    record = Record()
    for _ in range(3):
        keeper(real_database, record=record).take_slot(NOW, never)

    assert Store(real_database).count("workspace", {}) == 1
    assert record.slots["taken"] == 1


def test_a_slot_that_another_daemon_is_taking_is_left_to_it(real_database: Db) -> None:
    Claims(real_database).claim("workspace", NOW)

    with pytest.raises(HeldError):
        keeper(real_database).take_slot(NOW, never)
    assert Store(real_database).count("workspace", {}) == 0


def test_a_snapshot_that_fails_leaves_the_slot_to_others_at_once(real_database: Db) -> None:
    with pytest.raises(AbandonedError):
        keeper(real_database, what=fail).take_slot(NOW, never)

    keeper(real_database).take_slot(NOW, never)
    assert Store(real_database).count("workspace", {}) == 1


def test_without_the_store_the_snapshot_waits_on_disk_and_is_not_taken_again(away: Db, spool: Spool) -> None:
    record, taken = Record(), []

    def counted(slot: datetime | None, _: Callable[[], bool]) -> dict[str, Any]:
        taken.append(slot)
        return snapshot(slot=slot)

    one = keeper(away, spool, counted, record)
    with pytest.raises(WaitingError, match="can't be reached; the snapshot waits on disk"):
        one.take_slot(NOW, never)
    with pytest.raises(DatabaseError):
        one.take_slot(NOW, never)

    assert taken == [NOW]
    assert (len(spool), record.waiting, record.slots["taken"]) == (1, 1, 1)


def test_when_the_store_is_back_what_waited_is_delivered_first(real_database: Db, spool: Spool) -> None:
    spool.keep(snapshot(slot=NOW))
    record = Record(waiting=1)
    keeper(real_database, spool, record=record).take_slot(NOW, never)

    assert Store(real_database).has_slot("workspace", NOW)
    assert (len(spool), record.waiting, record.slots["taken"]) == (0, 0, 0)


def test_what_waited_for_a_slot_that_another_daemon_has_kept_is_dropped(real_database: Db, spool: Spool) -> None:
    keeper(real_database).take_slot(NOW, never)
    spool.keep(snapshot(slot=NOW))
    keeper(real_database, spool).deliver()

    assert (Store(real_database).count("workspace", {}), len(spool)) == (1, 0)


def test_a_snapshot_on_demand_is_given_though_it_waits_on_disk(away: Db, spool: Spool) -> None:
    taken = keeper(away, spool).take_now(never)

    assert "slot" not in taken["collector"]
    assert len(spool) == 1


def test_without_store_and_without_spool_there_is_none(away: Db) -> None:
    with pytest.raises(DatabaseError, match="can't be reached"):
        keeper(away).take_slot(NOW, never)
    with pytest.raises(DatabaseError, match="can't be reached"):
        keeper(away).take_now(never)


def test_an_acknowledgement_that_was_lost_doubles_nothing(real_database: Db) -> None:
    store = Store(real_database)
    store.prepare()
    kept = snapshot(slot=NOW)

    assert store.add(kept)
    assert store.add(kept)  # as the driver, or the spool, tries it again
    assert store.count("workspace", {}) == 1


def test_a_snapshot_too_large_for_mongodb_is_told_apart(real_database: Db) -> None:
    with pytest.raises(UnacceptableError):
        Store(real_database).add(snapshot(filling="x" * 17_000_000))


def test_what_can_not_be_delivered_now_costs_the_slot_nothing(real_database: Db, spool: Spool) -> None:
    spool.keep(snapshot(slot=NOW - hours(1)))
    record = Record()

    class Full(Store):
        def add(self, kept: dict[str, Any]) -> bool:
            if kept["collector"]["slot"] != NOW:
                raise DatabaseError("the store's MongoDB does not give this login the right to do this")
            return super().add(kept)

    one = Keeper(take, Full(real_database), Claims(real_database), lambda: "workspace", record, spool)
    one.take_slot(NOW, never)

    assert Store(real_database).has_slot("workspace", NOW)
    assert len(spool) == 1
