"""One slot, one snapshot, with trouble on the way."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from collector.demo.mongod import free_port
from collector.errors import AbandonedError, DatabaseError, UnacceptableError
from collector.key_paths import Document
from collector.mongodb.connection import Client, connect
from collector.store.archive import WaitingError
from collector.store.leases import LeaseHeldError, Leases
from collector.store.snapshots import Store
from collector.store.spool import Spool
from collector.telemetry import Telemetry
from tests.collector.scheduling.jobs import Made, archive_of, job_of, made, never
from tests.factories import NOW, hours, snapshot
from tests.failpoints import DISK_FULL, NO_RIGHT, OF_ATLAS, refused

Db = Database[dict[str, Any]]


def fail(_: datetime | None, __: Callable[[], bool]) -> Document:
    raise AbandonedError("given up")


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
    telemetry = Telemetry()
    for _ in range(3):
        job_of(real_database, telemetry=telemetry).take_slot(NOW, never)

    assert Store(real_database).count("workspace", {}) == 1
    assert telemetry.slots["taken"] == 1


def test_a_slot_that_another_daemon_is_taking_is_left_to_it(real_database: Db) -> None:
    Leases(real_database).acquire("workspace", NOW)

    with pytest.raises(LeaseHeldError):
        job_of(real_database).take_slot(NOW, never)
    assert Store(real_database).count("workspace", {}) == 0


def test_a_snapshot_that_fails_leaves_the_slot_to_others_at_once(real_database: Db) -> None:
    with pytest.raises(AbandonedError):
        job_of(real_database, Made(fail)).take_slot(NOW, never)

    job_of(real_database).take_slot(NOW, never)
    assert Store(real_database).count("workspace", {}) == 1


def test_without_the_store_the_snapshot_waits_on_disk_and_is_not_taken_again(away: Db, spool: Spool) -> None:
    telemetry, collector = Telemetry(), Made(made)
    one = job_of(away, collector, spool, telemetry)
    for _ in range(2):
        with pytest.raises(WaitingError, match=r"can't be reached: .*; the snapshot waits on disk"):
            one.take_slot(NOW, never)

    assert collector.slots == [NOW]
    assert (len(spool), telemetry.spooled, telemetry.slots["taken"]) == (1, 1, 1)


def test_when_the_store_is_back_what_waited_is_delivered_first(real_database: Db, spool: Spool) -> None:
    spool.keep(snapshot(slot=NOW))
    telemetry = Telemetry()
    telemetry.spooled = 1
    job_of(real_database, spool=spool, telemetry=telemetry).take_slot(NOW, never)

    assert Store(real_database).has_slot("workspace", NOW)
    assert (len(spool), telemetry.spooled, telemetry.slots["taken"]) == (0, 0, 0)


def test_what_waited_for_a_slot_that_another_daemon_has_kept_is_dropped(real_database: Db, spool: Spool) -> None:
    job_of(real_database).take_slot(NOW, never)
    spool.keep(snapshot(slot=NOW))
    archive_of(real_database, spool).deliver()

    assert (Store(real_database).count("workspace", {}), len(spool)) == (1, 0)


def test_a_snapshot_on_demand_is_given_though_it_waits_on_disk(away: Db, spool: Spool) -> None:
    taken = job_of(away, spool=spool).take_now(never)

    assert "slot" not in taken["collector"]
    assert len(spool) == 1


def test_without_store_and_without_disk_there_is_none(away: Db) -> None:
    with pytest.raises(DatabaseError, match="can't be reached"):
        job_of(away).take_slot(NOW, never)
    with pytest.raises(DatabaseError, match="can't be reached"):
        job_of(away).take_now(never)


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

    class Full(Store):
        def add(self, kept: dict[str, Any]) -> bool:
            if kept["collector"]["slot"] != NOW:
                raise DatabaseError("the store's MongoDB does not grant this login the required privilege")
            return super().add(kept)

    job_of(real_database, spool=spool, store=Full(real_database)).take_slot(NOW, never)

    assert Store(real_database).has_slot("workspace", NOW)
    assert len(spool) == 1


@pytest.fixture
def refusing(real_database: Db, mongod_url: str) -> Iterator[Db]:
    """The database as an application sees it that the server may be told to refuse."""
    with connect(f"{mongod_url}&appName=refused", "TEST") as client:
        yield client[real_database.name]


@pytest.mark.parametrize("code", [DISK_FULL, OF_ATLAS, NO_RIGHT])
def test_a_store_that_can_be_read_but_takes_nothing_has_each_slot_taken_once(
    refusing: Db, real_database: Db, spool: Spool, code: int
) -> None:
    collector = Made(made)
    one = job_of(refusing, collector, spool)
    with refused(real_database.client, "refused", "insert", code=code):
        for slot in (NOW, NOW, NOW, NOW + hours(1), NOW + hours(1)):
            with pytest.raises(WaitingError):
                one.take_slot(slot, never)

    assert collector.slots == [NOW, NOW + hours(1)]
    assert len(spool) == 2
    one.take_slot(NOW + hours(1), never)  # the store takes snapshots again
    assert (Store(real_database).count("workspace", {}), len(spool)) == (2, 0)
    assert collector.slots == [NOW, NOW + hours(1)]


def test_a_refusal_that_lasts_is_logged_once(
    refusing: Db, real_database: Db, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    one = job_of(refusing, spool=spool)
    with refused(real_database.client, "refused", "insert", code=DISK_FULL):
        for _ in range(4):
            with pytest.raises(WaitingError):
                one.take_slot(NOW, never)

    refusals = [message for message in caplog.messages if message.startswith("delivery refused")]
    assert refusals == ['delivery refused reason="the store\'s MongoDB refuses to write: its disk is full"']


def test_a_login_that_may_only_read_the_store_costs_no_snapshot(refusing: Db, real_database: Db, spool: Spool) -> None:
    collector = Made(made)
    one = job_of(refusing, collector, spool)
    with refused(real_database.client, "refused", "insert", "findAndModify", "createIndexes", code=NO_RIGHT):
        for _ in range(2):
            with pytest.raises(WaitingError, match="does not grant this login the required privilege"):
                one.take_slot(NOW, never)

    assert (collector.slots, len(spool)) == ([NOW], 1)


def spoil_by_another_index(database: Db) -> None:
    database["statistics"].create_index([("collector.workspace", 1)], name="one_per_slot")


def spoil_by_duplicates(database: Db) -> None:
    database["statistics"].insert_many([snapshot(slot=NOW - hours(24)) for _ in range(2)])


@pytest.mark.parametrize("spoil", [spoil_by_another_index, spoil_by_duplicates])
def test_without_the_unique_index_a_slot_is_still_stored_once(
    real_database: Db, tmp_path: Path, spoil: Callable[[Db], None], caplog: pytest.LogCaptureFixture
) -> None:
    spoil(real_database)
    before = Store(real_database).count("workspace", {})
    daemons = [job_of(real_database, spool=Spool(tmp_path / str(number))) for number in range(2)]
    for one in (*daemons, *daemons, job_of(real_database, spool=Spool(tmp_path / "restarted"))):
        one.take_slot(NOW, never)

    assert Store(real_database).count("workspace", {}) - before == 1
    told = [message for message in caplog.messages if message.startswith("indexes refused")]
    assert len(told) == 3  # once by each
    assert all("the index one_per_slot of " in message for message in told)


@pytest.mark.parametrize("spoil", [spoil_by_another_index, spoil_by_duplicates])
def test_without_the_unique_index_the_lease_still_counts(
    real_database: Db, spool: Spool, spoil: Callable[[Db], None]
) -> None:
    spoil(real_database)
    Leases(real_database).acquire("workspace", NOW)

    with pytest.raises(LeaseHeldError):
        job_of(real_database, spool=spool).take_slot(NOW, never)


def test_without_the_unique_index_what_waited_for_a_slot_that_another_daemon_has_kept_is_dropped(
    real_database: Db, spool: Spool
) -> None:
    spoil_by_another_index(real_database)
    job_of(real_database).take_slot(NOW, never)
    spool.keep(snapshot(slot=NOW))
    archive_of(real_database, spool).deliver()

    assert (Store(real_database).count("workspace", {}), len(spool)) == (1, 0)


def test_without_the_unique_index_an_acknowledgement_that_was_lost_is_not_taken_for_another_snapshot(
    real_database: Db,
) -> None:
    spoil_by_another_index(real_database)
    kept = snapshot(slot=NOW)

    assert all(Store(real_database).add(kept) for _ in range(2))


def test_an_index_that_mongodb_removes_old_leases_by_does_not_stop_the_others(real_database: Db) -> None:
    real_database["leases"].create_index("until", name="old", expireAfterSeconds=1)
    job_of(real_database).take_slot(NOW, never)

    assert Store(real_database).indexes.missing() == []


def test_a_snapshot_that_the_store_will_never_take_is_told_apart_and_stays_on_disk(
    real_database: Db, spool: Spool
) -> None:
    real_database.create_collection("statistics", validator={"never": True})
    with pytest.raises(UnacceptableError):
        job_of(real_database, spool=spool).take_slot(NOW, never)

    assert len(spool) == 1
