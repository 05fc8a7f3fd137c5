"""Values of the last snapshot that are reused: expensive ones within an interval, unchanged ones until a recount."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import mongomock
import pytest

from collector.sources import Sources
from collector.sources.rocketchat import RocketChat
from collector.statistics.reading import Cost, Reading, Statistic, Unit
from collector.statistics.reuse import NO_INTERVAL, Reuse, is_due
from collector.statistics.snapshot import Runner, SnapshotContext, lay_out, take
from collector.statistics.values import Absent, Noted
from tests.factories import NOW, hours, some_reading

Document = dict[str, Any]
ABOUT = SnapshotContext("w", "UTC")
HOUR = timedelta(hours=1)


def counting(name: str = "counted", **over: Any) -> Reading:
    """A reading whose value is the number of times that it was read."""
    numbers = count(1)
    return some_reading(lambda _: {name: next(numbers)}, name, name=name, **over)


def scanning() -> Reading:
    return counting(cost=Cost.SCAN, reason="No index.")


def snapshot_at(moment: datetime, reading: Reading, reuse: Reuse, zone: str = "UTC") -> Document:
    """A snapshot of one reading."""
    there = Sources(RocketChat(mongomock.MongoClient()["test"]), now=moment, timezone=ZoneInfo(zone))
    outcome = Runner(there, reuse, float("inf"), lambda: False).run(reading)
    return lay_out([outcome], ABOUT, moment, moment)


def series(
    reading: Reading, interval: timedelta, *moments: datetime, zone: str = "UTC"
) -> Iterator[tuple[int, bool | None]]:
    """The values of one snapshot after the other, and whether each was reused."""
    previous: Document | None = None
    for moment in moments:
        previous = snapshot_at(moment, reading, Reuse(previous, interval), zone)
        record = previous["collector"]["readings"][reading.name]
        yield previous[reading.name], record.get("carried")


def test_an_expensive_reading_is_not_repeated_within_the_interval() -> None:
    moments = [NOW + timedelta(minutes=minutes) for minutes in (0, 1, 59, 60, 61)]

    assert list(series(scanning(), HOUR, *moments)) == [(1, False), (1, True), (1, True), (2, False), (2, True)]


def test_the_record_says_when_the_value_was_read() -> None:
    reading = scanning()
    first = snapshot_at(NOW, reading, Reuse(None, HOUR))
    second = snapshot_at(NOW + timedelta(minutes=5), reading, Reuse(first, HOUR))

    records = [one["collector"]["readings"]["counted"] for one in (first, second)]
    assert [(record["readAt"], record["carried"]) for record in records] == [(NOW, False), (NOW, True)]


def test_without_an_interval_each_snapshot_reads_anew_and_its_record_says_no_more() -> None:
    reading = scanning()
    first = snapshot_at(NOW, reading, Reuse(None))
    second = snapshot_at(NOW, reading, Reuse(first))

    assert (first["counted"], second["counted"]) == (1, 2)
    assert second["collector"]["readings"]["counted"].keys() == {"ok", "seconds"}


@pytest.mark.parametrize(
    ("cost", "is_reused"), [(Cost.INDEX_SCAN, True), (Cost.INDEXED, False), (Cost.METADATA, False)]
)
def test_only_what_grows_with_the_workspace_is_expensive(cost: Cost, *, is_reused: bool) -> None:
    found = list(series(counting(cost=cost), HOUR, NOW, NOW + timedelta(minutes=1)))

    assert found[1] == ((1, True) if is_reused else (2, None))


def test_values_that_move_by_the_minute_are_read_each_time() -> None:
    online = Statistic("online", "Made up.", Unit.NUMBER, moves=True)
    numbers = count(1)
    reading = Reading("online", (online,), "nowhere", Cost.INDEX_SCAN, lambda _: {"online": next(numbers)})

    assert [value for value, _ in series(reading, HOUR, NOW, NOW)] == [1, 2]


def test_a_new_day_is_read_at_once_as_some_statistics_are_of_a_day_or_a_month() -> None:
    late = NOW.replace(hour=22, minute=50)  # ten minutes to midnight in Berlin

    assert list(series(scanning(), HOUR, late, late + timedelta(minutes=20), zone="Europe/Berlin"))[1] == (2, False)
    assert list(series(scanning(), HOUR, late, late + timedelta(minutes=20)))[1] == (1, True)


def test_a_clock_that_was_put_back_ends_the_reuse() -> None:
    assert list(series(scanning(), HOUR, NOW, NOW - timedelta(minutes=1)))[1] == (2, False)


@pytest.mark.parametrize("read_at", [None, "2024-03-15", 5, [NOW]])
def test_a_record_with_an_odd_date_is_not_reused(read_at: Any) -> None:
    reading = scanning()
    first = snapshot_at(NOW, reading, Reuse(None, HOUR))
    first["collector"]["readings"]["counted"]["readAt"] = read_at

    assert snapshot_at(NOW, reading, Reuse(first, HOUR))["counted"] == 2


def test_a_failed_reading_is_repeated_at_once() -> None:
    reading = scanning()
    first = snapshot_at(NOW, reading, Reuse(None, HOUR))
    first["collector"]["readings"]["counted"]["ok"] = False

    assert snapshot_at(NOW, reading, Reuse(first, HOUR))["counted"] == 2


def test_values_of_another_release_of_rcstats_are_not_reused() -> None:
    reading = scanning()
    first = snapshot_at(NOW, reading, Reuse(None, HOUR))
    first["collector"]["version"] = "0.0.1"

    assert snapshot_at(NOW, reading, Reuse(first, HOUR))["counted"] == 2


def unchanged(**values: Any) -> Reading:
    """A reading whose inputs never change."""
    return some_reading(lambda _: values, *values, name="unchanged", unchanged_while=lambda _: {"day": 1})


def taken(reading: Reading, previous: Document | None, **more: Any) -> Document:
    nowhere = Sources(RocketChat(mongomock.MongoClient()["test"]))
    return take([reading], nowhere, ABOUT, reuse=Reuse(previous, **more))


def test_a_recount_computes_unchanged_values_and_finds_them_equal() -> None:
    values = {"a": 1, "gone": Absent("there is none"), "noted": Noted([1], "only one")}
    first = taken(unchanged(**values), None)
    second = taken(unchanged(**values), first, recount=True)

    own = second["collector"]
    assert own["recount"] == {"at": own["startedAt"], "differing": []}
    assert {"carried": False, "recounted": True}.items() <= own["readings"]["unchanged"].items()


def test_a_recount_names_the_readings_with_other_values_and_has_the_new_ones() -> None:
    first = taken(unchanged(a=1, b=1), None)
    second = taken(unchanged(a=1, b=2), first, recount=True)

    assert second["collector"]["recount"]["differing"] == ["unchanged"]
    assert second["b"] == 2


def test_the_snapshots_after_it_name_the_last_recount() -> None:
    first = taken(unchanged(a=1), None)
    second = taken(unchanged(a=2), first, recount=True)
    third = taken(unchanged(a=2), second)

    assert third["collector"]["readings"]["unchanged"]["carried"] is True
    assert third["collector"]["recount"] == second["collector"]["recount"]


def test_a_recount_waits_for_a_snapshot_that_would_have_reused_something() -> None:
    first = taken(unchanged(a=1), None)
    again = some_reading(lambda _: {"a": 1}, "a", name="unchanged", unchanged_while=lambda _: {"day": 2})
    second = taken(again, first, recount=True)

    assert second["collector"]["recount"] == first["collector"]["recount"]


def test_the_first_snapshot_counts_as_a_recount() -> None:
    own = taken(unchanged(a=1), None)["collector"]

    assert own["recount"] == {"at": own["startedAt"], "differing": []}


def test_a_recount_is_due_after_its_interval() -> None:
    last = {"collector": {"recount": {"at": NOW, "differing": []}}}

    assert [is_due(last, NOW + hours(age), timedelta(hours=2)) for age in (0, 1, 2, 3)] == [False, False, True, True]
    assert not is_due(last, NOW + hours(1000), NO_INTERVAL)
    assert not is_due(None, NOW, HOUR)
    assert not is_due({"collector": {"recount": {"at": "yesterday"}}}, NOW, HOUR)
