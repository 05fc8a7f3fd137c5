"""The limits of made-up snapshots follow their figures."""

from datetime import UTC, datetime, timedelta

from collector.demo.snapshots.limits import earlier

NOW = datetime(2026, 7, 15, tzinfo=UTC)
SNAPSHOT = {"activeUsers": 40, "collector": {"connections": {"now": 120}}}


def test_what_was_used_is_what_the_snapshot_counts() -> None:
    today = [
        {"name": "connections", "used": 180, "allowed": 200, "left": 20},
        {"name": "seats", "used": 48, "allowed": 50, "left": 2},
    ]
    then = earlier(today, NOW, SNAPSHOT)

    assert [(limit["used"], limit["left"]) for limit in then] == [(120, 80), (40, 10)]


def test_a_date_was_further_away() -> None:
    (then,) = earlier([{"name": "licence", "date": NOW + timedelta(days=30), "left": 10}], NOW, SNAPSHOT)
    assert then["left"] == 30


def test_what_no_snapshot_counts_stays() -> None:
    limits = [{"name": "contacts", "used": 3, "allowed": 5, "left": 2}, {"name": "mongodbSupport", "left": 0}]
    assert earlier(limits, NOW, SNAPSHOT) == limits
