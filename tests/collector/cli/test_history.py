"""The commands on the stored history."""

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import DatetimeMS, Decimal128, ObjectId, Timestamp
from pymongo.database import Database

from collector.cli.charts import spark
from collector.history.diff import Change, changes
from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.statistics.snapshot import now
from collector.store.snapshots import Store
from tests.factories import NOW, hours, insert, keep, nulls, setting, snapshot, with_id
from tests.processes import RCSTATS, environment, rcstats

Db = Database[dict[str, Any]]


def on_a_terminal(width: int, *arguments: str, **settings: str) -> list[str]:
    """The lines that a command prints on a terminal of this width, without colours."""
    terminal = {"COLUMNS": str(width), "FORCE_COLOR": "1", "TERM": "xterm"}
    done = subprocess.run(
        [*RCSTATS, *arguments],
        env=environment(**settings) | terminal,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).splitlines()


README = Path(__file__).parents[3] / "README.md"


@pytest.fixture
def urls(real_database: Db, mongod_url: str) -> dict[str, str]:
    """A workspace that is its own store, with snapshots of three days."""
    insert(real_database, Collection.SETTINGS, setting("uniqueID", "workspace"))
    today = now()
    for age in (2, 1, 0):
        taken = snapshot(at=today - timedelta(days=age), _id=f"age{age}", totalUsers=100 - 10 * age, totalRooms=5)
        Store(real_database).add(taken)
    url = mongod_url.replace("/?", f"/{real_database.name}?")
    return {"mongo_url": url, "store_url": url}


def test_list_filters_and_sorts_as_the_api_does(urls: dict[str, str]) -> None:
    everything = rcstats("list", **urls).stdout.splitlines()
    some = rcstats("list", "--query", '{"totalUsers":{"$gt":85}}', "--sort", '{"totalUsers":1}', **urls).stdout

    assert [line.split()[0] for line in everything] == ["id", "age0", "age1", "age2"]
    assert [line.split()[0] for line in some.splitlines()] == ["id", "age1", "age0"]


LONG_ID = "YkFxWwNq6dtyxb6ew"


@pytest.fixture
def failing(urls: dict[str, str], real_database: Db) -> dict[str, str]:
    """The same with a snapshot in which many readings failed."""
    taken = snapshot(at=now(), _id=LONG_ID, totalUsers=12_345, totalMessages=123_456_789)
    taken["collector"]["readings"] = {f"reading_{number}": {"ok": False} for number in range(30)}
    Store(real_database).add(taken)
    return urls


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_list_has_one_line_a_snapshot_with_its_whole_id_and_time_at_any_width(
    failing: dict[str, str], width: int
) -> None:
    heading, *lines, total = on_a_terminal(width, "list", **failing)

    assert total.strip() == "4 of 4"
    assert len(lines) == 4
    assert heading.split()[:2] == ["id", "taken"]
    assert re.match(rf"{LONG_ID}  \d{{4}}-\d\d-\d\d \d\d:\d\d UTC", lines[0])
    assert all(len(line) <= width for line in (heading, *lines))
    assert ("failed" in heading, "12,345" in lines[0]) == (width >= 60, width >= 60)


def test_a_list_for_a_program_is_tab_separated_with_plain_numbers(failing: dict[str, str]) -> None:
    heading, first, *_ = (line.split("\t") for line in rcstats("list", **failing).stdout.splitlines())
    row = dict(zip(heading, first, strict=True))

    assert (row["id"], row["users"], row["messages"]) == (LONG_ID, "12345", "123456789")
    assert row["failed"].startswith("reading_0, reading_1, ")


def test_an_empty_list_says_so(real_database: Db, mongod_url: str) -> None:
    url = mongod_url.replace("/?", f"/{with_id(real_database).name}?")
    empty = {"mongo_url": url, "store_url": url}

    assert rcstats("list", **empty).stderr == "No snapshots yet: rcstats snapshot takes one.\n"
    assert rcstats("list", "--offset", "5", **empty).stderr == "No snapshot matches.\n"


