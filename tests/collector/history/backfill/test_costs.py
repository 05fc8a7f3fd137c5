"""What a backfill asks of the workspace, and what it says of that beforehand."""

from collections.abc import Iterator
from contextlib import contextmanager

from collector.history.backfill.run import COMMENT
from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.collector.history.backfill.two_weeks import DAYS, Db, backfill, on, stored

MESSAGES_IN_ALL = DAYS * (DAYS + 1) // 2
MESSAGES_UNTIL_THE_11TH = 55


@contextmanager
def profiled(database: Db) -> Iterator[list[Document]]:
    """Filled at the end: the queries of backfills, as the profiler saw them."""
    seen: list[Document] = []
    database.command("profile", 2)
    try:
        yield seen
    finally:
        database.command("profile", 0)
    seen += database["system.profile"].find({"command.comment": COMMENT, "planSummary": {"$exists": True}})


def of(rows: list[Document], *collections: Collection) -> list[Document]:
    return [row for row in rows if row["ns"].rpartition(".")[2] in collections]


def test_messages_and_users_are_counted_along_their_index_alone(past: Db) -> None:
    with profiled(past) as queries:
        backfill(past).run()
    counting = [row for row in of(queries, Collection.MESSAGES, Collection.USERS) if row["keysExamined"] > 1]

    assert {row["planSummary"].split()[0] for row in counting} <= {"IXSCAN", "COUNT_SCAN"}
    assert {row["docsExamined"] for row in counting} == {0}
    assert sum(row["keysExamined"] for row in of(counting, Collection.MESSAGES)) >= MESSAGES_IN_ALL - DAYS


def test_nothing_that_grows_is_scanned(past: Db) -> None:
    with profiled(past) as queries:
        backfill(past).run()
    scanned = {row["ns"].rpartition(".")[2] for row in queries if row["planSummary"].startswith("COLLSCAN")}

    assert of(queries, Collection.MESSAGES)
    assert scanned == {Collection.TEAMS}


def test_a_resumed_run_counts_only_what_came_after(past: Db) -> None:
    backfill(past, until=on(11, 0)).run()
    resumed = backfill(past)
    with profiled(past) as queries:
        resumed.run()
    messages = of(queries, Collection.MESSAGES)

    assert min(row["command"]["pipeline"][0]["$match"]["ts"]["$gte"] for row in messages) == on(11, 0)


def test_costs_are_told_by_metadata_and_nothing_is_stored(past: Db) -> None:
    filling = backfill(past)
    with profiled(past) as queries:
        costs = {cost.collection: (cost.keys, cost.documents) for cost in filling.costs()}

    assert stored(past) == []
    assert costs[Collection.USERS] == (DAYS, 0)
    assert costs[Collection.MESSAGES] == (MESSAGES_IN_ALL, 0)
    assert costs[Collection.ROOMS] == (DAYS + 2, DAYS + 2)
    assert {row["planSummary"] for row in queries} == {"RECORD_STORE_FAST_COUNT"}


def test_costs_leave_out_what_is_counted_already(past: Db) -> None:
    backfill(past, until=on(11, 0)).run()
    costs = {cost.collection: cost.keys for cost in backfill(past).costs()}

    assert costs[Collection.MESSAGES] == MESSAGES_IN_ALL - MESSAGES_UNTIL_THE_11TH
