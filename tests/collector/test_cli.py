"""The commands, as processes over a real workspace."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pymongo.database import Database

from collector import __version__, catalog
from collector.connection import Client, Document
from collector.demo import workspace
from collector.demo.mongod import free_port
from tests.processes import RCSTATS, environment, rcstats


@pytest.fixture(scope="module")
def filled(real_client: Client) -> Iterator[Database[Document]]:
    name = f"cli_{uuid4().hex}"
    workspace.fill(real_client[name], datetime.now(UTC), workspace.Size(users=50, messages=200))
    yield real_client[name]
    real_client.drop_database(name)


@pytest.fixture
def urls(filled: Database[Document], real_client: Client, mongod_url: str) -> Iterator[dict[str, str]]:
    store = f"store_{uuid4().hex}"
    yield {name: mongod_url.replace("/?", f"/{database}?") for name, database in _databases(filled.name, store)}
    real_client.drop_database(store)


def _databases(mongo: str, store: str) -> Iterator[tuple[str, str]]:
    yield "mongo_url", mongo
    yield "store_url", store


def kept(urls: dict[str, str], client: Client) -> list[Document]:
    store = urls["store_url"].split("/")[-1].split("?")[0]
    return list(client[store]["statistics"].find())


def test_snapshot_is_stored_and_shown(urls: dict[str, str], real_client: Client) -> None:
    done = rcstats("snapshot", **urls)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (snapshot,) = kept(urls, real_client)
    assert snapshot["_id"] in done.stdout
    assert re.search(r"\ntotalUsers +50 ", done.stdout)
    assert "--all shows them" in done.stdout


def test_all_of_a_snapshot_is_shown_if_asked_for(urls: dict[str, str]) -> None:
    done = rcstats("snapshot", "--all", "--dry-run", **urls)

    missing = [statistic.key for statistic in catalog.STATISTICS if f"\n{statistic.key} " not in done.stdout]
    assert missing == []
    assert "no server on this host" in done.stdout


def test_snapshot_as_json_is_one_document_and_nothing_else(urls: dict[str, str], real_client: Client) -> None:
    done = rcstats("snapshot", "--json", **urls)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    printed = json.loads(done.stdout)
    assert list(printed)[-1] == "success"
    (snapshot,) = kept(urls, real_client)
    assert printed["_id"] == snapshot["_id"]
    assert printed["totalUsers"] == snapshot["totalUsers"] == 50


def test_a_dry_run_stores_nothing(urls: dict[str, str], real_client: Client) -> None:
    done = rcstats("snapshot", "--dry-run", "--json", **urls)

    assert json.loads(done.stdout)["totalUsers"] == 50
    assert kept(urls, real_client) == []


def test_check_speaks_in_exit_codes(urls: dict[str, str]) -> None:
    before = rcstats("check", **urls)
    rcstats("snapshot", **urls)
    after = rcstats("check", **urls)

    assert (before.returncode, after.returncode) == (1, 1), before.stdout + after.stdout
    assert before.stdout.startswith("WARNING: 3 of 4 checks: rights: MongoDB asks nobody for a login; store: answers; ")
    assert before.stdout.splitlines()[0].endswith("; freshness: there is no snapshot yet")
    assert after.stdout.splitlines()[0] == "WARNING: 1 of 4 checks: rights: MongoDB asks nobody for a login"
    assert "runs Rocket.Chat 7.10.0" in after.stdout


def test_check_prints_plain_lines_where_there_is_no_terminal(urls: dict[str, str]) -> None:
    narrow = environment(**urls) | {"COLUMNS": "40", "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1"}
    done = subprocess.run([*RCSTATS, "check"], env=narrow, capture_output=True, text=True, timeout=30, check=False)

    verdict, *findings = done.stdout.splitlines()
    assert len(verdict) > 80
    assert [line.split()[:2] for line in findings] == [
        ["✓", "workspace"],
        ["!", "rights"],
        ["!", "store"],
        ["!", "freshness"],
    ]
    assert "\x1b" not in done.stdout


def test_the_bill_has_a_line_for_each_reading_and_a_total_and_stores_nothing(
    urls: dict[str, str], real_client: Client
) -> None:
    done = rcstats("snapshot", "--explain", **urls)

    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines() if line.strip()]
    assert {reading.name for reading in catalog.READINGS} <= {line[0] for line in lines}
    by_name = {line[0]: line for line in lines}
    assert "COLLSCAN," in by_name["rooms"]
    assert int(by_name["total"][3].replace(",", "")) > 50
    assert kept(urls, real_client) == []


def test_what_is_settled_is_read_again_only_if_asked_for(urls: dict[str, str], real_client: Client) -> None:
    for arguments in ([], [], ["--fresh"]):
        assert rcstats("snapshot", *arguments, **urls).returncode == 0

    snapshots = sorted(kept(urls, real_client), key=lambda document: document["createdAt"])
    assert [s["collector"]["readings"]["sessions"]["carried"] for s in snapshots] == [False, True, False]


def test_parity_with_a_document_of_the_servers_own(
    urls: dict[str, str], filled: Database[Document], real_client: Client
) -> None:
    rcstats("snapshot", **urls)
    (own,) = kept(urls, real_client)
    own |= {"_id": "own", "lastLogin": str(own["lastLogin"]), "novelty": 1, "statsToken": "hidden-word"}
    own.pop("collector")
    filled["rocketchat_statistics"].insert_one(own)
    equal = rcstats("parity", **urls)
    filled["rocketchat_statistics"].update_one({"_id": "own"}, {"$inc": {"totalRooms": 7}})
    different = rcstats("parity", **urls)
    filled["rocketchat_statistics"].delete_one({"_id": "own"})

    assert (equal.returncode, different.returncode) == (0, 1), equal.stdout + equal.stderr + different.stdout
    assert re.search(r"novelty\s+unknown to us", equal.stdout)
    assert re.search(r"totalRooms\s+differs\s+\d+\s+\d+\s+-7", different.stdout)
    assert "hidden-word" not in equal.stdout


def test_parity_without_a_document_of_the_servers_own_says_so(mongod_url: str) -> None:
    done = rcstats("parity", mongo_url=mongod_url.replace("/?", "/empty_workspace?"))

    assert done.returncode == 2
    assert done.stderr.startswith("rcstats: the server has stored no statistics document yet")


def test_dictionary_needs_no_settings() -> None:
    assert rcstats("dictionary").stdout == catalog.dictionary()


def test_version() -> None:
    assert rcstats("--version").stdout == f"rcstats {__version__}\n"


COMMANDS = [["snapshot"], ["snapshot", "--dry-run", "--json"], ["check"], ["run"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_settings_each_command_names_what_is_missing(command: list[str]) -> None:
    done = rcstats(*command)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("rcstats: RCSTATS_MONGO_URL: missing. Expected: ")


@pytest.mark.parametrize("command", COMMANDS[:2], ids=" ".join)
def test_an_unreachable_server_is_one_line_and_an_exit_code(command: list[str]) -> None:
    done = rcstats(*command, mongo_url=f"mongodb://127.0.0.1:{free_port()}/rocketchat?timeoutMS=300")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("MongoDB can't be reached\n")


def test_check_of_an_unreachable_server_is_critical() -> None:
    done = rcstats("check", mongo_url=f"mongodb://127.0.0.1:{free_port()}/rocketchat?timeoutMS=300")

    reason = "workspace: the workspace's MongoDB can't be reached"
    assert done.returncode == 2
    assert done.stdout.splitlines() == [f"CRITICAL: 1 of 1 checks: {reason}", f"✗ {reason.replace(': ', '  ', 1)}"]


def test_wrong_credentials_are_one_line_and_show_no_password(mongod_url: str) -> None:
    url = mongod_url.replace("//", "//reader:hidden-word@").replace("/?", "/rocketchat?authSource=admin&")
    done = rcstats("snapshot", mongo_url=url)

    assert done.returncode == 2
    wrong = "the workspace's MongoDB refuses the login: user name, password or authSource are wrong"
    assert done.stderr == f"rcstats: {wrong}\n"
    assert "hidden-word" not in done.stdout + done.stderr


def test_a_wrong_schedule_stops_run() -> None:
    done = rcstats("run", mongo_url="mongodb://localhost/rocketchat", schedule="sometimes", listen="127.0.0.1:0")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("rcstats: RCSTATS_SCHEDULE: ")


def test_an_address_that_can_not_be_had_stops_run() -> None:
    done = rcstats("run", mongo_url="mongodb://localhost/rocketchat", listen="203.0.113.1:3080")

    assert done.returncode == 2
    assert done.stderr.startswith("rcstats: RCSTATS_LISTEN: can't listen on 203.0.113.1:3080: ")
