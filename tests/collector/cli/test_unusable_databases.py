"""Each command where a database is not a workspace, or one of the two MongoDBs cannot be reached."""

import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from pymongo.database import Database

from collector.demo.mongod import free_port
from collector.demo.sample import workspace
from collector.key_paths import Document
from collector.mongodb.connection import Client
from tests.factories import SMALL, with_id
from tests.processes import rcstats, running

Db = Database[Document]

ON_HISTORY = [
    "list",
    "diff -1d",
    "trend totalUsers",
    "forecast",
    "limits",
    "import",
    "backfill --since=-2d",
    "prune",
]
COMMANDS = ["snapshot", "snapshot --dry-run", "snapshot --explain", "parity", "check", *ON_HISTORY]

HERE = "127.0.0.1"
UNRESOLVED = (
    "the name does not resolve (nowhere.invalid:27017)",
    "the name cannot be resolved at the moment (nowhere.invalid:27017)",  # where there is no DNS at all
)
ADMIN = {"X_User_Id": workspace.ADMIN.user_id, "X_Auth_Token": workspace.ADMIN.token}


def told(command: str, **settings: str) -> str:
    """The one line of a command that fails."""
    done = rcstats(*command.split(), **settings)
    assert done.returncode == 2, done.stdout + done.stderr
    if command == "check":
        return done.stdout.splitlines()[0].removeprefix("RCSTATS CRITICAL - 1 of 1 checks: workspace: ")
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line.removeprefix("rcstats: ")


@pytest.mark.parametrize("command", COMMANDS)
def test_another_database_is_refused_and_nothing_is_stored(
    command: str, real_database: Db, real_client: Client, mongod_url: str
) -> None:
    real_database["posts"].insert_one({})
    named, store = f"{real_database.name}_named", f"{real_database.name}_store"
    with_id(real_client[named])
    url = mongod_url.replace("/?", f"/{real_database.name}?")
    try:
        line = told(command, mongo_url=url, store_url=mongod_url.replace("/?", f"/{store}?"))
        made = set(real_client.list_database_names())
    finally:
        real_client.drop_database(named)

    where = f"{real_database.name} on {mongod_url.split('/')[2]}"
    lacks = f"{where} has no setting uniqueID in rocketchat_settings"
    assert line.startswith(f"the database is not a Rocket.Chat workspace: {lacks}")
    assert "; workspaces on this server: " in line
    assert store not in made


@pytest.fixture(scope="module")
def closed() -> str:
    return f"{HERE}:{free_port()}"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_why_the_workspaces_mongodb_cannot_be_reached(command: str, closed: str) -> None:
    line = told(command, mongo_url=f"mongodb://{closed}/rocketchat?timeoutMS=1500")

    assert line == f"the workspace's MongoDB can't be reached: connection refused ({closed})"


@pytest.mark.parametrize("command", ON_HISTORY)
def test_each_command_on_the_history_says_why_the_stores_mongodb_cannot_be_reached(
    command: str, closed: str, real_database: Db, mongod_url: str
) -> None:
    url = mongod_url.replace("/?", f"/{with_id(real_database).name}?")
    store = f"mongodb://{closed}/?timeoutMS=1500"
    line = told(command, mongo_url=url, store_url=store, retention_full_days="1")  # else there is nothing to prune

    assert line == f"the store's MongoDB can't be reached: connection refused ({closed})"


@pytest.fixture(scope="module")
def causes(mongod_url: str) -> Iterator[Mapping[str, tuple[str, ...]]]:
    """The reasons that may be told, by the URL that cannot be used."""
    plain = mongod_url.split("/")[2]
    with socket.create_server((HERE, 0)) as listener:
        silent = f"{HERE}:{listener.getsockname()[1]}"
        yield {
            "mongodb://nowhere.invalid/rocketchat?timeoutMS=4000": UNRESOLVED,
            f"mongodb://{silent}/rocketchat?timeoutMS=1500": (f"no answer in time ({silent})",),
            f"mongodb://{plain}/rocketchat?tls=true&timeoutMS=1500": (
                f"the server does not speak TLS, which the URL requires ({plain})",
            ),
        }


@pytest.mark.parametrize("command", ["check", "list"])
def test_each_other_cause_is_told_as_well(command: str, causes: Mapping[str, tuple[str, ...]]) -> None:
    """Every command has its errors from the same place; all of them would be ten processes for each cause."""
    for url, reasons in causes.items():
        assert told(command, mongo_url=url) in {f"the workspace's MongoDB can't be reached: {why}" for why in reasons}


def test_run_waits_for_the_workspace_and_takes_its_first_snapshot(
    real_database: Db, mongod_url: str, tmp_path: Path
) -> None:
    url = mongod_url.replace("/?", f"/{real_database.name}?")
    with running("run", mongo_url=url, store_url=url, state_directory=str(tmp_path)) as daemon:
        daemon.wait_for(lambda: "snapshots failing" in daemon.output)
        status, body = daemon.get("/ready")
        assert (status, set(body["problems"])) == (503, {"workspace"})
        assert f"{real_database.name} on {mongod_url.split('/')[2]} has no" in body["problems"]["workspace"]
        assert daemon.get("/health")[0] == 200
        refused = {"success": False, "error": "the database is not a Rocket.Chat workspace"}
        for path in ("/api/v1/statistics.list", "/api/info"):
            assert daemon.get(path, **ADMIN) == (503, refused)

        workspace.fill(real_database, datetime.now(UTC), SMALL)
        listed = partial(daemon.get, "/api/v1/statistics.list", **ADMIN)
        daemon.wait_for(lambda: listed()[0] == 200 and listed()[1]["total"] == 1, 30)
        assert daemon.get("/ready") == (200, {"ready": True})
    assert daemon.output.count("snapshots failing") == 1
    assert 'reason="the database is not a Rocket.Chat workspace: ' in daemon.output
