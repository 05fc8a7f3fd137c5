"""The member that is read, and its replication lag."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pymongo.errors import PyMongoError

from collector.diagnostics.checks.finding import Level
from collector.diagnostics.checks.mongodb import mongodb
from collector.mongodb.connection import Client, connect
from collector.sources.replication import DIRECT, NO_PRIMARY, PRIMARY, SECONDARY, Member, read_member
from collector.sources.rocketchat import RocketChat
from tests.commands import Commands
from tests.fault_injection.replica_set import Node, ReplicaSet, replica_set
from tests.waiting import eventually


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicaSet]:
    with replica_set(tmp_path_factory.mktemp("nodes"), 2) as found:
        yield found


def secondary(nodes: ReplicaSet) -> Node:
    primary = nodes.primary()
    return next(node for node in nodes.nodes if node is not primary)


@pytest.fixture
def client(nodes: ReplicaSet) -> Iterator[Client]:
    """A client with the default readPreference, secondaryPreferred."""
    with connect(nodes.url(), "TEST") as found:
        yield found


def test_the_primary_of_a_set_without_secondaries_has_no_lag(real_client: Client) -> None:
    assert read_member(real_client) == Member(PRIMARY, 0)


def test_the_only_member_is_asked_once(mongod_url: str) -> None:
    with connect(mongod_url, "TEST", heard := Commands()) as client:
        read_member(client)

    assert heard.names.count("hello") == 1


def test_a_direct_connection_to_the_primary_is_known(mongod_url: str) -> None:
    url = f"mongodb://{mongod_url.split('/')[2]}/?directConnection=true"
    with connect(url, "TEST") as client:
        assert read_member(client) == Member(PRIMARY, 0, is_direct=True)


def test_a_secondary_that_follows_has_no_lag(client: Client, nodes: ReplicaSet) -> None:
    nodes.whole()

    eventually(lambda: read_member(client) == Member(SECONDARY, 0))


def test_the_lag_of_a_secondary_is_that_of_its_last_write(client: Client, nodes: ReplicaSet) -> None:
    nodes.whole()
    behind = secondary(nodes)
    assert behind.ask({"fsync": 1, "lock": True}, 5)
    try:
        eventually(lambda: _note(nodes) and (read_member(client).lag or 0) >= 2, 20)
        member = read_member(client)
        assert (member.role, member.reason) == (SECONDARY, "")
        level, text = mongodb(RocketChat(client["rocketchat"]), lag_limit=1)
        assert level is Level.WARNING
        assert " s behind the primary" in text
    finally:
        behind.ask({"fsyncUnlock": 1}, 5)


def _note(nodes: ReplicaSet) -> bool:
    """Writes to the primary's oplog."""
    return bool(nodes.primary().ask({"appendOplogNote": 1, "data": {}, "writeConcern": {"w": 1}}))


def test_a_direct_connection_to_a_secondary_leaves_the_lag_open(nodes: ReplicaSet) -> None:
    with connect(f"mongodb://{secondary(nodes).address}/?directConnection=true", "TEST") as client:
        assert read_member(client) == Member(SECONDARY, None, DIRECT, is_direct=True)


def test_without_a_primary_the_lag_is_open(tmp_path: Path) -> None:
    with replica_set(tmp_path, 2) as nodes, connect(nodes.url(serverSelectionTimeoutMS=500), "TEST") as client:
        nodes.primary().kill()
        eventually(lambda: _role(client) == SECONDARY, 20)

        assert read_member(client) == Member(SECONDARY, None, NO_PRIMARY)


def _role(client: Client) -> str:
    with suppress(PyMongoError):
        hello = client.admin.command("hello", read_preference=client.read_preference)
        return SECONDARY if hello.get("secondary") else PRIMARY
    return ""
