"""Counts that walk along the dates of a collection, and their pace."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from bson import Decimal128, Int64

from collector.errors import DatabaseTimeoutError
from collector.history.backfill.walk import MESSAGES, TARGET, IndexWalk, Pace
from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.collector.history.backfill.two_weeks import BEGAN, DAYS, Db, backfill, on, stored
from tests.factories import insert


class Slow:
    """A workspace that takes `a_day` seconds for each day of messages from `dense_from` on, by a clock of its own."""

    def __init__(self, a_day: float, limit: float = 1e9, dense_from: datetime = BEGAN) -> None:
        self.time = 0.0
        self.a_day = a_day
        self.limit = limit
        self.dense_from = dense_from
        self.asked: list[tuple[timedelta, float]] = []
        self.rests: list[float] = []

    def oldest(self, of: Collection, by: str, index: Document) -> datetime:
        return BEGAN

    def sums_between(
        self, of: Collection, by: str, index: Document, span: tuple[datetime, datetime], sums: Sequence[Any]
    ) -> list[Any]:
        dense = max(span[1] - max(span[0], self.dense_from), timedelta())
        seconds = dense / timedelta(days=1) * self.a_day
        self.time += min(seconds, self.limit)
        self.asked.append((span[1] - span[0], seconds))
        if seconds > self.limit:
            raise DatabaseTimeoutError("did not answer in time")
        return [1, 1]

    def walk(self, days: int) -> IndexWalk:
        walk = IndexWalk(MESSAGES, self, Pace(lambda: self.time, self.rests.append))
        walk.begin()
        walk.advance(BEGAN + timedelta(days=days), lambda: None)
        return walk


@pytest.mark.parametrize("a_day", [0.001, 0.02, 1.0, 300.0])
def test_a_query_comes_to_take_at_most_a_tenth_of_a_second_and_more_than_half_of_that(a_day: float) -> None:
    slow = Slow(a_day)
    slow.walk(days=5 if a_day >= 1 else 2000)
    settled = slow.asked[25:-1]

    assert settled
    assert all(TARGET / 2 < seconds <= TARGET for _, seconds in settled)


def test_each_query_is_followed_by_a_rest_of_the_same_length() -> None:
    slow = Slow(1.0)
    slow.walk(days=3)

    assert slow.rests[1:] == pytest.approx([seconds for _, seconds in slow.asked])


def test_each_stretch_is_counted_once_however_it_is_cut() -> None:
    slow = Slow(1.0)
    walk = slow.walk(days=5)

    assert sum((span for span, _ in slow.asked), timedelta()) == timedelta(days=5)
    assert walk.values["totalMessages"] == len(slow.asked)


def test_what_takes_too_long_is_asked_again_in_smaller_stretches() -> None:
    slow = Slow(40.0, limit=5.0, dense_from=BEGAN + timedelta(days=30))
    walk = slow.walk(days=32)
    answered = [span for span, seconds in slow.asked if seconds <= slow.limit]

    assert len(answered) < len(slow.asked)
    assert sum(answered, timedelta()) == timedelta(days=32)
    assert walk.values["totalMessages"] == len(answered)


def test_what_is_too_slow_even_for_a_second_of_it_ends_the_run() -> None:
    with pytest.raises(DatabaseTimeoutError):
        Slow(1e9, limit=5.0).walk(days=1)


NO_SIZES: list[Any] = [
    *(float("nan"), float("inf"), Decimal128("NaN"), Decimal128("Infinity"), 1e300, Decimal128("1E+6000")),
    *("large", None, [1], {"a": 1}, True, Int64(2**63 - 1)),
]


@pytest.mark.parametrize(
    ("sizes", "counted"), [(NO_SIZES, 0), ([7, 7.0, Int64(7), Decimal128("7")], 28)], ids=["others", "numbers"]
)
def test_the_size_of_a_file_counts_if_it_is_one(past: Db, sizes: list[Any], counted: int) -> None:
    files = [{"_id": f"odd{number}", "uploadedAt": on(2, 13), "size": size} for number, size in enumerate(sizes)]
    insert(past, Collection.UPLOADS, *files)
    backfill(past).run()
    found = {found["createdAt"].day: found for found in stored(past)}

    for day in range(1, DAYS + 1):
        assert found[day]["uploadsTotalSize"] == 1000 * day * (day + 1) // 2 + counted * (day >= 2)
        assert isinstance(found[day]["uploadsTotalSize"], int)
        assert found[day]["uploadsTotal"] == day + len(sizes) * (day >= 2)


def test_sizes_beyond_all_whole_numbers_are_a_double(past: Db) -> None:
    files = [{"_id": f"odd{n}", "uploadedAt": on(2 + n % 3), "size": Int64(2**53 - 1)} for n in range(1100)]
    insert(past, Collection.UPLOADS, *files)
    backfill(past).run()

    assert stored(past)[-1]["uploadsTotalSize"] == pytest.approx(1100 * 2.0**53)


@pytest.mark.parametrize("spoiled", [float("nan"), float("inf"), None, "many"])
def test_a_run_does_not_resume_from_a_sum_that_is_not_a_number(past: Db, spoiled: Any) -> None:
    backfill(past, until=on(11, 0)).run()
    past["statistics"].update_many({}, {"$set": {"uploadsTotalSize": spoiled}})
    backfill(past).run()

    assert stored(past)[-1]["uploadsTotalSize"] == 1000 * DAYS * (DAYS + 1) // 2


def test_numbers_of_another_release_are_counted_anew(past: Db) -> None:
    backfill(past, until=on(11, 0)).run()
    past["statistics"].update_many({}, {"$set": {"collector.version": "0.0", "totalUsers": 1000}})
    backfill(past).run()

    assert stored(past)[-1]["totalUsers"] == DAYS


def test_without_its_index_a_collection_is_left_out(past: Db) -> None:
    past[Collection.MESSAGES].drop_index("ts_1")
    filling = backfill(past)
    filling.run()

    assert list(filling.left_out) == [Collection.MESSAGES]
    assert "is missing" in filling.left_out[Collection.MESSAGES]
    assert all("totalMessages" not in found and found["totalUsers"] for found in stored(past))