def test_a_list_as_json_is_the_body_of_the_api(urls: dict[str, str]) -> None:
    printed = json.loads(rcstats("list", "-n", "2", "--offset", "1", "--json", **urls).stdout)

    assert [one["_id"] for one in printed["statistics"]] == ["age1", "age2"]
    assert {key: printed[key] for key in ("count", "offset", "total", "success")} == {
        "count": 2,
        "offset": 1,
        "total": 3,
        "success": True,
    }


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        ("diff age2 age0", ["before", "after", "changes", "events", "success"]),
        ("trend totalUsers", ["at", "series", "every", "how", "timezone", "start", "end", "count", "success"]),
        ("forecast", ["growth", "anomalies", "success"]),
        (
            "backfill --since -2d --dry-run",
            ["wouldReconstruct", "alreadyReconstructed", "takenOrImported", "without", "examinedAtMost", "success"],
        ),
        (
            "backfill --since -2d",
            ["reconstructed", "alreadyReconstructed", "takenOrImported", "without", "success"],
        ),
        ("check", ["state", "checks", "performance", "success"]),
    ],
)
def test_json_is_one_object_on_one_line(urls: dict[str, str], command: str, keys: list[str]) -> None:
    done = rcstats(*command.split(), "--json", **urls)

    assert done.stdout.count("\n") == 1, done.stderr
    assert list(json.loads(done.stdout)) == keys


def test_the_changes_as_json_are_all_of_them(urls: dict[str, str]) -> None:
    printed = json.loads(rcstats("diff", "age2", "age0", "--json", **urls).stdout)

    assert (printed["before"]["_id"], printed["after"]["_id"]) == ("age2", "age0")
    assert printed["changes"] == [{"path": "totalUsers", "before": 80, "after": 100, "difference": 20}]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["list", "--query", '{"$where":"1"}'], "rcstats: --query: Invalid operation: $where\n"),
        (
            ["list", "--query", "totalUsers"],
            'rcstats: --query: expected JSON, for example {"totalUsers":{"$gt":100}}\n',
        ),
        (["trend", "totalUser"], "rcstats: KEY: there is no statistic totalUser; did you mean totalUsers?\n"),
        (["trend", "x$y"], "rcstats: KEY: there is no statistic x$y; rcstats dictionary lists all statistics\n"),
        (["trend", "totalUsers", "--how", "median"], "rcstats: --how: expected one of last, min, max, mean, delta\n"),
        (["list", "--cuont", "3"], "rcstats: No such option: --cuont (Possible options: --count"),
        (["list", "--count", "many"], "rcstats: --count: expected an integer of 0 or more\n"),
        (
            ["trend", "totalUsers", "--every", "often"],
            "rcstats: --every: expected a number and one of m, h, d, w, mo, q, y",
        ),
        (["diff", "nonsense"], "rcstats: no such snapshot: nonsense\n"),
        (["diff", "-900d"], "rcstats: no snapshot is as old as -900d: the oldest was taken at "),
    ],
)
def test_an_invalid_argument_is_one_error_line(urls: dict[str, str], arguments: list[str], error: str) -> None:
    ended = rcstats(*arguments, **urls)

    assert ended.returncode == 2
    assert ended.stderr.startswith(error)
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("given", [["age2", "age0"], ["age2"], ["--", "-2d", "now"]])
def test_diff_shows_the_changes_between_two_snapshots(urls: dict[str, str], given: list[str]) -> None:
    shown = rcstats("diff", *given, **urls).stdout

    (line,) = [line for line in shown.splitlines() if line.startswith("totalUsers")]
    assert line.split() == ["totalUsers", "80", "100", "+20", "(+25%)"]
    assert "totalRooms" not in shown


def test_trend_plots_figures(urls: dict[str, str]) -> None:
    shown = rcstats("trend", "totalUsers", "awayUsers", "--since", "-5d", **urls).stdout.splitlines()

    assert shown[0] == "totalUsers"
    assert shown[1] == "▁▄█  80 to 100, now 100"
    assert shown[2:4] == ["awayUsers", "no numbers in this period"]
    assert shown[4].endswith("3 buckets")


def test_the_servers_own_history_is_imported_once(urls: dict[str, str], real_database: Db) -> None:
    own = [{"_id": f"own{n}", "createdAt": NOW - hours(n), "totalUsers": n} for n in range(5)]
    insert(real_database, Collection.STATISTICS, *own, {"_id": "undated"})
    first, second = rcstats("import", **urls), rcstats("import", **urls)

    assert first.stdout == "5 of 6 documents imported, 1 left out\n"
    assert first.stderr == "left out: 'undated': it has no date from 2015 on\n"
    assert second.stdout == "0 of 6 documents imported, 1 left out\n"
    assert (first.returncode, second.returncode) == (1, 1)
    assert Store(real_database).count("workspace", {}) == 8


