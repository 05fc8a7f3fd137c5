"""The commands that look at what is stored."""

from datetime import timedelta
from typing import Any

import pytest
from pymongo.database import Database

from collector.charts import spark
from collector.history.changes import Change, changes
from collector.snapshot import now
from collector.sources.rocketchat import Collection
from collector.store import Store
from tests.factories import NOW, hours, insert, setting, snapshot
from tests.processes import rcstats

Db = Database[dict[str, Any]]


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


def test_snapshots_are_listed_with_the_apis_filters(urls: dict[str, str]) -> None:
    everything = rcstats("list", **urls).stdout.splitlines()
    some = rcstats("list", "--query", '{"totalUsers":{"$gt":85}}', "--sort", '{"totalUsers":1}', **urls).stdout

    assert [line.split()[0] for line in everything] == ["id", "age0", "age1", "age2", "3"]
    assert [line.split()[0] for line in some.splitlines()] == ["id", "age1", "age0", "2"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["list", "--query", '{"$where":"1"}'], "rcstats: query: Invalid operation: $where\n"),
        (["list", "--count", "many"], "rcstats: count: expected a whole number, 0 or more\n"),
        (
            ["trend", "totalUsers", "--every", "often"],
            "rcstats: every: expected a number and one of m, h, d, w, mo, q, y",
        ),
        (["diff", "nonsense"], "rcstats: there is no snapshot nonsense\n"),
        (["diff", "-900d"], "rcstats: there is no snapshot -900d\n"),
    ],
)
def test_what_can_not_be_served_is_one_line(urls: dict[str, str], arguments: list[str], error: str) -> None:
    ended = rcstats(*arguments[:1], *(["--"] if arguments[0] == "diff" else []), *arguments[1:], **urls)

    assert ended.returncode == 2
    assert ended.stderr.startswith(error)
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("given", [["age2", "age0"], ["age2"], ["--", "-2d", "now"]])
def test_two_snapshots_are_compared(urls: dict[str, str], given: list[str]) -> None:
    shown = rcstats("diff", *given, **urls).stdout

    (line,) = [line for line in shown.splitlines() if line.startswith("totalUsers")]
    assert line.split() == ["totalUsers", "80", "100", "+20", "(+25%)"]
    assert "totalRooms" not in shown


def test_figures_are_drawn(urls: dict[str, str]) -> None:
    shown = rcstats("trend", "totalUsers", "missing", "--since", "-5d", **urls).stdout.splitlines()

    assert shown[0] == "totalUsers"
    assert shown[1] == "▁▄█  80 to 100, now 100"
    assert shown[2:4] == ["missing", "no numbers in this time"]
    assert shown[4].endswith("3 buckets")


def test_the_servers_own_history_is_imported_once(urls: dict[str, str], real_database: Db) -> None:
    own = [{"_id": f"own{n}", "createdAt": NOW - hours(n), "totalUsers": n} for n in range(5)]
    insert(real_database, Collection.STATISTICS, *own, {"_id": "undated"})
    first, second = rcstats("import", **urls), rcstats("import", **urls)

    assert first.stdout == "5 snapshots imported of 6 documents, 1 left out, as they have no date\n"
    assert second.stdout.startswith("0 snapshots imported of 6 documents")
    assert Store(real_database).count("workspace", {}) == 8


def test_changes_are_all_that_differs_the_biggest_movers_first() -> None:
    before = snapshot(totalUsers=100, totalRooms=10, same=1, version="7.0", os={"load": [1]}, gone=1)
    after = snapshot(totalUsers=110, totalRooms=20, same=1, version="7.1", os={"load": [2]}, new=True)
    found = changes(before, after)

    assert [change.path for change in found] == ["totalRooms", "totalUsers", "gone", "new", "os.load", "version"]
    assert [change.difference for change in found[:2]] == [10, 10]
    assert Change("a", 0, 5).weight == 1.0


def test_of_our_own_account_only_what_is_counted_is_compared() -> None:
    before, after = snapshot(), snapshot()
    after["collector"] |= {"seconds": 99, "messages": {"documents": 3}}

    assert [change.path for change in changes(before, after)] == ["collector.messages.documents"]


@pytest.mark.parametrize(
    ("values", "drawn"),
    [([1, 2, 3], "▁▄█"), ([5, 5], "▁▁"), ([1, None, 3], "▁ █"), ([None, 2], " ▁"), (["text", 1, 2], " ▁█")],
)
def test_a_drawn_line_shows_gaps_as_gaps(values: list[Any], drawn: str) -> None:
    assert spark(values) == drawn


def test_a_drawn_line_is_never_wider_than_asked() -> None:
    assert len(spark(list(range(1000)), 60)) <= 60
