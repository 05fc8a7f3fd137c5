"""A database that is not a workspace is refused, and told from one."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from pymongo.database import Database

from collector.diagnostics.explain import Recorder
from collector.errors import NotAuthorizedError, NotAWorkspaceError
from collector.mongodb.connection import Client, connect
from collector.sources import identification
from collector.sources.collections import Collection
from collector.sources.identification import identified
from collector.sources.rocketchat import RocketChat
from tests.factories import insert, setting, with_id
from tests.guarded import guarded_mongod

Db = Database[dict[str, Any]]

WHAT = "the database is not a Rocket.Chat workspace"
AT_FIRST = "which Rocket.Chat creates at its first start"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The administrator of a server of this module's own, with access control."""
    folder = tmp_path_factory.mktemp("databases")
    with guarded_mongod(folder) as (_, client):
        yield client


@pytest.fixture
def other(root: Client) -> Iterator[Db]:
    """A database that is not a workspace, and the only one but for MongoDB's own."""
    yield root["other"]
    for name in set(root.list_database_names()) - {"admin", "config", "local"}:
        root.drop_database(name)


def refusal(database: Db) -> NotAWorkspaceError:
    with pytest.raises(NotAWorkspaceError) as told:
        identified(RocketChat(database))
    return told.value


def address(client: Client) -> str:
    host, port = client.address or ("", 0)
    return f"{host}:{port}"


def lacks(database: Db) -> str:
    where = f"{database.name} on {address(database.client)}"
    return f"{WHAT}: {where} has no setting uniqueID in rocketchat_settings, {AT_FIRST}"


def test_a_workspace_is_identified(real_database: Db) -> None:
    assert identified(RocketChat(with_id(real_database, "an id"))) == "an id"


def test_the_refusal_names_what_is_missing_and_where(other: Db) -> None:
    insert(other, Collection.SETTINGS, setting("Site_Url", "http://localhost:3000"))

    assert str(refusal(other)) == f"{lacks(other)}; no other database that this login may read is one"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["parties"], "parties"),
        (["parties", "rocketchat"], "parties, rocketchat"),
        ([f"tenant{number}" for number in range(5)], "tenant0, tenant1, tenant2 and 2 more"),
    ],
    ids=["one", "two", "five"],
)
def test_the_refusal_names_the_workspaces_of_the_server(other: Db, names: list[str], told: str) -> None:
    for name in names:
        with_id(other.client[name])
    insert(other.client["blog"], Collection.SETTINGS, setting("title", "a blog"))

    remedy = "(the path of the URL names the database)"
    assert str(refusal(other)) == f"{lacks(other)}; workspaces on this server: {told} {remedy}"


def test_only_some_of_many_databases_are_searched(other: Db) -> None:
    for number in range(identification.MOST_SEARCHED + 1):
        other.client[f"d{number:03}"]["things"].insert_one({})

    assert str(refusal(other)) == lacks(other)


def test_clients_of_the_api_are_told_no_name(other: Db) -> None:
    assert refusal(other).brief == WHAT
    with pytest.raises(NotAWorkspaceError) as told:
        RocketChat(other).identity()
    assert told.value.brief == WHAT


def test_a_login_learns_only_of_databases_that_it_may_read(other: Db) -> None:
    root = other.client
    for name in ("rocketchat", "secret"):
        with_id(root[name])
    name = f"reader_{uuid4().hex}"
    roles = [{"role": "read", "db": database} for database in ("other", "rocketchat")]
    root.admin.command("createUser", name, pwd="word", roles=roles)
    with connect(f"mongodb://{name}:word@{address(root)}/?authSource=admin", "TEST") as client:
        text = str(refusal(client["other"]))

    assert "workspaces on this server: rocketchat (" in text
    assert "secret" not in text


def test_a_login_that_may_not_read_the_settings_lacks_a_privilege(other: Db) -> None:
    root = other.client
    name = f"reader_{uuid4().hex}"
    root.admin.command("createUser", name, pwd="word", roles=[{"role": "read", "db": "rocketchat"}])
    with (
        connect(f"mongodb://{name}:word@{address(root)}/?authSource=admin", "TEST") as client,
        pytest.raises(NotAuthorizedError),
    ):
        identified(RocketChat(client["other"]))


def test_a_refusal_costs_the_api_no_search(real_database: Db, mongod_url: str) -> None:
    recorder = Recorder()
    with connect(mongod_url, "TEST", recorder) as client, pytest.raises(NotAWorkspaceError):
        RocketChat(client[real_database.name]).identity()

    assert len(recorder.take()) == 1