def test_an_import_names_the_first_documents_left_out_and_counts_the_rest(
    urls: dict[str, str], real_database: Db
) -> None:
    insert(real_database, Collection.STATISTICS, *[{"_id": f"undated{n:02}"} for n in range(13)])
    ended = rcstats("import", **urls)
    lines = ended.stderr.splitlines()

    assert ended.stdout == "0 of 13 documents imported, 13 left out\n"
    assert [line.split(":")[1] for line in lines[:-1]] == [f" 'undated{n:02}'" for n in range(10)]
    assert (lines[-1], ended.returncode) == ("and 3 more", 1)


def test_an_import_that_leaves_nothing_out_ends_with_0(urls: dict[str, str], real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, {"_id": 1, "createdAt": NOW}, {"_id": "1", "createdAt": NOW})
    ended = rcstats("import", **urls)

    assert (ended.stdout, ended.stderr) == ("2 of 2 documents imported\n", "")
    assert ended.returncode == 0
    assert Store(real_database).count("workspace", {"createdAt": NOW}) == 2


# Documents that another program may have put into the collection, by id.
FOREIGN: dict[str, Any] = {
    "dateless": {"createdAt": None},
    "text": {"createdAt": "[/yesterday]"},
    "timestamp": {"createdAt": Timestamp(1, 1)},
    "early": {"createdAt": datetime(1, 1, 1, tzinfo=UTC)},
    "late": {"createdAt": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)},
    "array": {"createdAt": [NOW]},
    "beyond": {"createdAt": DatetimeMS(10**15)},
    "listed": {"collector": [{"workspace": "workspace", "messages": 1}]},
    "kind": {"collector": {"workspace": "workspace", "kind": ["[/]"], "seconds": "[/]", "readings": ["[/]"]}},
    "records": {"collector": {"workspace": "workspace", "readings": {"[/a]": 1, "b": None, "c": {"ok": True}}}},
    "messages": {"collector": {"workspace": "workspace", "messages": [1]}},
    "figures": {"totalUsers": float("nan"), "totalRooms": "[/]", "totalMessages": [1], "onlineUsers": 1e300},
    "markup": {"[/key]": {"[b]": 1}, "totalUsers": Decimal128("1")},
}


@pytest.fixture
def foreign(urls: dict[str, str], real_database: Db) -> dict[str, str]:
    """The same store with documents of other programs."""
    own = ObjectId("65f40000aaaaaaaaaaaaaaaa")
    documents = [snapshot(_id=name) | over for name, over in FOREIGN.items()] + [snapshot(_id=own, totalUsers=7)]
    del documents[0]["createdAt"]
    real_database["statistics"].insert_many(documents)
    return urls


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
def test_list_includes_foreign_documents(foreign: dict[str, str], zone: str) -> None:
    listed = rcstats("list", timezone=zone, **foreign)
    lines = {line.split()[0]: line for line in listed.stdout.splitlines()}

    assert (listed.stderr, listed.returncode) == ("", 0)
    assert {*FOREIGN, "65f40000aaaaaaaaaaaaaaaa", "age0", "age1", "age2"} <= set(lines)
    assert lines["records"].endswith("[/a], b")
    assert "\t[/yesterday]\t" in lines["text"]
    assert len(lines["dateless"].split()[1]) == 1


@pytest.mark.parametrize("name", [*FOREIGN, "65f40000aaaaaaaaaaaaaaaa"])
def test_diff_compares_foreign_documents(foreign: dict[str, str], name: str) -> None:
    compared = rcstats("diff", name, "age0", "--all", **foreign)

    assert (compared.stderr, compared.returncode) == ("", 0)
    assert any(line.startswith(("totalUsers", "totalRooms")) for line in compared.stdout.splitlines())


