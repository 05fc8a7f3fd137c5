"""The roles that `rcstats check --roles` prints suffice, on a server that asks for logins, and give no more."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from collector.demo.sample import workspace
from collector.diagnostics import privileges
from collector.diagnostics.privileges import SERVER_STATUS, Role, reader, writer
from collector.key_paths import Document
from collector.mongodb.connection import Client, connect
from collector.settings import load
from collector.sources.collections import OPTIONAL, Collection
from tests.collector.diagnostics.test_checks import CHECKS
from tests.factories import SMALL
from tests.guarded import guarded_mongod
from tests.processes import Running, rcstats, running

ADMIN = {"X_User_Id": workspace.ADMIN.user_id, "X_Auth_Token": workspace.ADMIN.token}
DEFAULT = {"mongo_url": "mongodb://localhost:27017/rocketchat"}
DIAGNOSTICS = Path(privileges.__file__).with_name("README.md")
ROLES = Path(privileges.__file__).with_name("ROLES.md")

COMMAND = re.compile(r'^db\.getSiblingDB\("(.+?)"\)\.(createRole|createUser)\((\{.*?^\})\)$', re.MULTILINE | re.DOTALL)
READER, WRITER = reader("rocketchat"), writer("rcstats")


@dataclass
class Guarded:
    """A server that asks for logins, with a workspace; `root` is its administrator."""

    url: str
    root: Client

    def login(self, name: str, *roles: Document) -> None:
        """A user whose password is the name; the roles as {role, db}."""
        self.root.admin.command("createUser", name, pwd=name, roles=list(roles))

    def settings(self, name: str, password: str = "", database: str = "rocketchat") -> dict[str, str]:
        url = self.url.replace("//", f"//{name}:{password or name}@")
        return {"mongo_url": url.replace("/?", f"/{database}?authSource=admin&")}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """After its administrator pasted what `rcstats check --roles` prints."""
    folder = tmp_path_factory.mktemp("guarded")
    with guarded_mongod(folder) as (url, root):
        workspace.fill(root["rocketchat"], datetime.now(UTC), SMALL)
        for database, command, document in commands(rcstats("check", "--roles", **DEFAULT).stdout):
            name = document.pop(command.removeprefix("create").lower())
            root[database].command(command, name, **document)
        yield Guarded(url, root)


@pytest.fixture
def least(guarded: Guarded) -> dict[str, str]:
    return guarded.settings(privileges.USER, "typed")


@pytest.fixture
def supported(guarded: Guarded) -> Iterator[None]:
    """The workspace runs a release of Rocket.Chat that supports the MongoDB of these tests."""
    statistics = guarded.root["rocketchat"][Collection.STATISTICS]
    newest = statistics.find_one(sort=[("createdAt", -1)]) or {}
    statistics.insert_one(newest | {"_id": "older", "createdAt": datetime.now(UTC), "version": "7.10.0"})
    yield
    statistics.delete_one({"_id": "older"})


def commands(text: str) -> list[tuple[str, str, Document]]:
    """Database, command and its document, as mongosh reads them from a text; the typed password is "typed"."""
    return [
        (database, command, json.loads(argument.replace("passwordPrompt()", '"typed"')))
        for database, command, argument in COMMAND.findall(text)
    ]


def granted(*roles: Role) -> list[Document]:
    return [{"role": role.name, "db": role.database} for role in roles]


def unavailable(settings: dict[str, str]) -> Document:
    done = rcstats("snapshot", "--json", "--dry-run", **settings)
    assert done.returncode == 0, done.stderr
    reasons: Document = json.loads(done.stdout)["collector"]["unavailable"]
    return reasons


def test_snapshot_reads_everything_and_is_stored(guarded: Guarded, least: dict[str, str]) -> None:
    done = rcstats("snapshot", "--json", **least)

    assert done.returncode == 0, done.stderr
    taken = json.loads(done.stdout)
    readings = taken["collector"]["readings"]
    assert readings
    assert [name for name, record in readings.items() if not record["ok"]] == []
    assert taken["mongoStorageEngine"] == "wiredTiger"
    assert taken["totalUsers"] == 50
    assert guarded.root["rcstats"]["statistics"].count_documents({"_id": taken["_id"]}) == 1


def test_explain_works(least: dict[str, str]) -> None:
    done = rcstats("snapshot", "--explain", **least)

    assert done.returncode == 0, done.stderr
    assert re.search(r"^total\t", done.stdout, re.MULTILINE)
    assert "the required privilege" not in done.stdout


@pytest.mark.usefixtures("supported")
def test_check_finds_no_problem(least: dict[str, str]) -> None:
    rcstats("snapshot", **least)
    done = rcstats("check", **least)

    verdict, *findings = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(r"RCSTATS OK - the newest snapshot was taken at \d{4}-\d\d-\d\d \d\d:\d\d UTC \| age=", verdict)
    assert [line.split()[:2] for line in findings] == [["ok", name] for name in CHECKS]


@pytest.mark.usefixtures("supported")
def test_the_page_shows_such_a_check(least: dict[str, str]) -> None:
    rcstats("snapshot", **least)
    printed, page = (
        re.sub(r"[\d-]+ [\d:]+ UTC|\d+ days, on [\d-]+|\d+\.\d+(\.\d+)?|(?<=age=)\d+", "", text)
        for text in (rcstats("check", **least).stdout, DIAGNOSTICS.read_text(encoding="utf-8"))
    )

    assert f"```\n{printed}```\n" in page


def served(daemon: Running) -> list[int]:
    """The number of users in each snapshot that the API lists."""
    status, body = daemon.get("/api/v1/statistics.list", **ADMIN)
    return [snapshot["totalUsers"] for snapshot in body["statistics"]] if status == 200 else []


def test_the_daemon_takes_the_slot_and_serves_it(guarded: Guarded, least: dict[str, str], tmp_path: Path) -> None:
    guarded.root["rcstats"]["statistics"].delete_many({})
    with running("run", state_directory=str(tmp_path), **least) as daemon:
        daemon.wait_for(lambda: served(daemon) == [50])
        assert daemon.get("/ready") == (200, {"ready": True})
        assert daemon.end() == 0
    assert re.findall(r"^\S+ \S+ (?:WARNING|ERROR) .*", daemon.output, re.MULTILINE) == []


REFUSED: dict[str, Callable[[Client], Any]] = {
    "insert": lambda client: client["rocketchat"][Collection.USERS].insert_one({"_id": "intruder"}),
    "update": lambda client: client["rocketchat"][Collection.SETTINGS].update_one(
        {"_id": "uniqueID"}, {"$set": {"a": 1}}
    ),
    "remove": lambda client: client["rocketchat"][Collection.MESSAGES].delete_many({}),
    "new collection": lambda client: client["rocketchat"].create_collection("another"),
    "index": lambda client: client["rocketchat"][Collection.ROOMS].create_index("a"),
    "drop": lambda client: client["rocketchat"].drop_collection(Collection.INVITES),
    "drop all": lambda client: client.drop_database("rocketchat"),
    "out": lambda client: client["rocketchat"][Collection.ROOMS].aggregate([{"$out": "copy"}]),
    "what is not read": lambda client: client["rocketchat"]["rocketchat_oauth_apps"].find_one(),
    "drop snapshots": lambda client: client["rcstats"].drop_collection("statistics"),
    "another database": lambda client: client["another"]["statistics"].insert_one({}),
}


@pytest.mark.parametrize("act", REFUSED.values(), ids=REFUSED)
def test_any_other_action_is_refused(least: dict[str, str], act: Callable[[Client], Any]) -> None:
    with connect(least["mongo_url"], "TEST") as client, pytest.raises(OperationFailure) as refused:
        act(client)

    assert refused.value.code == 13


def test_without_serverstatus_only_the_storage_engine_is_absent(guarded: Guarded, least: dict[str, str]) -> None:
    guarded.login("modest", *granted(READER, WRITER))
    more, modest = unavailable(least), unavailable(guarded.settings("modest"))

    assert modest == more | {"mongoStorageEngine": "the login may not run serverStatus"}
    assert "mongoStorageEngine" not in more


def checked(settings: dict[str, str], code: int) -> str:
    """The finding on privileges of a check with this exit code."""
    done = rcstats("check", **settings)
    assert done.returncode == code, done.stdout + done.stderr
    (text,) = re.findall(r"^\w+ +privileges +(.*)$", done.stdout, re.MULTILINE)
    assert f"privileges: {text}" in done.stdout.splitlines()[0]
    return str(text)


def test_a_login_that_could_change_the_workspace_is_a_warning(guarded: Guarded) -> None:
    guarded.login("mighty", {"role": "readWrite", "db": "rocketchat"}, {"role": "readWrite", "db": "rcstats"})

    text = checked(guarded.settings("mighty"), 1)
    assert text.startswith("the login could change the workspace by ")
    assert {"insert", "update", "remove", "createIndex", "dropCollection"} <= set(re.findall(r"\w+", text))
    assert "find" not in text


def test_the_administrators_own_login_is_a_warning(guarded: Guarded) -> None:
    assert {"dropDatabase", "createUser"} <= set(re.findall(r"\w+", checked(guarded.settings("root"), 1)))


@pytest.mark.usefixtures("supported")
def test_mongodbs_built_in_roles_are_sufficient(guarded: Guarded, least: dict[str, str]) -> None:
    rcstats("snapshot", **least)
    guarded.login("usual", {"role": "read", "db": "rocketchat"}, {"role": "readWrite", "db": "rcstats"})

    assert rcstats("check", **guarded.settings("usual")).returncode == 0


@pytest.mark.parametrize("collection", [Collection.UPLOADS, Collection.SETTINGS, Collection.STATISTICS])
def test_a_collection_that_the_login_cannot_read_is_named(guarded: Guarded, collection: Collection) -> None:
    name = f"lacks_{collection}"
    privileges = [one for one in READER.privileges if one["resource"]["collection"] != collection]
    guarded.root["rocketchat"].command("createRole", name, privileges=privileges, roles=[])
    guarded.login(name, {"role": name, "db": "rocketchat"}, *granted(WRITER))

    text = f"the login lacks the privilege to read {collection} (rcstats check --roles prints the roles it needs)"
    assert checked(guarded.settings(name), 2) == text


@pytest.mark.usefixtures("supported")
def test_a_role_of_an_earlier_release_does_not_tell_of_replication_and_fails_nothing(
    guarded: Guarded, least: dict[str, str]
) -> None:
    rcstats("snapshot", **least)
    earlier = [one for one in READER.privileges if one["resource"]["collection"] not in OPTIONAL]
    assert len(earlier) == len(READER.privileges) - len(OPTIONAL)
    guarded.root["rocketchat"].command("createRole", "earlier", privileges=earlier, roles=[])
    guarded.login("earlier", {"role": "earlier", "db": "rocketchat"}, *granted(WRITER))
    guarded.root["rocketchat"][Collection.SITE_REPLICATION].insert_one({"_id": "anything"})
    try:
        unknown, known = rcstats("check", **guarded.settings("earlier")), rcstats("check", **least)
    finally:
        guarded.root["rocketchat"].drop_collection(Collection.SITE_REPLICATION)

    assert (unknown.returncode, known.returncode) == (0, 1), unknown.stdout + known.stdout
    assert known.stdout.startswith(
        "RCSTATS WARNING - 1 of 10 checks: sites: rocketchat_site_replication_state has documents"
    )


def test_missing_privileges_on_the_store_are_found_without_an_attempt_to_write(guarded: Guarded) -> None:
    guarded.login("forgetful", *granted(READER), {"role": "read", "db": "rcstats"})
    before = guarded.root["rcstats"].list_collection_names()

    text = checked(guarded.settings("forgetful"), 2)
    missing = "insert, update, remove, createIndex in rcstats.statistics"
    assert text.startswith(f"the login lacks the privilege to {missing}; and to insert, ")
    assert guarded.root["rcstats"].list_collection_names() == before


@pytest.mark.usefixtures("supported")
def test_a_separate_store_is_checked_with_its_own_login(guarded: Guarded, least: dict[str, str]) -> None:
    guarded.login("writes", *granted(WRITER))
    guarded.login("reads", *granted(READER))
    store = {"store_url": guarded.settings("writes", database="rcstats")["mongo_url"]}
    rcstats("snapshot", **least)

    assert rcstats("check", **guarded.settings("reads"), **store).returncode == 0
    assert "in rcstats.leases" in checked(guarded.settings("reads"), 2)


def test_disabled_access_control_is_detected(
    guarded: Guarded, least: dict[str, str], real_client: Client, mongod_url: str
) -> None:
    real_client.admin.command("createUser", "idle", pwd="idle", roles=[{"role": "read", "db": "rocketchat"}])
    try:
        with connect(mongod_url.replace("//", "//idle:idle@"), "TEST") as idle:
            assert not privileges.login(idle).is_needed
    finally:
        real_client.admin.command("dropUser", "idle")
    assert not privileges.login(real_client).is_needed
    assert privileges.login(guarded.root).is_needed
    with connect(least["mongo_url"], "TEST") as client:
        assert privileges.login(client).is_needed


def printed(**settings: str) -> list[tuple[str, str, Document]]:
    done = rcstats("check", "--roles", **settings)
    assert (done.returncode, done.stderr) == (0, "")
    return commands(done.stdout)


def test_the_roles_are_printed_for_the_databases_of_the_settings() -> None:
    roles = printed(mongo_url="mongodb://someone:hidden@a,b/chat%20room", store_url="mongodb://b:27017/numbers")

    assert [(database, command) for database, command, _ in roles] == [
        ("chat room", "createRole"),
        ("numbers", "createRole"),
        ("admin", "createRole"),
        ("admin", "createUser"),
    ]
    assert [role["privileges"] for _, _, role in roles[:3]] == [
        reader("chat room").privileges,
        writer("numbers").privileges,
        SERVER_STATUS.privileges,
    ]
    assert roles[3][2]["roles"] == granted(reader("chat room"), writer("numbers"), SERVER_STATUS)


def test_each_of_two_servers_has_its_own_user() -> None:
    roles = printed(mongo_url="mongodb://someone:hidden@chat/rocketchat", store_url="mongodb://numbers")

    assert [name for _, name, _ in roles] == ["createRole", "createRole", "createUser", "createRole", "createUser"]
    assert [user["roles"] for _, command, user in roles if command == "createUser"] == [
        granted(READER, SERVER_STATUS),
        granted(WRITER),
    ]


def test_the_printed_roles_contain_only_the_database_names_of_the_urls() -> None:
    url = "mongodb://someone:hidden@host.example/rocketchat?authSource=admin"

    assert privileges.commands(load(mongo_url=url)) == privileges.commands(load(**DEFAULT))


def test_the_page_shows_the_printed_roles() -> None:
    assert f"```js\n{privileges.commands(load(**DEFAULT))}```\n" in ROLES.read_text(encoding="utf-8")
