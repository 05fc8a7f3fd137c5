"""A snapshot compared with the server's own statistics document."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import DatetimeMS, Decimal128, Timestamp
from pymongo.database import Database

from collector.diagnostics.parity import Comparison, Verdict, compare
from collector.sources.collections import Collection
from collector.statistics.reading import Statistic, Unit
from tests.factories import insert
from tests.processes import rcstats

Db = Database[dict[str, Any]]
NOW = datetime(2024, 3, 15, 12, 30, 0, 500_000, UTC)


def compared(ours: dict[str, Any], server: dict[str, Any], *statistics: Statistic, age: float = 1) -> list[Comparison]:
    """Compares both documents; the server's is `age` minutes older."""
    own = {"unavailable": {"gone": "there is none"}}
    theirs = {"_id": "x", "createdAt": NOW - timedelta(minutes=age), "statsToken": "secret"} | server
    return list(compare({"createdAt": NOW, "collector": own} | ours, theirs, statistics))


def verdict(ours: Any, server: Any, *, moves: bool = False, age: float = 1) -> Verdict:
    statistic = Statistic("key", "Made up.", Unit.NUMBER, moves=moves)
    (found,) = compared({"key": ours}, {"key": server}, statistic, age=age)
    return found.verdict


@pytest.mark.parametrize(
    ("ours", "server"),
    [
        (5, 5.0),
        ("a", "a"),
        (NOW, NOW),
        (NOW, "2024-03-15T12:30:00.500Z"),
        (NOW, "Fri Mar 15 2024 13:30:00 GMT+0100 (Central European Standard Time)"),
        ([{"a": 1}, {"b": 2}], [{"b": 2.0}, {"a": 1}]),
        ({"a": 1}, {"a": 1, "b": None}),
        (False, False),
    ],
)
def test_equivalent_values_are_equal(ours: Any, server: Any) -> None:
    assert verdict(ours, server) is Verdict.EQUAL


@pytest.mark.parametrize(
    ("ours", "server"), [(5, 6), ("a", "b"), (NOW, "never"), (NOW, ""), ([1], [1, 1]), ({"a": 1}, {"a": 2}), (True, 1)]
)
def test_other_values_differ(ours: Any, server: Any) -> None:
    assert verdict(ours, server) is Verdict.DIFFERS


def test_a_comparison_notes_the_difference() -> None:
    statistics = [Statistic(key, "Made up.", Unit.NUMBER) for key in ("number", "date")]
    ours = {"number": 1200, "date": NOW}
    server = {"number": 200, "date": "2024-03-15T12:29:00.500Z"}

    assert [found.note for found in compared(ours, server, *statistics)] == ["+1,000", "+60 s"]


@pytest.mark.parametrize(
    ("ours", "age", "expected"),
    [(105, 1, Verdict.CLOSE), (150, 1, Verdict.DIFFERS), (150, 60, Verdict.MOVED), (100, 60, Verdict.EQUAL)],
)
def test_a_time_dependent_value_must_be_close_to_that_of_a_fresh_document(
    ours: int, age: float, expected: Verdict
) -> None:
    assert verdict(ours, 100, moves=True, age=age) is expected


def test_statistics_of_one_side_have_verdicts_of_their_own() -> None:
    statistics = [Statistic(key, "Made up.", Unit.NUMBER) for key in ("gone", "here", "nested.known", "nowhere")]
    server = {"gone": 1, "nested": {"known": 1, "novel": 2}, "new": {"a": 3}}
    found = compared({"here": 1, "nested": {"known": 1}}, server, *statistics)

    assert [(one.key, one.verdict, one.note) for one in found] == [
        ("gone", Verdict.NOT_DERIVABLE, "there is none"),
        ("here", Verdict.OURS_ONLY, ""),
        ("nested.known", Verdict.EQUAL, ""),
        ("nested.novel", Verdict.UNKNOWN, ""),
        ("new", Verdict.UNKNOWN, ""),
    ]


def test_null_without_a_reason_differs_from_a_value_of_the_server() -> None:
    assert verdict(None, 7) is Verdict.DIFFERS


def test_the_collectors_own_fields_are_not_compared() -> None:
    assert compared({}, {}, Statistic("collector.messages.counted", "Made up.", Unit.NUMBER)) == []


@pytest.mark.parametrize("taken", [None, "2024-03-15", 5, Timestamp(1, 1), DatetimeMS(10**15), [NOW]])
def test_a_document_without_a_date_is_compared_as_an_old_one(taken: Any) -> None:
    statistic = Statistic("key", "Made up.", Unit.NUMBER, moves=True)
    (found,) = compared({"key": 5}, {"key": 900, "createdAt": taken}, statistic)

    assert found.verdict is Verdict.MOVED


def test_dates_at_either_end_of_the_calendar_can_be_compared() -> None:
    assert verdict(NOW, "Fri Dec 31 9999 23:59:59 GMT-1400 (Somewhere)") is Verdict.DIFFERS
    assert verdict(NOW, "9999-12-31T23:59:59-14:00") is Verdict.DIFFERS
    assert verdict(NOW, "0001-01-01T00:00:00+14:00") is Verdict.DIFFERS
    assert verdict(5, 5, age=2000 * 365 * 24 * 60) is Verdict.EQUAL


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), Decimal128("NaN"), [float("nan")]])
def test_nan_and_infinity_are_compared_like_any_value(odd: Any) -> None:
    assert verdict(odd, odd) is Verdict.EQUAL
    assert verdict(5, odd) is Verdict.DIFFERS


@pytest.mark.parametrize(
    ("newest", "date"),
    [
        ({"createdAt": "2999-01-01"}, "2024-03-15 12:30:00 UTC"),
        ({"createdAt": Timestamp(2**32 - 1, 1)}, "2024-03-15 12:30:00 UTC"),
        ({"createdAt": DatetimeMS(10**15)}, "2024-03-15 12:30:00 UTC"),
        ({"createdAt": [NOW + timedelta(days=1)]}, "2024-03-15 12:30:00 UTC"),
        ({"createdAt": {"at": NOW}, "[/key]": {"[b]": 1}}, "2024-03-15 12:30:00 UTC"),
    ],
)
def test_a_document_without_a_date_is_not_the_servers_newest(
    real_database: Db, mongod_url: str, newest: dict[str, Any], date: str
) -> None:
    old = {"_id": "old", "createdAt": NOW.replace(microsecond=0), "[/odd]": 1}
    insert(real_database, Collection.STATISTICS, old, {"_id": "newest"} | newest)
    url = mongod_url.replace("/?", f"/{real_database.name}?")
    ended = rcstats("parity", mongo_url=url, store_url=url)

    assert (ended.stderr, ended.returncode) == ("", 0)
    assert f"The server's document dates from {date} (" in ended.stdout
    assert "[/odd]" in ended.stdout


@pytest.mark.parametrize("createdat", [{}, {"createdAt": "2999-01-01"}, {"createdAt": None}])
def test_parity_uses_a_document_without_a_date_if_no_document_has_one(
    real_database: Db, mongod_url: str, createdat: dict[str, Any]
) -> None:
    insert(real_database, Collection.STATISTICS, {"_id": "odd", "novel": 1} | createdat)
    url = mongod_url.replace("/?", f"/{real_database.name}?")
    ended = rcstats("parity", mongo_url=url, store_url=url)

    assert (ended.stderr, ended.returncode) == ("", 0)
    assert "The server's document dates from an unknown time." in ended.stdout
    assert "novel" in ended.stdout
