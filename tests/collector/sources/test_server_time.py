"""The server's UTC offset: each kind of evidence, its order, and odd data among it."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Decimal128
from bson.datetime_ms import DatetimeMS
from pymongo.database import Database

from collector.demo.mongod import free_port
from collector.demo.sample import indexes
from collector.diagnostics.explain import Recorder, item
from collector.errors import UnreachableError
from collector.mongodb.connection import connect
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.sources.server_time import server_offset
from tests.factories import NOW, hours, insert, job, number

Db = Database[dict[str, Any]]


def offset(database: Db, now: datetime = NOW) -> float | None:
    """In hours."""
    found = server_offset(RocketChat(database), now)
    return found.offset / timedelta(hours=1) if found else None


def session(at: Any, day: datetime = NOW, **over: Any) -> dict[str, Any]:
    """A session that was created at a moment, on a day of the server's."""
    parts = {"year": day.year, "month": day.month, "day": day.day}
    return {"_id": number(), "type": "session", "createdAt": at, "loginAt": at} | parts | over


def cloned(midnight: datetime, day: datetime, **over: Any) -> dict[str, Any]:
    return session(midnight, day, loginAt=midnight - hours(3)) | over


def document(**texts: Any) -> dict[str, Any]:
    return {"_id": number(), "createdAt": NOW - hours(5)} | texts


def utc(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2024, month, day, hour, minute, tzinfo=UTC)


def test_nothing_is_known_of_an_empty_workspace(real_database: Db) -> None:
    assert offset(real_database) is None


@pytest.mark.parametrize(
    ("name", "at", "expected"),
    [
        ("aggregate-sessions", utc(16, 2), 0),
        ("aggregate-sessions", utc(16, 1), 1),
        ("aggregate-sessions", utc(15, 20, 30), 5.5),
        ("aggregate-sessions", utc(15, 20, 15), 5.75),
        ("aggregate-sessions", utc(16, 5, 30), -3.5),
        ("finish-sessions", utc(15, 23, 5), 2),
        ("finish-sessions", utc(15, 13, 5), 12),
        ("finish-sessions", utc(16, 10, 5), -9),
    ],
)
def test_the_next_run_of_a_nightly_job_gives_the_offset(
    real_database: Db, name: str, at: datetime, expected: float
) -> None:
    insert(real_database, Collection.CRON, job(name, at))

    assert offset(real_database) == expected


@pytest.mark.parametrize(("day", "expected"), [(15, -10), (16, 14)])
def test_near_the_date_line_the_days_of_sessions_decide(real_database: Db, day: int, expected: float) -> None:
    insert(real_database, Collection.CRON, job("aggregate-sessions", utc(16, 12)))
    assert offset(real_database) == -10
    insert(real_database, Collection.SESSIONS, session(utc(15, 11), utc(day, 0)))

    assert offset(real_database) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fri Mar 15 2024 10:00:00 GMT+0200 (Central European Summer Time)", 2),
        ("Fri Mar 15 2024 02:00:00 GMT-0330 (Newfoundland Daylight Time)", -3.5),
        ("Fri Mar 15 2024 02:00:00 GMT+0000", 0),
    ],
)
@pytest.mark.parametrize("name", ["lastLogin", "lastSeenSubscription"])
def test_a_date_that_the_server_wrote_as_text_has_its_offset(
    real_database: Db, name: str, text: str, expected: float
) -> None:
    insert(real_database, Collection.STATISTICS, document(lastLogin="") | {name: text})

    assert offset(real_database) == expected


@pytest.mark.parametrize(("midnight", "expected"), [(utc(14, 23), 1), (utc(14, 18, 30), 5.5), (utc(15, 4), -4)])
def test_a_session_that_was_continued_at_midnight_gives_the_offset(
    real_database: Db, midnight: datetime, expected: float
) -> None:
    insert(real_database, Collection.SESSIONS, cloned(midnight, utc(15, 0)))

    assert offset(real_database) == expected


def test_a_session_that_began_at_a_quarter_of_an_hour_is_not_one_of_midnight(real_database: Db) -> None:
    insert(real_database, Collection.SESSIONS, session(utc(15, 6), utc(15, 0)))

    assert offset(real_database) is None


def test_sessions_on_both_sides_of_midnight_give_the_offset(real_database: Db) -> None:
    insert(
        real_database,
        Collection.SESSIONS,
        session(utc(14, 22, 55), utc(14, 0)),
        session(utc(14, 23, 4), utc(15, 0)),
    )

    assert offset(real_database) == 1


def test_a_next_run_outweighs_all_other_evidence(real_database: Db) -> None:
    insert(real_database, Collection.CRON, job(at=utc(16, 0, 5)))
    insert(real_database, Collection.STATISTICS, document(lastLogin="Fri Mar 15 2024 10:00:00 GMT+0200"))

    assert offset(real_database) == 1


def test_the_jobs_of_a_server_that_is_off_count_no_more_than_newer_evidence(real_database: Db) -> None:
    insert(real_database, Collection.CRON, job(at=utc(16, 0, 5, month=2)))
    assert offset(real_database) == 1
    insert(real_database, Collection.STATISTICS, document(lastLogin="Fri Mar 15 2024 10:00:00 GMT+0200"))

    assert offset(real_database) == 2


