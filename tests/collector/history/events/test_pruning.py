"""Where retention has removed snapshots."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from collector.history.events.pruning import pruned
from collector.store.retention import Retention
from tests.factories import NOW, hours

DAILY = [NOW - timedelta(days=age) for age in range(40, 10, -1)]
HOURLY = [(NOW - timedelta(days=10)).replace(hour=0) + hours(n) for n in range(24 * 10)]


def told(moments: list[datetime], every: int | None, daily: int | None, *, has_older: bool = False) -> list[str]:
    retention = Retention(every, daily, ZoneInfo("UTC"))
    return [f"{event.at:%m-%d} {event.text}" for event in pruned(moments, retention, NOW, has_older=has_older)]


def test_it_tells_from_where_on_all_snapshots_are_kept_and_what_was_removed() -> None:
    assert told([*DAILY, *HOURLY], 10, 40) == [
        "02-04 older snapshots were removed",
        "03-05 from here on, all snapshots are kept; before, the last one of each day",
    ]


def test_without_retention_it_tells_nothing() -> None:
    assert told([*DAILY, *HOURLY], None, None) == []


def test_a_younger_history_has_lost_nothing() -> None:
    assert told(HOURLY, 10, 40) == []
    assert told(HOURLY, 5, None) == []


def test_older_snapshots_before_the_period_are_still_there() -> None:
    assert told(DAILY, None, 40, has_older=True) == []


def test_one_snapshot_a_day_loses_nothing() -> None:
    every_day = [datetime(2024, 3, day, tzinfo=UTC) for day in range(1, 16)]

    assert told(every_day, 5, None) == []
