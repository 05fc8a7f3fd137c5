"""What `rcstats check` finds."""

from datetime import timedelta
from typing import Any

from pymongo.database import Database

from collector.checks import Level, findings
from collector.connection import connect
from collector.demo.mongod import free_port
from collector.schedule import Slots
from collector.sources.rocketchat import Collection, RocketChat
from collector.store import Store
from tests.factories import NOW, hours, insert, setting, snapshot

Db = Database[dict[str, Any]]
HOURLY = Slots("0 * * * *", "UTC")  # NOW is half past twelve


def found(database: Db) -> dict[str, tuple[Level, str]]:
    return {f.name: (f.level, f.text) for f in findings(RocketChat(database), Store(database), HOURLY, NOW)}


def with_snapshot(database: Db, age: timedelta) -> None:
    insert(database, Collection.SETTINGS, setting("uniqueID", "workspace"))
    Store(database).prepare()
    Store(database).add(snapshot(at=NOW - age))


def test_all_is_well(database: Db) -> None:
    with_snapshot(database, hours(0.4))

    levels = {name: level for name, (level, _) in found(database).items()}
    assert levels == dict.fromkeys(("workspace", "rights", "store", "freshness"), Level.OK)


def test_a_database_that_is_not_rocketchats_is_doubted(database: Db) -> None:
    level, text = found(database)["workspace"]

    assert level is Level.WARNING
    assert database.name in text


def test_missing_indexes_and_snapshots_are_a_warning_before_the_first_run(database: Db) -> None:
    insert(database, Collection.SETTINGS, setting("uniqueID", "workspace"))

    assert found(database)["store"][0] is Level.WARNING
    assert found(database)["freshness"] == (Level.WARNING, "there is no snapshot yet")


def test_one_missed_slot_is_a_warning(database: Db) -> None:
    with_snapshot(database, hours(1))

    assert found(database)["freshness"][0] is Level.WARNING


def test_two_missed_slots_are_critical(database: Db) -> None:
    with_snapshot(database, hours(2))

    level, text = found(database)["freshness"]
    assert level is Level.CRITICAL
    assert text == "the newest snapshot is of 2024-03-15 10:30:00 UTC; one was due at 2024-03-15 12:00 UTC"


def test_a_workspace_that_can_not_be_reached_ends_the_check() -> None:
    with connect(f"mongodb://127.0.0.1:{free_port()}/?timeoutMS=200", "TEST") as client:
        assert found(client["rocketchat"]) == {
            "workspace": (Level.CRITICAL, "the workspace's MongoDB can't be reached")
        }