def test_trend_forecast_and_prune_pass_over_foreign_documents(foreign: dict[str, str], real_database: Db) -> None:
    real_database["statistics"].delete_one({"_id": "array"})  # the pipeline of the series has its own test
    since = ["--since", "0001-01-02", "--every", "1y"]
    drawn = rcstats("trend", "totalUsers", "totalRooms", "onlineUsers", *since, **foreign)
    looked = rcstats("forecast", **foreign)
    planned = rcstats("prune", "--dry-run", retention_full_days="1", **foreign)
    removed = rcstats("prune", retention_full_days="1", **foreign)

    for ended in (drawn, looked, planned, removed):
        assert (ended.stderr, ended.returncode) == ("", 0)
    assert drawn.stdout.count("no numbers in this period") == 1
    assert planned.stdout.split(" of ")[0] == removed.stdout.split(" snapshots")[0]
    assert int(planned.stdout.split(" of ")[0]) > 0


@pytest.mark.parametrize(
    "given", [["-2d"], ["-48h", "-0h"], ["-2d", "now", "--all"], ["--all", "-2d"], ["-1w", "age0"]]
)
def test_diff_takes_a_time_that_begins_with_a_dash(urls: dict[str, str], real_database: Db, given: list[str]) -> None:
    Store(real_database).add(snapshot(at=now() - timedelta(days=8), totalUsers=80))
    ended = rcstats("diff", *given, **urls)

    assert (ended.stderr, ended.returncode) == ("", 0)
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("totalUsers")]
    assert line.split() == ["totalUsers", "80", "100", "+20", "(+25%)"]


def test_diff_by_time_ignores_documents_with_a_list_of_dates(urls: dict[str, str], real_database: Db) -> None:
    real_database["statistics"].insert_one(snapshot(createdAt=[now() - timedelta(hours=1)], totalUsers=1))

    assert re.search(r"^totalUsers\t90\t100\t", rcstats("diff", "-30m", "age0", **urls).stdout, re.MULTILINE)


def test_the_example_of_diff_in_readme_and_help_works(urls: dict[str, str], real_database: Db) -> None:
    """README and help give the same example."""
    Store(real_database).add(snapshot(at=now() - timedelta(days=8), totalUsers=50))
    (line,) = [line for line in README.read_text().splitlines() if "`rcstats diff BEFORE [AFTER]`" in line]
    example = re.search(r"such as `(\S+)`", line)
    assert example
    assert example[1] in rcstats("diff", "--help", **urls).stdout

    assert "+50" in rcstats("diff", example[1], **urls).stdout


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (["--everything", "age0"], "rcstats: No such option: --everything\n"),
        (["-x"], "rcstats: No such option: -x\n"),
        (["age2", "-7days"], "rcstats: no such snapshot: -7days\n"),
    ],
)
def test_diff_names_what_it_does_not_know(urls: dict[str, str], given: list[str], error: str) -> None:
    ended = rcstats("diff", *given, **urls)

    assert (ended.stderr, ended.returncode) == (error, 2)


def test_trend_and_backfill_take_times_that_begin_with_a_dash(urls: dict[str, str]) -> None:
    drawn = rcstats("trend", "totalUsers", "--since", "-90d", "--until", "-0m", **urls)
    filled = rcstats("backfill", "--since", "-2y", "--until", "-1d", "--dry-run", **urls)

    assert (drawn.stderr, drawn.returncode, filled.stderr, filled.returncode) == ("", 0, "", 0)


def test_changes_are_all_differences_the_largest_relative_ones_first() -> None:
    before = snapshot(totalUsers=100, totalRooms=10, same=1, version="7.0", os={"load": [1]}, gone=1)
    after = snapshot(totalUsers=110, totalRooms=20, same=1, version="7.1", os={"load": [2]}, new=True)
    found = changes(before, after)

    assert [change.path for change in found] == ["totalRooms", "totalUsers", "gone", "new", "os.load", "version"]
    assert [change.difference for change in found[:2]] == [10, 10]
    assert Change("a", 0, 5).weight == 1.0


@pytest.mark.parametrize(
    ("before", "after"),
    [(float("nan"), 1), (1, float("nan")), (float("inf"), 1), (-1e308, 1e308), (1, Decimal128("2"))],
)
def test_values_that_are_not_figures_have_no_difference(before: Any, after: Any) -> None:
    (found,) = changes(snapshot(a=before), snapshot(a=after))

    assert (found.difference, found.weight) == (None, 0.0)


