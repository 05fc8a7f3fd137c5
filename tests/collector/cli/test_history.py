"""The commands on the stored history."""

import re
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
from tests.factories import NOW, hours, insert, keep, nulls, setting, snapshot
from tests.processes import rcstats

Db = Database[dict[str, Any]]
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

    assert [line.split()[0] for line in everything] == ["id", "age0", "age1", "age2", "3"]
    assert [line.split()[0] for line in some.splitlines()] == ["id", "age1", "age0", "2"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["list", "--query", '{"$where":"1"}'], "rcstats: --query: Invalid operation: $where\n"),
        (["list", "--count", "many"], "rcstats: --count: expected an integer of 0 or more\n"),
        (
            ["trend", "totalUsers", "--every", "often"],
            "rcstats: --every: expected a number and one of m, h, d, w, mo, q, y",
        ),
        (["diff", "nonsense"], "rcstats: no such snapshot: nonsense\n"),
        (["diff", "-900d"], "rcstats: no such snapshot: -900d\n"),
    ],
)
def test_an_invalid_argument_is_one_error_line(urls: dict[str, str], arguments: list[str], error: str) -> None:
    ended = rcstats(*arguments[:1], *(["--"] if arguments[0] == "diff" else []), *arguments[1:], **urls)

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
    shown = rcstats("trend", "totalUsers", "missing", "--since", "-5d", **urls).stdout.splitlines()

    assert shown[0] == "totalUsers"
    assert shown[1] == "▁▄█  80 to 100, now 100"
    assert shown[2:4] == ["missing", "no numbers in this period"]
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
    assert " [/yesterday] " in lines["text"]
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


@pytest.mark.parametrize("given", [["-2d"], ["-2d", "-0h"], ["-2d", "now", "--all"], ["--all", "-2d"], ["-1w", "age0"]])
def test_diff_takes_a_time_that_begins_with_a_dash(urls: dict[str, str], real_database: Db, given: list[str]) -> None:
    Store(real_database).add(snapshot(at=now() - timedelta(days=8), totalUsers=80))
    ended = rcstats("diff", *given, **urls)

    assert (ended.stderr, ended.returncode) == ("", 0)
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("totalUsers")]
    assert line.split() == ["totalUsers", "80", "100", "+20", "(+25%)"]


def test_diff_by_time_ignores_documents_with_a_list_of_dates(urls: dict[str, str], real_database: Db) -> None:
    real_database["statistics"].insert_one(snapshot(createdAt=[now() - timedelta(hours=1)], totalUsers=1))

    assert re.search(r"^totalUsers +90 +100 ", rcstats("diff", "-30m", "age0", **urls).stdout, re.MULTILINE)


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
        (["--everything", "age0"], "rcstats: no such snapshot or option: --everything\n"),
        (["-x"], "rcstats: no such snapshot or option: -x\n"),
        (["age2", "-7days"], "rcstats: no such snapshot or option: -7days\n"),
    ],
)
def test_diff_names_an_unknown_option(urls: dict[str, str], given: list[str], error: str) -> None:
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
