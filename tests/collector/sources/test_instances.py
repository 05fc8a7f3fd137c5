"""Rows of `instances`: which are live, what they tell, and which one stands for the server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from collector.key_paths import Document
from collector.sources import instances
from collector.sources.collections import Collection
from collector.sources.instances import SERVER, STREAMER, TTL, Instance, live, time_to_live
from collector.sources.rocketchat import RocketChat
from tests.factories import insert, instance

Db = Database[Document]


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def found(database: Db) -> list[Instance]:
    return live(RocketChat(database))


def test_rows_are_live_while_they_are_renewed_within_a_minute(real_database: Db) -> None:
    insert(real_database, Collection.INSTANCES, *(instance(_updatedAt=ago(age)) for age in (0, 30, 55, 65, 3600)))

    assert sorted(round(one.age.total_seconds(), -1) for one in found(real_database)) == [0, 30, 60]


@pytest.mark.parametrize(("seconds", "expected"), [(180, 180), (60.0, 60), (0, 60), (-5, 60), (86_400, 60)])
def test_the_time_to_live_is_that_of_the_index(real_database: Db, seconds: float, expected: float) -> None:
    real_database[Collection.INSTANCES].create_index("_updatedAt", expireAfterSeconds=max(0, seconds))

    assert time_to_live(RocketChat(real_database)) == timedelta(seconds=expected)


def test_without_an_index_or_a_collection_the_time_to_live_is_a_minute(real_database: Db) -> None:
    assert time_to_live(RocketChat(real_database)) == TTL
    insert(real_database, Collection.INSTANCES, instance())
    assert time_to_live(RocketChat(real_database)) == TTL


def test_a_server_that_renews_its_row_less_often_is_live_for_as_long_as_its_row(real_database: Db) -> None:
    real_database[Collection.INSTANCES].create_index("_updatedAt", expireAfterSeconds=300)
    insert(real_database, Collection.INSTANCES, instance(_updatedAt=ago(200)), instance(_updatedAt=ago(310)))

    assert len(found(real_database)) == 1


@pytest.mark.parametrize("renewed", [datetime(2257, 1, 1, tzinfo=UTC), ago(-600), "now", None, [ago(1)], 1e12])
def test_a_row_that_was_renewed_at_no_plausible_time_is_not_live(real_database: Db, renewed: Any) -> None:
    insert(real_database, Collection.INSTANCES, instance(_updatedAt=renewed))

    assert found(real_database) == []


def test_a_row_tells_the_process_and_its_host(real_database: Db) -> None:
    system = {"type": "Linux", "totalmem": 2.0**33, "cpus": 4, "uptime": 12.5}
    extra = {"host": "10.1.2.3", "port": "3000", "tcpPort": 36555, "nodeVersion": "v22.22.3", "os": system, "conns": 7}
    row = instance(_id="i", pid=4711, _createdAt=ago(100), _updatedAt=ago(5), extraInformation=extra)
    insert(real_database, Collection.INSTANCES, row)

    (one,) = found(real_database)
    assert (one.id, one.kind, one.pid, one.host, one.port) == ("i", SERVER, 4711, "10.1.2.3", "3000")
    assert (one.node, one.connections, one.system) == ("v22.22.3", 7, system)
    assert one.uptime == pytest.approx(100, abs=5)
    assert one.age.total_seconds() == pytest.approx(5, abs=5)


def test_a_streamer_tells_no_more_than_that_it_runs(real_database: Db) -> None:
    insert(real_database, Collection.INSTANCES, streamer(), streamer(extraInformation={"conns": 3}))

    assert [(one.kind, one.host, one.node) for one in found(real_database)] == [(STREAMER, None, None)] * 2
    assert {one.connections for one in found(real_database)} == {None, 3}


def streamer(**over: Any) -> Document:
    return instance(name="ddp-streamer", extraInformation={}, _createdAt=ago(50), _updatedAt=ago(1)) | over


@pytest.mark.parametrize("odd", [None, "text", [], 7, {"os": "x", "conns": "9", "host": ["a"], "nodeVersion": 22}])
def test_odd_information_costs_only_itself(real_database: Db, odd: Any) -> None:
    insert(real_database, Collection.INSTANCES, instance(_updatedAt=ago(1), extraInformation=odd, pid=odd))

    (one,) = found(real_database)
    assert (one.host, one.node, one.connections, one.system) == (None, None, None, {})


@pytest.mark.parametrize("conns", [float("nan"), -1, True, 2.0**70, "12"])
def test_connections_that_are_no_count_are_not_known(real_database: Db, conns: Any) -> None:
    insert(real_database, Collection.INSTANCES, instance(_updatedAt=ago(1), extraInformation={"conns": conns}))

    assert [one.connections for one in found(real_database)] == [None]


@pytest.mark.parametrize("created", [ago(-3600), "x", None])
def test_an_implausible_date_of_registration_is_not_known(real_database: Db, created: Any) -> None:
    insert(real_database, Collection.INSTANCES, instance(_updatedAt=ago(1), _createdAt=created))

    assert [(one.registered_at, one.uptime) for one in found(real_database)] == [(None, None)]


def test_the_server_is_the_main_server_that_was_registered_first(real_database: Db) -> None:
    same = ago(50)
    rows = [("c", 50, SERVER), ("b", 50, SERVER), ("a", 10, SERVER), ("first", 900, STREAMER)]
    for name, age, kind in rows:
        made = same if age == 50 else ago(age)
        insert(real_database, Collection.INSTANCES, instance(_id=name, name=kind, _createdAt=made, _updatedAt=ago(1)))

    assert [one.id for one in found(real_database)] == ["first", "b", "c", "a"]
    chosen = instances.server(found(real_database))
    assert chosen is not None
    assert chosen.id == "b"


def test_connections_are_added_up_over_what_reports_any() -> None:
    def one(connections: int | None) -> Instance:
        return Instance("i", SERVER, timedelta(0), ago(0), connections=connections)

    assert instances.connections([one(3), one(None), one(4)]) == 7
    assert instances.connections([one(None)]) is None
    assert instances.connections([one(0)]) == 0