def test_the_parts_of_a_date_are_no_figures_and_an_alias_is_no_second_change() -> None:
    before = snapshot(uniqueUsersOfYesterday={"day": 15, "data": []}, totalLivechat=1, totlalLivechat=1)
    after = snapshot(uniqueUsersOfYesterday={"day": 23, "data": []}, totalLivechat=2, totlalLivechat=2)
    found = {change.path: change.difference for change in changes(before, after)}

    assert found == {"totalLivechat": 1, "uniqueUsersOfYesterday.day": None}


def test_equal_snapshots_have_no_table(urls: dict[str, str]) -> None:
    done = rcstats("diff", "age0", "age0", **urls)

    assert (done.stdout, done.returncode) == ("", 0)
    assert done.stderr.startswith("No change from age0 (")


def test_sizes_are_in_their_unit_for_people(urls: dict[str, str], real_database: Db) -> None:
    Store(real_database).add(snapshot(at=now(), _id="large", uploadsTotalSize=3 * 2**20))
    Store(real_database).add(snapshot(at=now() - timedelta(days=9), _id="small", uploadsTotalSize=2**20))

    (line,) = [one for one in on_a_terminal(80, "diff", "small", "large", **urls) if one.startswith("uploads")]
    assert line.split() == ["uploadsTotalSize", "1.0", "MiB", "3.0", "MiB", "+2.0", "MiB", "(+200%)"]
    assert "\t1048576\t3145728\t+2097152 (+200%)" in rcstats("diff", "small", "large", **urls).stdout
    assert "1.0 MiB to 3.0 MiB, now 3.0 MiB" in rcstats("trend", "uploadsTotalSize", **urls).stdout


def test_nan_that_stays_nan_is_not_a_change() -> None:
    assert changes(snapshot(a=float("nan")), snapshot(a=float("nan"))) == []


def test_of_the_collectors_own_fields_only_counts_are_compared() -> None:
    before, after = snapshot(), snapshot()
    after["collector"] |= {"seconds": 99, "messages": {"documents": 3}}

    assert [change.path for change in changes(before, after)] == ["collector.messages.documents"]


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([1, 2, 3], "▁▄█"),
        ([5, 5], "▁▁"),
        ([1, None, 3], "▁ █"),
        ([None, 2], " ▁"),
        (["text", 1, 2], " ▁█"),
        ([float("nan"), 1, 2], " ▁█"),
        ([float("inf"), 1, -float("inf"), 2], " ▁ █"),
        ([1e308, -1e308, 1, 2], "  ▁█"),
        ([float("nan")], " "),
        ([], ""),
    ],
)
def test_a_sparkline_shows_missing_values_as_gaps(values: list[Any], drawn: str) -> None:
    assert spark(values) == drawn


def test_a_sparkline_is_never_wider_than_requested() -> None:
    assert len(spark(list(range(1000)), 60)) <= 60


def test_null_absent_and_an_empty_document_are_no_change() -> None:
    older: Document = {"omnichannelSources": [{"type": "widget", "count": 2}], "settings": {"general": {"apps": {}}}}
    older["matrixFederation"] = {"amountOfFederatedRooms": 0}

    assert changes(snapshot(**older), snapshot(**nulls())) == []
    assert changes(snapshot(**nulls()), snapshot(**older)) == []


def test_a_value_after_null_is_a_change_without_a_difference() -> None:
    after = snapshot(**nulls()) | {"lastMessageSentAt": NOW, "matrixFederation": {"biggestRoom": {"usersCount": 3}}}
    found = {change.path: change for change in changes(snapshot(**nulls()), after)}

    assert found["lastMessageSentAt"].before is None
    assert found["matrixFederation.biggestRoom.usersCount"].difference is None


@pytest.mark.parametrize("command", ["list", "diff -2h", "trend lastMessageSentAt totalUsers", "forecast"])
def test_each_command_on_the_history_takes_null_as_nothing(
    urls: dict[str, str], real_database: Db, command: str
) -> None:
    present = datetime.now(UTC)
    keep(real_database, snapshot(at=present - timedelta(hours=3), totalUsers=1))
    keep(real_database, snapshot(at=present - timedelta(minutes=5), totalUsers=None, **nulls()))
    done = rcstats(*command.split(), **urls)

    assert (done.stderr, done.returncode) == ("", 0)
    assert "None" not in done.stdout
