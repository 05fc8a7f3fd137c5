"""The findings of `rcstats check`."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Timestamp
from pymongo.database import Database

from collector.demo.mongod import free_port
from collector.diagnostics.checks.every import Given, findings
from collector.diagnostics.checks.finding import Finding, Level, verdict
from collector.diagnostics.checks.mongodb import mongodb
from collector.diagnostics.checks.performance import performance
from collector.diagnostics.checks.store import Ages
from collector.diagnostics.privileges import Access, Login, reader, writer
from collector.mongodb.connection import connect
from collector.scheduling.slots import Slots
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store
from tests.factories import NOW, hours, insert, instance, job, message, snapshot, with_id

Db = Database[dict[str, Any]]
HOURLY = Slots("0 * * * *", "UTC")  # NOW is half past twelve
CHECKS = (
    "workspace",
    "privileges",
    "deployment",
    "mongodb",
    "timezone",
    "indexes",
    "store",
    "sites",
    "limits",
    "freshness",
)


def having(workspace: Login, store: Login) -> Access:
    return Access(workspace, store, "rocketchat", "rcstats")


LEAST = having(Login(reader("rocketchat").privileges), Login(writer("rcstats").privileges))


def found(database: Db, access: Access = LEAST, **given: Any) -> dict[str, tuple[Level, str]]:
    store = Store(database, clock=lambda: NOW)
    found = findings(Sources(RocketChat(database)), store, lambda: access, HOURLY, NOW, Given(**given))
    return {finding.name: (finding.level, finding.text) for finding in found}


def with_uniqueid(database: Db) -> None:
    insert(with_id(database), Collection.CRON, job())
    insert(database, Collection.INSTANCES, instance(_updatedAt=datetime.now(UTC)))


def with_snapshot(database: Db, age: timedelta) -> None:
    with_uniqueid(database)
    Store(database).prepare()
    Store(database).add(snapshot(at=NOW - age))


def test_every_check_of_a_healthy_setup_is_ok(real_database: Db) -> None:
    with_snapshot(real_database, hours(0.4))

    levels = {name: level for name, (level, _) in found(real_database).items()}
    assert levels == dict.fromkeys(CHECKS, Level.OK)


def test_a_database_that_is_not_a_workspace_is_critical(real_database: Db) -> None:
    ((name, (level, text)),) = found(real_database).items()

    assert (name, level) == ("workspace", Level.CRITICAL)
    assert text.startswith(f"the database is not a Rocket.Chat workspace: {real_database.name} on 127.0.0.1:")


def test_missing_indexes_and_snapshots_are_a_warning_before_the_first_run(real_database: Db) -> None:
    with_id(real_database)

    assert found(real_database)["store"][0] is Level.WARNING
    assert found(real_database)["freshness"] == (Level.WARNING, "no snapshot has been stored yet")


def test_one_missed_slot_is_a_warning(real_database: Db) -> None:
    with_snapshot(real_database, hours(1))

    assert found(real_database)["freshness"][0] is Level.WARNING


def test_two_missed_slots_are_critical(real_database: Db) -> None:
    with_snapshot(real_database, hours(2))

    level, text = found(real_database)["freshness"]
    assert level is Level.CRITICAL
    assert text == "the newest snapshot was taken at 2024-03-15 10:30 UTC; one was due at 2024-03-15 12:00 UTC"


@pytest.mark.parametrize(
    ("ages", "level"),
    [
        (Ages(warning=hours(3)), Level.CRITICAL),
        (Ages(warning=hours(3), critical=hours(4)), Level.OK),
        (Ages(warning=hours(1), critical=hours(4)), Level.WARNING),
        (Ages(warning=hours(1), critical=hours(1.5)), Level.CRITICAL),
    ],
    ids=str,
)
def test_given_ages_decide_on_freshness_in_place_of_the_schedule(real_database: Db, ages: Ages, level: Level) -> None:
    with_snapshot(real_database, hours(2))

    assert found(real_database, ages=ages)["freshness"][0] is level


def test_dates_are_those_of_the_time_zone_that_is_set(real_database: Db) -> None:
    with_snapshot(real_database, hours(0.4))

    assert found(real_database, timezone="Asia/Kolkata")["freshness"][1].endswith("was taken at 2024-03-15 17:36 IST")


@pytest.mark.parametrize(
    ("own", "text"),
    [
        ({"seconds": 1.5, "readings": {"a": {"ok": True}, "b": {"ok": False}}}, "seconds=1.5s;;;0 failed=1;;;0"),
        ({"seconds": "long", "readings": {"a": 1, "b": None}}, "failed=2;;;0"),
        ({"seconds": True, "readings": []}, ""),
    ],
    ids=["of ours", "odd values", "others"],
)
def test_the_performance_data_are_those_of_the_newest_snapshot(own: dict[str, Any], text: str) -> None:
    figures = performance({"createdAt": NOW - hours(2), "collector": own}, Ages(hours(1), hours(3)), NOW)

    assert " ".join(map(str, figures)) == f"age=7200s;3600;10800;0 {text}".rstrip()


def test_without_a_snapshot_there_are_no_performance_data() -> None:
    assert list(performance(None, Ages(), NOW)) == []


def test_an_unreachable_workspace_ends_the_check() -> None:
    address = f"127.0.0.1:{free_port()}"
    with connect(f"mongodb://{address}/?timeoutMS=500", "TEST") as client:
        assert found(client["rocketchat"]) == {
            "workspace": (Level.CRITICAL, f"the workspace's MongoDB can't be reached: connection refused ({address})")
        }


def test_an_index_with_other_keys_is_a_warning_that_names_the_remedy(real_database: Db) -> None:
    real_database["statistics"].create_index("createdAt", name="one_per_slot")
    with_uniqueid(real_database)

    level, text = found(real_database)["store"]
    assert level is Level.WARNING
    assert text.startswith("reachable; the index one_per_slot of ")
    assert '.dropIndex("one_per_slot")' in text


def test_duplicates_that_prevent_the_unique_index_are_a_warning_before_the_daemon_starts(real_database: Db) -> None:
    real_database["statistics"].insert_many([snapshot(slot=NOW) for _ in range(2)])
    with_uniqueid(real_database)

    level, text = found(real_database)["store"]
    assert level is Level.WARNING
    assert "the index one_per_slot of " in text
    assert "cannot be built, as more than one document has collector.workspace workspace, collector.slot" in text


def test_a_snapshot_dated_in_the_future_is_a_warning_and_does_not_hide_a_missed_slot(real_database: Db) -> None:
    with_snapshot(real_database, hours(-24 * 400))
    later = "1 have a date in the future, up to 2025-04-19 12:30 UTC: a host's clock was ahead"
    assert found(real_database)["freshness"] == (Level.WARNING, f"no snapshot has been stored yet; {later}")
    Store(real_database).add(snapshot(at=NOW - hours(2)))
    assert found(real_database)["freshness"][0] is Level.CRITICAL


@pytest.mark.parametrize(
    "odd", [{"createdAt": Timestamp(4_000_000_000, 1)}, {"collector": [{"workspace": "workspace"}]}], ids=str
)
def test_a_foreign_document_in_the_store_is_ignored(real_database: Db, odd: dict[str, Any]) -> None:
    with_snapshot(real_database, hours(0.4))
    real_database["statistics"].insert_one(snapshot(at=NOW) | odd)

    assert found(real_database)["freshness"][0] is Level.OK


def test_an_unforeseen_error_is_a_finding(real_database: Db) -> None:
    def fail() -> Access:
        raise KeyError("secret")

    made = findings(Sources(RocketChat(with_id(real_database))), Store(real_database), fail, HOURLY, NOW)

    *_, last = made
    assert (last.name, last.level) == ("privileges", Level.CRITICAL)
    assert re.fullmatch(r"KeyError at collector/diagnostics/checks/every.py:\d+", last.text)


REMEDY = "set it to the zone of the server, or unset it"
OF_THE_JOB = "(the next run of its job finish-sessions, 2024-03-16 01:05 UTC)"


@pytest.mark.parametrize(
    ("given", "level", "text"),
    [
        (
            {"timezone": "Europe/London"},
            Level.OK,
            f"the server's is UTC {OF_THE_JOB}; this host's, Europe/London, agrees",
        ),
        (
            {"timezone": "Europe/Berlin"},
            Level.OK,
            f"the server's is UTC {OF_THE_JOB}; this host's, Europe/Berlin, only counts for the schedule and series",
        ),
        (
            {"timezone": "Etc/UTC", "timezone_is_set": True},
            Level.OK,
            f"RCSTATS_TIMEZONE is Etc/UTC, as the server's: UTC {OF_THE_JOB}",
        ),
        (
            {"timezone": "Europe/Berlin", "timezone_is_set": True},
            Level.WARNING,
            f"RCSTATS_TIMEZONE is Europe/Berlin, but the server's is UTC {OF_THE_JOB}: {REMEDY}",
        ),
    ],
    ids=["agreeing host", "other host", "agreeing setting", "other setting"],
)
def test_a_setting_that_differs_from_the_servers_time_zone_is_a_warning(
    real_database: Db, given: dict[str, Any], level: Level, text: str
) -> None:
    with_uniqueid(real_database)

    assert found(real_database, **given)["timezone"] == (level, text)


def test_an_unknown_time_zone_of_the_server_is_a_warning_unless_one_is_set(real_database: Db) -> None:
    assert found(with_id(real_database))["timezone"] == (
        Level.WARNING,
        "that of the server is unknown, days are those of this host, UTC; set RCSTATS_TIMEZONE to that of the server",
    )
    assert found(real_database, timezone="Europe/Berlin", timezone_is_set=True)["timezone"] == (
        Level.OK,
        "RCSTATS_TIMEZONE is Europe/Berlin; that of the server is unknown",
    )


def test_missing_indexes_of_the_messages_are_a_warning_that_names_the_statistics(real_database: Db) -> None:
    insert(with_id(real_database), Collection.MESSAGES, message())
    for index in ("ts", "pinned", "t"):
        real_database[Collection.MESSAGES].create_index(index)
    lacking = (
        'rocketchat_message lacks {"starred._id": 1} (totalRoomsWithStarred, totalStarred), '
        "{tcount: 1, tlm: 1} (totalThreads): these statistics"
    )

    assert found(real_database)["indexes"] == (
        Level.WARNING,
        f"{lacking} are absent; RCSTATS_DAILY_SCAN allows a scan once a day",
    )
    assert found(real_database, daily_scan=True)["indexes"] == (
        Level.OK,
        f"{lacking} come from a scan once a day",
    )


ROLES = "(rcstats check --roles prints the roles it needs)"
EVERYTHING = [{"resource": {"anyResource": True}, "actions": ["anyAction", "find", "insert"]}]


@pytest.mark.parametrize(
    ("access", "text"),
    [
        (having(Login(is_needed=False), Login(is_needed=False)), "MongoDB has access control disabled"),
        (having(Login(is_needed=False), LEAST.store), "the workspace's MongoDB has access control disabled"),
        (having(LEAST.workspace, Login(is_needed=False)), "the store's MongoDB has access control disabled"),
        (
            having(Login(EVERYTHING), LEAST.store),
            f"the login could change the workspace by anyAction, insert {ROLES}",
        ),
    ],
)
def test_excessive_privileges_are_a_warning(real_database: Db, access: Access, text: str) -> None:
    assert found(with_id(real_database), access)["privileges"] == (Level.WARNING, text)


def test_privileges_on_other_databases_do_not_matter(real_database: Db) -> None:
    one = Login([*LEAST.workspace.privileges, *LEAST.store.privileges])

    assert found(with_id(real_database), having(one, one))["privileges"][0] is Level.OK


def test_missing_privileges_on_the_store_are_critical(real_database: Db) -> None:
    reads = {"resource": {"db": "rcstats", "collection": ""}, "actions": ["find", "insert", "remove", "listIndexes"]}

    level, text = found(with_id(real_database), having(LEAST.workspace, Login([reads])))["privileges"]
    assert level is Level.CRITICAL
    assert text.startswith(
        "the login lacks the privilege to update, createIndex in rcstats.statistics; and to update, createIndex in "
    )
    assert f"rcstats.leases {ROLES}" in text


def test_a_missing_privilege_on_the_cache_is_a_warning(real_database: Db) -> None:
    rows = [row for row in LEAST.store.privileges if row["resource"]["collection"] != "session_days"]

    assert found(with_id(real_database), having(LEAST.workspace, Login(rows)))["privileges"] == (
        Level.WARNING,
        (
            "the login lacks the privilege to find, insert, update, remove in rcstats.session_days:"
            f" without it, a month of sessions is read every day {ROLES}"
        ),
    )


def test_a_missing_privilege_on_notes_is_a_warning(real_database: Db) -> None:
    rows = [row for row in LEAST.store.privileges if row["resource"]["collection"] != "notes"]

    assert found(with_id(real_database), having(LEAST.workspace, Login(rows)))["privileges"] == (
        Level.WARNING,
        (
            "the login lacks the privilege to find, insert, remove in rcstats.notes: without it, there are no notes"
            f" {ROLES}"
        ),
    )


def test_writing_a_store_within_the_workspaces_database_is_allowed() -> None:
    own = Login([*reader("chat").privileges, *writer("chat").privileges])
    all_of_it = Login([{"resource": {"db": "chat", "collection": ""}, "actions": ["find", "insert"]}])

    assert Access(own, own, "chat", "chat").beyond() == []
    assert Access(all_of_it, all_of_it, "chat", "chat").beyond() == ["insert"]


FINE = Finding("store", Level.OK, "reachable")
LATE = Finding("freshness", Level.WARNING, "no snapshot has been stored yet")
WRONG = Finding("privileges", Level.CRITICAL, "the login may not read")


@pytest.mark.parametrize(
    ("found", "line"),
    [
        ([FINE, Finding("freshness", Level.OK, "the newest is of today")], "RCSTATS OK - the newest is of today"),
        ([FINE, LATE], "RCSTATS WARNING - 1 of 2 checks: freshness: no snapshot has been stored yet"),
        (
            [LATE, FINE, WRONG],
            "RCSTATS CRITICAL - 2 of 3 checks: freshness: no snapshot has been stored yet; privileges: " + WRONG.text,
        ),
    ],
    ids=["ok", "warning", "critical"],
)
def test_the_verdict_is_the_highest_level_and_its_problems(found: list[Finding], line: str) -> None:
    assert verdict(found) == line


def test_a_finding_is_one_line_without_the_separator_of_performance_data(real_database: Db) -> None:
    with_id(real_database, "a|b\nc")

    assert found(real_database)["workspace"] == (Level.OK, "a/b c runs Rocket.Chat of an unknown release")


@pytest.mark.parametrize(
    ("release", "level", "clause"),
    [
        ("6.13.1", Level.OK, "which Rocket.Chat 6.13.1 supports"),
        ("8.6.1", Level.WARNING, "which Rocket.Chat 8.6.1 does not support: it supports 7.0, 8.0, 8.2"),
        (None, Level.OK, "it is not known whether this Rocket.Chat supports it"),
    ],
)
def test_a_release_of_mongodb_that_this_rocket_chat_does_not_support_is_a_warning(
    real_database: Db, release: str | None, level: Level, clause: str
) -> None:
    insert(with_id(real_database), Collection.STATISTICS, {"createdAt": NOW, "version": release})

    version = real_database.client.server_info()["version"]
    assert found(real_database)["mongodb"] == (level, f"release {version}, {clause}; the primary is read")


def test_a_direct_connection_is_named(real_database: Db) -> None:
    host, port = real_database.client.address or ("", 0)
    with connect(f"mongodb://{host}:{port}/?directConnection=true", "TEST") as client:
        level, text = mongodb(RocketChat(client[with_id(real_database).name]))

    assert level is Level.OK
    assert text.endswith("; the primary is read (directConnection)")
