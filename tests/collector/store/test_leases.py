"""Leases on slots, between daemons."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pymongo.database import Database

from collector.store.leases import LeaseHeldError, Leases
from tests.factories import NOW, hours

Db = Database[dict[str, Any]]


def acquired(daemon: Leases, slots: int = 1) -> list[bool]:
    """Which of the slots a daemon gets."""
    return [_acquires(daemon, slot) for slot in range(slots)]


def _acquires(daemon: Leases, slot: int) -> bool:
    try:
        daemon.acquire("workspace", NOW + hours(slot))
    except LeaseHeldError:
        return False
    return True


def test_a_slot_is_claimed_by_one(real_database: Db) -> None:
    first, second = Leases(real_database), Leases(real_database)
    first.acquire("workspace", NOW)

    with pytest.raises(LeaseHeldError) as held:
        second.acquire("workspace", NOW)
    assert 0 < held.value.seconds <= 30


def test_of_many_that_ask_at_once_one_gets_it(real_database: Db) -> None:
    Leases(real_database).prepare()
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: acquired(Leases(real_database), 20), range(8)))

    assert [sum(of_slot) for of_slot in zip(*got, strict=True)] == [1] * 20


def test_who_holds_it_may_claim_it_again(real_database: Db) -> None:
    first = Leases(real_database)

    assert acquired(first) == acquired(first) == [True]


def test_other_slots_and_other_workspaces_are_free(real_database: Db) -> None:
    first, second = Leases(real_database), Leases(real_database)
    first.acquire("workspace", NOW)

    second.acquire("workspace", NOW + hours(1))
    second.acquire("other", NOW)


def test_a_lease_that_is_not_renewed_ends_and_is_not_got_back(real_database: Db) -> None:
    first, second = Leases(real_database, seconds=0.2), Leases(real_database, seconds=30)
    first.acquire("workspace", NOW)
    time.sleep(0.3)

    assert acquired(second) == [True]
    first.renew()
    assert acquired(first) == [False]


def test_a_lease_that_is_renewed_holds(real_database: Db) -> None:
    first, second = Leases(real_database, seconds=0.5), Leases(real_database)
    first.acquire("workspace", NOW)
    for _ in range(4):
        time.sleep(0.2)
        first.renew()
        assert acquired(second) == [False]


def test_what_is_released_is_free_and_only_its_holder_can_release_it(real_database: Db) -> None:
    first, second = Leases(real_database), Leases(real_database)
    first.acquire("workspace", NOW)
    second.release()
    assert acquired(second) == [False]

    first.release()
    assert acquired(second) == [True]


def test_old_leases_are_removed_by_mongodb(real_database: Db) -> None:
    Leases(real_database).prepare()

    assert real_database["leases"].index_information()["old"]["expireAfterSeconds"] == 86_400
