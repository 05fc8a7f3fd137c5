"""Our numbers beside the server's own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collector.parity import Comparison, Verdict, compare
from collector.reading import Statistic, Unit

NOW = datetime(2024, 3, 15, 12, 30, 0, 500_000, UTC)


def compared(ours: dict[str, Any], server: dict[str, Any], *statistics: Statistic, age: float = 1) -> list[Comparison]:
    """Both documents side by side; the server's is so many minutes older."""
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
def test_what_says_the_same_is_equal(ours: Any, server: Any) -> None:
    assert verdict(ours, server) is Verdict.EQUAL


@pytest.mark.parametrize(
    ("ours", "server"), [(5, 6), ("a", "b"), (NOW, "never"), (NOW, ""), ([1], [1, 1]), ({"a": 1}, {"a": 2}), (True, 1)]
)
def test_what_does_not_differs(ours: Any, server: Any) -> None:
    assert verdict(ours, server) is Verdict.DIFFERS


def test_a_difference_tells_by_how_much() -> None:
    statistics = [Statistic(key, "Made up.", Unit.NUMBER) for key in ("number", "date")]
    ours = {"number": 1200, "date": NOW}
    server = {"number": 200, "date": "2024-03-15T12:29:00.500Z"}

    assert [found.note for found in compared(ours, server, *statistics)] == ["+1,000", "+60 s"]


@pytest.mark.parametrize(
    ("ours", "age", "expected"),
    [(105, 1, Verdict.CLOSE), (150, 1, Verdict.DIFFERS), (150, 60, Verdict.MOVED), (100, 60, Verdict.EQUAL)],
)
def test_what_moves_should_be_close_while_the_servers_document_is_fresh(
    ours: int, age: float, expected: Verdict
) -> None:
    assert verdict(ours, 100, moves=True, age=age) is expected


def test_what_one_side_lacks_is_told_apart() -> None:
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


def test_our_own_account_is_not_compared() -> None:
    assert compared({}, {}, Statistic("collector.messages.counted", "Made up.", Unit.NUMBER)) == []
