"""Compares the cost of a snapshot with that of a change stream over the writes since the last one.

Run `python -m tests.benchmarks.changes`. Of the writes, a tenth are new messages, a tenth counters of their rooms, a
tenth the presence of users, and the rest subscriptions, as each message updates those of the members of its room.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Annotated, Any

import typer
from pymongo import InsertOne, UpdateOne
from rich.console import Console
from rich.table import Table

from collector.demo.sample.randomness import Chance
from collector.key_paths import Document
from collector.mongodb.connection import connect
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog, snapshot
from collector.statistics.reuse import NO_INTERVAL, Reuse
from tests.benchmarks import server
from tests.benchmarks.query_model import Db
from tests.benchmarks.runner import OPTIONS
from tests.benchmarks.sizes import SIZES
from tests.benchmarks.workspace import DATABASE, workspace_of

ROUNDS = 5
WRITES = (1, 100, 10_000, 100_000)
MIX = {Collection.MESSAGES: 1, Collection.ROOMS: 1, Collection.USERS: 1, Collection.SUBSCRIPTIONS: 7}
READ = [Collection.ROOMS, Collection.USERS, Collection.UPLOADS]  # what the longest readings depend on
TITLES = ("server", "snapshot", "with RCSTATS_SCAN_INTERVAL", "change stream alone")

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def main(
    *,
    size: Annotated[str, typer.Option(help=f"One of {', '.join(SIZES)}.")] = "medium",
    rounds: int = ROUNDS,
) -> None:
    """Fills a workspace, and measures snapshots after few and after many writes."""
    console = Console()
    table = Table("writes", *TITLES, title=f"{size}: seconds, median of {rounds}")
    with (
        workspace_of(*SIZES[size], console) as url,
        connect(f"{url}&appName=rcstats&{OPTIONS}", "BENCHMARK") as client,
    ):
        client.admin.command({"replSetResizeOplog": 1, "size": 4000.0})
        race = Race(client[DATABASE])
        race.take(NO_INTERVAL)
        for writes in WRITES:
            measured = [race.round(writes) for _ in range(rounds)]
            table.add_row(f"{writes:,}", *(f"{median(seconds):.3f}" for seconds in zip(*measured, strict=True)))
    console.print(table)


class Race:
    """All ways over one workspace, each after the same writes."""

    def __init__(self, database: Db) -> None:
        self.database = database
        self.chance = Chance(1)
        self.ids = {of: _some_ids(database, of) for of in MIX}
        self.sources = Sources(RocketChat(database))
        self.about = snapshot.SnapshotContext(self.sources.workspace.identity(), "UTC")
        self.last: Document | None = None

    def take(self, interval: timedelta) -> None:
        self.last = snapshot.take(catalog.READINGS, self.sources, self.about, reuse=Reuse(self.last, interval))

    def round(self, writes: int) -> Iterable[float]:
        """The seconds of each way, in the order of TITLES."""
        self.take(timedelta(hours=1))
        token = _token(self.database)
        self.write(writes)
        ways: tuple[Callable[[], object], ...] = (
            lambda: server.compute(self.database, datetime.now(UTC)),
            lambda: self.take(NO_INTERVAL),
            lambda: self.take(timedelta(hours=1)),
            lambda: _read(self.database, token),
        )
        return [_seconds(way) for way in ways]

    def write(self, writes: int) -> None:
        of_all = sum(MIX.values())
        for of, share in MIX.items():
            if many := writes * share // of_all or (writes if of is Collection.ROOMS else 0):
                self.database[of].bulk_write([self._write(of) for _ in range(many)])

    def _write(self, of: Collection) -> InsertOne[Document] | UpdateOne:
        now, where = datetime.now(UTC), {"_id": self.chance.one(self.ids[of])}
        if of is Collection.MESSAGES:
            rid, user = self.chance.one(self.ids[Collection.ROOMS]), self.chance.one(self.ids[Collection.USERS])
            text = {"msg": "Good morning!", "ts": now, "_updatedAt": now, "u": {"_id": user, "username": user}}
            return InsertOne({"_id": self.chance.id(), "rid": rid} | text)
        if of is Collection.ROOMS:
            return UpdateOne(where, {"$inc": {"msgs": 1}, "$set": {"lm": now, "_updatedAt": now}})
        if of is Collection.USERS:
            status = self.chance.one(("online", "away", "busy", "offline"))
            return UpdateOne(where, {"$set": {"status": status, "statusConnection": status, "_updatedAt": now}})
        return UpdateOne(where, {"$inc": {"unread": 1}, "$set": {"alert": True, "_updatedAt": now}})


def _some_ids(database: Db, of: Collection) -> list[Any]:
    return [row["_id"] for row in database[of].find({}, {"_id": 1}).limit(5_000)]


def _token(database: Db) -> Mapping[str, Any] | None:
    with database.watch(max_await_time_ms=1) as stream:
        stream.try_next()
        return stream.resume_token


def _read(database: Db, token: Mapping[str, Any] | None) -> int:
    """The number of changes of the collections of interest since the token; MongoDB reads all writes for them."""
    kinds: list[Document] = [
        {"$match": {"ns.coll": {"$in": READ}}},
        {"$project": {"documentKey": 1, "ns": 1, "operationType": 1}},
    ]
    with database.watch(kinds, resume_after=token, batch_size=10_000, max_await_time_ms=1) as stream:
        return sum(1 for _ in _all(stream.try_next))


def _all(try_next: Callable[[], Document | None]) -> Iterator[Document]:
    while (change := try_next()) is not None:
        yield change


def _seconds(way: Callable[[], object]) -> float:
    begun = perf_counter()
    way()
    return perf_counter() - begun


if __name__ == "__main__":
    app()