def test_on_the_day_of_a_change_of_clocks_the_job_before_it_counts(real_database: Db) -> None:
    """02:00 is doubled in Berlin's night of the change, 01:05 is not."""
    insert(
        real_database,
        Collection.CRON,
        job("aggregate-sessions", utc(27, 1, month=10)),
        job("finish-sessions", utc(26, 23, 5, month=10)),
    )

    assert offset(real_database, utc(26, 22, month=10)) == 2


def test_an_offset_of_summer_is_refused_by_sessions_of_winter(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, document(lastLogin="Sat Sep 30 2023 10:00:00 GMT+0200"))
    assert offset(real_database) == 2
    insert(real_database, Collection.SESSIONS, session(utc(14, 22, 30), utc(14, 0)))  # half past eleven

    assert offset(real_database) is None


def test_a_session_of_the_last_moment_of_a_day_may_have_a_date_of_the_next(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, document(lastLogin="Fri Mar 15 2024 10:00:00 GMT+0200"))
    row = session(utc(14, 22) + timedelta(milliseconds=3), utc(14, 0))
    insert(real_database, Collection.SESSIONS, row)

    assert offset(real_database) == 2


def test_sessions_that_contradict_each_other_refuse_nothing(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, document(lastLogin="Fri Mar 15 2024 10:00:00 GMT+0200"))
    rows = [session(utc(15, 6), utc(day, 0)) for day in (1, 15, 28)]
    insert(real_database, Collection.SESSIONS, *rows)

    assert offset(real_database) == 2


JUNK: list[Any] = [
    None, True, -1, math.nan, math.inf, 2**62, "", "x" * 100_000, [], [NOW], [utc(16, 1)], {}, {"a": 1},
    Decimal128("NaN"), DatetimeMS(2**53), datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC),
    "Fri Mar 15 2024 10:00:00 GMT+9999", "Fri Mar 15 0001 10:00:00 GMT+1400", "Fri Mar 15 2024 10:00:00 GMT+0207",
    "Fri Mar 15 9999 10:00:00 GMT+0000", NOW,
]  # fmt: skip


def odd_rows() -> Iterator[tuple[Collection, dict[str, Any]]]:
    for junk in JUNK:
        for field in ("name", "repeatInterval", "repeatTimezone", "nextRunAt"):
            if not (field == "repeatTimezone" and junk is None):
                yield Collection.CRON, job() | {field: junk}
        yield Collection.STATISTICS, document(lastLogin=junk, lastSeenSubscription=junk)
        for field in ("createdAt", "loginAt", "year", "month", "day"):
            yield Collection.SESSIONS, session(utc(15, 6)) | {field: junk}
            yield Collection.SESSIONS, cloned(utc(15, 0), utc(15, 0)) | {"loginAt": NOW} | {field: junk}


def test_odd_data_alone_give_no_offset(real_database: Db) -> None:
    rows = list(odd_rows())
    for collection in (Collection.CRON, Collection.STATISTICS):
        insert(real_database, collection, *(row for of, row in rows if of is collection))

    assert offset(real_database) is None


def test_odd_data_do_not_hide_good_evidence(real_database: Db) -> None:
    for collection, row in odd_rows():
        insert(real_database, collection, row)
    insert(real_database, Collection.STATISTICS, document(createdAt=NOW, lastLogin="Fri Mar 15 2024 10:00:00 GMT+0530"))
    assert server_offset(RocketChat(real_database), NOW) is not None
    real_database[Collection.CRON].drop()
    insert(real_database, Collection.CRON, job(at=utc(16, 0, 5)), job() | {"nextRunAt": "soon"})

    assert offset(real_database) == 1


def test_the_evidence_and_its_moment_are_named(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, document(lastLogin="Fri Mar 15 2024 10:00:00 GMT+0200"))

    assert str(server_offset(RocketChat(real_database), NOW)) == (
        "lastLogin in its newest statistics document, 2024-03-15 08:00 UTC"
    )


def test_evidence_that_mongodb_does_not_give_costs_only_itself(real_database: Db) -> None:
    fails = [{"$set": {"name": {"$divide": [1, 0]}}}]
    real_database.create_collection(Collection.CRON, viewOn=Collection.STATISTICS, pipeline=fails)
    insert(real_database, Collection.STATISTICS, document(lastLogin="Fri Mar 15 2024 10:00:00 GMT+0200"))

    assert offset(real_database) == 2


def test_an_unreachable_workspace_is_an_error() -> None:
    with (
        connect(f"mongodb://127.0.0.1:{free_port()}/?timeoutMS=500", "TEST") as client,
        pytest.raises(UnreachableError),
    ):
        server_offset(RocketChat(client["rocketchat"]), NOW)


def test_all_queries_use_indexes_and_examine_few_documents(real_database: Db, mongod_url: str) -> None:
    for collection in (Collection.CRON, Collection.STATISTICS, Collection.SESSIONS):
        indexes.make_for(real_database, collection)
    many = (session(NOW - timedelta(minutes=n), NOW - timedelta(minutes=n)) for n in range(5_000))
    insert(real_database, Collection.SESSIONS, *many)
    insert(real_database, Collection.STATISTICS, *(document() for _ in range(100)))
    insert(real_database, Collection.CRON, job(at=NOW - hours(100)))
    recorder = Recorder()
    with connect(mongod_url, "TEST", recorder) as client:
        workspace = RocketChat(client[real_database.name])
        server_offset(workspace, NOW)
        items = [item(command, Sources(workspace)) for command in recorder.take()]

    assert len(items) == 4
    assert not any("COLLSCAN" in one.stages for one in items)
    assert sum(one.documents for one in items) <= 1_310
