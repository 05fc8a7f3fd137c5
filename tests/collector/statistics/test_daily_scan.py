"""Readings whose index is missing: refused, or scanned once a day."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from collector.diagnostics.explain import Recorder
from collector.errors import DatabaseError
from collector.mongodb.connection import connect
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog
from collector.statistics.collector import Collector
from collector.statistics.reading import Reading
from collector.statistics.releases import NEWEST
from collector.statistics.reuse import Reuse
from collector.statistics.snapshot import Runner, SnapshotContext, lay_out
from collector.statistics.values import Noted
from tests.factories import NOW, hours, insert, message, reading, some_reading, with_id
from tests.fault_injection.replica_set import replica_set

Db = Database[dict[str, Any]]

MISSING = "the index {t: 1} of rocketchat_message is missing"
NAMES = ("totalEncryptedMessages", "on_hold", "totalThreads")
KEYS = ("totalEncryptedMessages", "chatsOnHold", "totalThreads")


class Workspace:
    """Messages without indexes, and the commands that a snapshot of them sends."""

    def __init__(self, database: Db, url: str) -> None:
        insert(database, Collection.MESSAGES, message(t="e2e"), message(t="e2e"), message(tcount=1))
        self._name, self._url = database.name, url
        self.hints: list[bool] = []

    def take(
        self, previous: dict[str, Any] | None = None, now: datetime = NOW, *, may_scan: bool = True, **over: Any
    ) -> dict[str, Any]:
        """A snapshot of three readings; `hints` says of each query whether it asked for an index."""
        recorder = Recorder()
        with connect(self._url, "TEST", recorder) as client:
            sources = Sources(RocketChat(client[self._name]), now=now, may_scan=may_scan)
            runner = Runner(sources, Reuse(previous), time.monotonic() + over.get("seconds", 60), lambda: False)
            readings = over.get("readings") or [reading(name) for name in NAMES]
            document = lay_out(map(runner.run, readings), SnapshotContext("w", "UTC", release=NEWEST), now, now)
            self.hints = ["hint" in command for command in recorder.take()]
        return document


@pytest.fixture
def workspace(real_database: Db, mongod_url: str) -> Workspace:
    return Workspace(real_database, mongod_url)


def values(document: dict[str, Any]) -> list[Any]:
    return [document.get(key) for key in KEYS]


def test_unless_it_is_allowed_nothing_is_scanned(workspace: Workspace) -> None:
    document = workspace.take(may_scan=False)

    assert values(document) == [None, None, None]
    assert workspace.hints == [True, True, True]
    assert document["collector"]["unavailable"] == {
        "totalEncryptedMessages": f"the reading totalEncryptedMessages failed: {MISSING}",
        "chatsOnHold": f"the reading on_hold failed: {MISSING}",
        "totalThreads": "the reading totalThreads failed: "
        "the index {tcount: 1, tlm: 1} of rocketchat_message is missing",
    }


def test_a_missing_index_is_replaced_by_a_scan_that_a_note_names(workspace: Workspace) -> None:
    document = workspace.take()

    assert values(document) == [2, 0, 1]
    assert sorted(workspace.hints) == [False] * 4 + [True] * 3  # totalThreads has two queries
    assert document["collector"]["notes"]["chatsOnHold"] == (
        f"scanned once a day on the primary, as no secondary is available: {MISSING}"
    )
    assert document["collector"]["readings"]["on_hold"]["carried"] is False


def test_the_other_snapshots_of_the_day_reuse_the_values(workspace: Workspace, real_database: Db) -> None:
    first = workspace.take(now=NOW - hours(12))
    insert(real_database, Collection.MESSAGES, message(t="e2e"))
    later = workspace.take(first, NOW)
    last = workspace.take(later, NOW + hours(11))

    assert [values(document) for document in (first, later, last)] == [[2, 0, 1]] * 3
    assert workspace.hints == [True, True, True]
    assert last["collector"]["readings"]["on_hold"]["carried"] is True
    notes = [{key: document["collector"]["notes"][key] for key in KEYS} for document in (first, last)]
    assert notes[0] == notes[1]


def test_the_next_day_is_scanned_again(workspace: Workspace, real_database: Db) -> None:
    first = workspace.take(now=NOW)
    insert(real_database, Collection.MESSAGES, message(t="e2e"))

    assert values(workspace.take(first, NOW + hours(12))) == [3, 0, 1]
    assert workspace.hints.count(False) == 4


def test_a_new_index_is_used_at_once(workspace: Workspace, real_database: Db) -> None:
    first = workspace.take()
    insert(real_database, Collection.MESSAGES, message(t="e2e"))
    real_database[Collection.MESSAGES].create_index("t", sparse=True)
    second = workspace.take(first)

    assert values(second) == [3, 0, 1]
    assert second["collector"]["readings"]["on_hold"].keys() == {"ok", "seconds"}
    assert second["collector"]["notes"].keys() & set(KEYS) == {"totalThreads"}


def test_a_scan_that_is_too_slow_is_not_repeated_on_the_same_day(workspace: Workspace) -> None:
    body = "function() { sleep(3000); return true; }"
    slow = {"$expr": {"$function": {"body": body, "args": [], "lang": "js"}}}
    counted: list[int] = []

    def read(sources: Sources) -> dict[str, Any]:
        counted.append(1)
        return {"slow": sources.workspace.count(Collection.MESSAGES, {"t": "e2e"} | slow)}

    def take(previous: dict[str, Any] | None, now: datetime = NOW) -> dict[str, Any]:
        return workspace.take(previous, now, readings=[some_reading(read, "slow")], seconds=1)

    first = take(None)
    second = take(first)

    reason = f"{MISSING}, and today's scan did not end in time"
    assert [one["collector"]["unavailable"]["slow"] for one in (first, second)] == [reason] * 2
    assert len(counted) == 3  # each snapshot asks for the index first
    take(second, NOW + timedelta(days=1))
    assert len(counted) == 5


@pytest.mark.parametrize("one", catalog.READINGS, ids=lambda one: f"{one.name} {one.statistics[0].releases}".strip())
def test_a_reading_declares_the_index_of_the_messages_that_it_needs(
    one: Reading, real_database: Db, mongod_url: str
) -> None:
    recorder = Recorder()
    with connect(mongod_url, "TEST", recorder) as client:
        one.read(Sources(RocketChat(client[real_database.name]), now=NOW))
        sent = recorder.take()

    hinted = {next(iter(command["hint"])) for command in sent if command.get("aggregate") == Collection.MESSAGES}
    assert hinted == ({one.message_index} if one.message_index else set())


def store_is_away(_: str) -> dict[str, Any]:
    raise DatabaseError("the store's MongoDB did not answer in time")


@pytest.mark.parametrize(("newest", "key"), [(store_is_away, "unavailable"), (lambda _: None, "notes")])
def test_while_the_store_is_away_nothing_is_scanned_as_it_could_be_the_second_time(
    newest: Callable[[str], dict[str, Any] | None], key: str, real_database: Db
) -> None:
    insert(real_database, Collection.MESSAGES, message(t="e2e"))
    sources = Sources(RocketChat(with_id(real_database)), may_scan=True)
    document = Collector(sources, "UTC", newest, [reading("on_hold")]).collect()

    assert "chatsOnHold" in document["collector"][key]


class Addresses(CommandListener):
    """The ports of the servers that got an aggregation, and whether it asked for an index."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, bool]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "aggregate":
            self.seen.append((event.connection_id[1] or 0, "hint" in event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


@pytest.mark.slow
def test_a_replica_set_is_scanned_on_a_secondary_even_if_other_readings_go_to_the_primary(tmp_path: Path) -> None:
    heard = Addresses()
    with replica_set(tmp_path, 2) as servers:
        primary = int(servers.primary().address.partition(":")[2])
        with connect(servers.url(readPreference="primary"), "TEST", heard) as client:
            insert(client["chat"], Collection.MESSAGES, message(t="e2e"))
            servers.whole()
            sources = Sources(RocketChat(client["chat"]), now=NOW, may_scan=True)
            outcome = Runner(sources, Reuse(), time.monotonic() + 60, lambda: False).run(reading("on_hold"))

    assert outcome.values == {"chatsOnHold": Noted(0, f"scanned once a day on a secondary: {MISSING}")}
    assert [(port == primary, has_hint) for port, has_hint in heard.seen] == [(True, True), (False, False)]
