"""The commands, as processes on a real workspace."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import typer
from pymongo.database import Database

from collector import __version__
from collector.cli import main
from collector.cli.panels import DAILY, HISTORY, OPERATION
from collector.demo.mongod import free_port
from collector.demo.sample import workspace
from collector.key_paths import Document
from collector.mongodb.connection import Client
from collector.statistics import catalog
from collector.statistics.reading import of_release
from collector.statistics.releases import Release
from tests.factories import with_id
from tests.failpoints import DISK_FULL, refused
from tests.processes import RCSTATS, environment, rcstats, running


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


def test_snapshot_all_shows_every_statistic(urls: dict[str, str]) -> None:
    done = rcstats("snapshot", "--all", "--dry-run", **urls)

    readings = of_release(catalog.READINGS, workspace.RELEASE)
    keys = [statistic.key for reading in readings for statistic in reading.statistics]
    assert [key for key in keys if len(re.findall(rf"\n{re.escape(key)} +\S", done.stdout)) != 1] == []
    assert "totalOTR" not in done.stdout
    assert re.search(r"\nsettings.webRTC.webRTCEnableDirect +– +Rocket.Chat itself has no value", done.stdout)
    assert "only the daemon takes samples between snapshots" in done.stdout


def test_snapshot_json_prints_only_the_document(urls: dict[str, str], real_client: Client) -> None:
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
    store = urls["store_url"].split("/")[-1].split("?")[0]
    assert store not in real_client.list_database_names()


def test_check_reports_warnings_by_its_exit_code(urls: dict[str, str]) -> None:
    before = rcstats("check", **urls)
    rcstats("snapshot", **urls)
    after = rcstats("check", **urls)

    assert (before.returncode, after.returncode) == (1, 1), before.stdout + after.stdout
    older = "privileges: MongoDB has access control disabled; mongodb: release 6.0.5, which Rocket.Chat 8.6.1 does not "
    assert before.stdout.startswith(f"RCSTATS WARNING - 4 of 10 checks: {older}")
    assert "; store: reachable; " in before.stdout
    assert before.stdout.splitlines()[0].endswith("; freshness: no snapshot has been stored yet")
    assert after.stdout.startswith(f"RCSTATS WARNING - 2 of 10 checks: {older}")
    assert "runs Rocket.Chat 8.6.1" in after.stdout
    assert re.search(r" \| age=\d+s;;;0 seconds=[0-9.]+s;;;0 failed=\d+;;;0$", after.stdout.splitlines()[0])


def test_check_prints_plain_lines_without_a_terminal(urls: dict[str, str]) -> None:
    narrow = environment(**urls) | {"COLUMNS": "40", "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1"}
    done = subprocess.run([*RCSTATS, "check"], env=narrow, capture_output=True, text=True, timeout=30, check=False)

    verdict, *findings = done.stdout.splitlines()
    assert len(verdict) > 80
    assert [line.split()[:2] for line in findings] == [
        ["ok", "workspace"],
        ["warning", "privileges"],
        ["ok", "deployment"],
        ["warning", "mongodb"],
        ["ok", "timezone"],
        ["ok", "indexes"],
        ["warning", "store"],
        ["ok", "sites"],
        ["ok", "limits"],
        ["warning", "freshness"],
    ]
    assert "\x1b" not in done.stdout


def test_explain_lists_each_reading_and_a_total_and_stores_nothing(urls: dict[str, str], real_client: Client) -> None:
    done = rcstats("snapshot", "--explain", **urls)

    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines() if line.strip()]
    readings = of_release(catalog.READINGS, Release(8, 6))
    assert {reading.name for reading in readings} <= {line[0] for line in lines}
    by_name = {line[0]: line for line in lines}
    assert "COLLSCAN" in by_name["rooms"]
    assert int(by_name["total"][3].replace(",", "")) > 50
    assert kept(urls, real_client) == []


def test_unchanged_readings_are_recomputed_only_with_fresh(urls: dict[str, str], real_client: Client) -> None:
    for arguments in ([], [], ["--fresh"]):
        assert rcstats("snapshot", *arguments, **urls).returncode == 0

    snapshots = sorted(kept(urls, real_client), key=lambda document: document["createdAt"])
    assert [s["collector"]["readings"]["sessions"]["carried"] for s in snapshots] == [False, True, False]


def test_parity_compares_with_the_servers_own_document(
    urls: dict[str, str], filled: Database[Document], real_client: Client
) -> None:
    rcstats("snapshot", **urls)
    (own,) = kept(urls, real_client)
    own |= {"_id": "own", "lastLogin": str(own["lastLogin"]), "statsToken": "hidden-word"}
    own["services"]["oauth"]["custom"] = {"0": {"enabled": True, "users": 0}}
    del own["collector"], own["totlalLivechat"]
    filled["rocketchat_statistics"].insert_one(own)
    explained = rcstats("parity", **urls)
    changes = {"$inc": {"totalRooms": 70}, "$set": {"novelty": 1, "homeTitleChanged": "odd"}}
    filled["rocketchat_statistics"].update_one({"_id": "own"}, changes)
    unexplained = rcstats("parity", **urls)
    filled["rocketchat_statistics"].delete_one({"_id": "own"})

    assert (explained.returncode, unexplained.returncode) == (0, 1), explained.stdout + explained.stderr
    assert re.search(r"services.oauth.custom\t.*the server numbers them", explained.stdout)
    assert re.search(r"totlalLivechat\t.*kept as an alias of totalLivechat", explained.stdout)
    assert re.search(r"\d+ equal, \d+ explained, 0 unexplained", explained.stdout)
    assert "hidden-word" not in explained.stdout
    assert re.search(r"totalRooms\t\d+\t\d+\t-70\tunexplained", unexplained.stdout)
    assert re.search(r"novelty\t1\t\t\tunexplained", unexplained.stdout)
    assert re.search(r"homeTitleChanged\todd\t(True|False)\t\tunexplained", unexplained.stdout)


def test_parity_explains_a_setting_that_was_changed_since(
    urls: dict[str, str], filled: Database[Document], real_client: Client
) -> None:
    rcstats("snapshot", **urls)
    (own,) = kept(urls, real_client)
    settings, statistics = filled["rocketchat_settings"], filled["rocketchat_statistics"]
    del own["collector"]
    statistics.insert_one(own | {"_id": "own", "routingAlgorithm": "Another"})
    settings.update_one({"_id": "Livechat_Routing_Method"}, {"$unset": {"_updatedAt": 1}})
    unchanged = rcstats("parity", **urls)
    settings.update_one({"_id": "Livechat_Routing_Method"}, {"$currentDate": {"_updatedAt": True}})
    changed = rcstats("parity", **urls)
    statistics.delete_one({"_id": "own"})

    assert (unchanged.returncode, changed.returncode) == (1, 0), changed.stdout
    assert re.search(r"routingAlgorithm\t.*the setting was changed since", changed.stdout)


def test_parity_fails_without_a_document_of_the_server(mongod_url: str, real_database: Database[Document]) -> None:
    done = rcstats("parity", mongo_url=mongod_url.replace("/?", f"/{with_id(real_database).name}?"))

    assert done.returncode == 2
    assert done.stderr.startswith("rcstats: the server has not stored a statistics document yet")


def test_dictionary_needs_no_settings() -> None:
    assert rcstats("dictionary").stdout == catalog.dictionary()


@pytest.mark.parametrize("settings", [{}, {"nonsense": "1", "listen": "nowhere"}], ids=["none", "wrong"])
def test_version_and_help_need_no_settings(settings: dict[str, str]) -> None:
    assert rcstats("--version", **settings).stdout == f"rcstats {__version__}\n"
    assert "snapshot" in rcstats("--help", **settings).stdout


COMMAND_NAMES = typer.main.get_command(main.app).commands  # type: ignore[attr-defined]
COMMANDS = [["snapshot"], ["snapshot", "--dry-run", "--json"], ["run"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_settings_each_command_names_the_missing_one(command: list[str]) -> None:
    done = rcstats(*command)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("rcstats: RCSTATS_MONGO_URL: missing. Expected: ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["check"], "RCSTATS_MONGO_URL: missing. Expected: "),
        (["--mongo-url", "mysql://host/db", "check"], "--mongo-url: expected a URL that starts with mongodb://"),
        (["check", "--warning", "soon"], "--warning: expected a number and one of m, h, d, w, mo, q, y"),
        (["check", "--nonsense"], "No such option: --nonsense"),
    ],
    ids=["no setting", "a wrong URL", "a wrong age", "an unknown option"],
)
def test_a_check_that_cannot_run_is_unknown(arguments: list[str], reason: str) -> None:
    settings = {"mongo_url": "mongodb://localhost/rocketchat"} if arguments[1:] else {}
    done = rcstats(*arguments, **settings)

    assert (done.returncode, done.stderr) == (3, "")
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"RCSTATS UNKNOWN - {reason}")


def test_ages_decide_in_place_of_the_schedule_and_are_in_the_performance_data(urls: dict[str, str]) -> None:
    rcstats("snapshot", **urls)
    never_due = urls | {"schedule": "0 0 29 2 *"}
    fine, late = rcstats("check", "--json", **never_due), rcstats("check", "--critical", "1m", **never_due)

    assert json.loads(fine.stdout)["checks"][-1]["state"] == "ok"
    assert late.returncode == 1
    assert ";;60;0 seconds=" in late.stdout.splitlines()[0]


@pytest.mark.parametrize("command", COMMANDS[:2], ids=" ".join)
def test_an_unreachable_server_is_one_line_and_an_exit_code(command: list[str]) -> None:
    address = f"127.0.0.1:{free_port()}"
    done = rcstats(*command, mongo_url=f"mongodb://{address}/rocketchat?timeoutMS=500")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"rcstats: the workspace's MongoDB can't be reached: connection refused ({address})\n"


def test_check_of_an_unreachable_server_is_critical() -> None:
    address = f"127.0.0.1:{free_port()}"
    done = rcstats("check", mongo_url=f"mongodb://{address}/rocketchat?timeoutMS=500")

    reason = f"workspace: the workspace's MongoDB can't be reached: connection refused ({address})"
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        f"RCSTATS CRITICAL - 1 of 1 checks: {reason}",
        f"critical {reason.replace(': ', '  ', 1)}",
    ]


def test_wrong_credentials_are_one_line_and_show_no_password(mongod_url: str) -> None:
    url = mongod_url.replace("//", "//reader:hidden-word@").replace("/?", "/rocketchat?authSource=admin&")
    done = rcstats("snapshot", mongo_url=url)

    assert done.returncode == 2
    wrong = "the workspace's MongoDB refuses the login: user name, password or authSource is wrong"
    assert done.stderr == f"rcstats: {wrong}\n"
    assert "hidden-word" not in done.stdout + done.stderr


def test_run_refuses_an_invalid_schedule() -> None:
    done = rcstats("run", mongo_url="mongodb://localhost/rocketchat", schedule="sometimes", listen="127.0.0.1:0")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("rcstats: RCSTATS_SCHEDULE: ")


def test_run_fails_if_the_address_is_not_available() -> None:
    done = rcstats("run", mongo_url="mongodb://localhost/rocketchat", listen="203.0.113.1:3080")

    assert done.returncode == 2
    assert done.stderr.startswith("rcstats: RCSTATS_LISTEN: cannot listen on 203.0.113.1:3080: ")


@pytest.mark.parametrize("arguments", [[], ["--json"]], ids=["table", "json"])
def test_a_spooled_snapshot_is_shown_with_one_error_line_and_exit_code_1(
    urls: dict[str, str], real_client: Client, tmp_path: Path, arguments: list[str]
) -> None:
    refusing = urls | {"store_url": f"{urls['store_url']}&appName=cli-refused", "state_directory": str(tmp_path)}
    with refused(real_client, "cli-refused", "insert", code=DISK_FULL):
        done = rcstats("snapshot", *arguments, **refusing)

    assert done.returncode == 1
    waits = "the store's MongoDB refuses to write: its disk is full; the snapshot waits on disk"
    assert done.stderr == f"rcstats: {waits}\n"
    assert kept(urls, real_client) == []
    if arguments:
        assert json.loads(done.stdout)["totalUsers"] == 50
    else:
        assert "spooled on disk until the store accepts it" in done.stdout
    assert rcstats("snapshot", **refusing).returncode == 0
    assert len(kept(urls, real_client)) == 2


def test_a_snapshot_that_cannot_be_kept_is_exit_code_2(urls: dict[str, str], real_client: Client) -> None:
    refusing = urls | {"store_url": f"{urls['store_url']}&appName=cli-lost", "state_directory": "/dev/null"}
    with refused(real_client, "cli-lost", "insert", code=DISK_FULL):
        done = rcstats("snapshot", **refusing)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "rcstats: the store's MongoDB refuses to write: its disk is full"
    assert "; not stored" in done.stdout


def test_a_snapshot_that_the_store_refuses_permanently_is_exit_code_2(
    urls: dict[str, str], real_client: Client, tmp_path: Path
) -> None:
    store = urls["store_url"].split("/")[-1].split("?")[0]
    real_client[store].create_collection("statistics", validator={"never": True})
    done = rcstats("snapshot", **urls, state_directory=str(tmp_path))

    assert done.returncode == 2
    assert done.stderr == "rcstats: the store's MongoDB answered with an error (code 121)\n"


UNUSABLE = {
    "a missing file for TLS": (
        "rocketchat?tls=true&tlsCAFile=/nonexistent",
        "tlsCAFile=/nonexistent is not a readable PEM file",
    ),
    "a database with NUL in its name": ("my%00db", "expected a database name as the URL's path, got "),
}


@pytest.mark.parametrize(("path", "told"), UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("command", [["snapshot"], ["list"]], ids=" ".join)
def test_an_unusable_url_is_one_error_line(command: list[str], path: str, told: str) -> None:
    done = rcstats(*command, mongo_url=f"mongodb://u:hidden-word@127.0.0.1/{path}")

    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"rcstats: RCSTATS_MONGO_URL: {told}")
    assert "hidden-word" not in line


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("command", COMMAND_NAMES)
def test_each_help_has_a_group_and_an_example_of_its_command(command: str, flag: str) -> None:
    done = rcstats(command, flag)

    assert done.returncode == 0
    assert f"Example: rcstats {command}" in done.stdout
    assert "<bool>" not in done.stdout


def test_the_help_groups_the_commands_and_is_printed_without_a_command_too() -> None:
    asked, bare = rcstats("-h"), rcstats()

    assert (bare.stdout.rstrip(), bare.returncode) == (asked.stdout.rstrip(), 0)
    positions = [asked.stdout.index(f" {panel} ") for panel in (DAILY, HISTORY, OPERATION)]
    assert positions == sorted(positions)
    assert "─ Commands ─" not in asked.stdout


def test_url_and_settings_file_can_be_options(urls: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "rcstats.toml").write_text(f'store_url = "{urls["store_url"]}"')
    given = ["--mongo-url", urls["mongo_url"], "--config", str(tmp_path / "rcstats.toml")]

    assert rcstats(*given, "snapshot", mongo_url="mongodb://127.0.0.1:1/other").returncode == 0
    assert len(rcstats("list", **urls).stdout.splitlines()) == 2
    missing = rcstats("--config", "/nowhere.toml", "list")
    assert missing.stderr == "rcstats: --config: /nowhere.toml does not exist or is not a file\n"


@pytest.mark.parametrize("arguments", [["trend", "totalUsers"], ["list"], ["check"]], ids=" ".join)
def test_a_locale_without_the_signs_of_the_output_costs_no_command(urls: dict[str, str], arguments: list[str]) -> None:
    rcstats("snapshot", **urls)
    in_ascii = environment(**urls) | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*RCSTATS, *arguments], env=in_ascii, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stderr) == (int(arguments == ["check"]), "")
    assert done.stdout.isascii()


def run_main(command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs the entry point with this expression as its command."""
    code = f"from collector.cli import main as cli\ncli.main(lambda: {command})"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_an_unforeseen_error_is_one_line_without_its_text_and_exit_code_2() -> None:
    done = run_main("cli.logs.from_level('hidden-word')")

    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert re.match(r"rcstats: unexpected error: KeyError at collector/logs.py:\d+: this is a bug in rcstats;", line)
    assert "hidden-word" not in line.lower()


def test_an_unforeseen_error_has_its_traceback_at_level_debug() -> None:
    settings = {"mongo_url": "mongodb://localhost/rocketchat", "log_level": "debug"}
    done = run_main("cli.logs.from_level('shown-word')", **settings)

    assert done.returncode == 2
    assert done.stderr.startswith("Traceback (most recent call last):")
    assert "SHOWN-WORD" in done.stderr


def test_ctrl_c_is_exit_code_130_without_a_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with running("snapshot", mongo_url=f"mongodb://{address}/rocketchat?timeoutMS=20000") as command:
            connection, _ = silent.accept()
            with connection:
                assert command.end(signal.SIGINT) == 130
    assert command.output == ""
