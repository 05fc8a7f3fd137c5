"""Slots, and one snapshot for each."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import mongomock
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.errors import AbandonedError, DatabaseError, SettingsError
from collector.schedule import Schedule, Slots
from collector.snapshot import now
from collector.store import Store
from tests.factories import snapshot

Take = Callable[[datetime | None, Callable[[], bool]], dict[str, Any]]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "timezone", "now", "current", "following"),
    [
        ("0 * * * *", "UTC", "2024-03-15T12:30:10", "2024-03-15T12:00", "2024-03-15T13:00"),
        ("0 * * * *", "UTC", "2024-03-15T12:00:00", "2024-03-15T12:00", "2024-03-15T13:00"),
        ("*/15 * * * *", "UTC", "2024-03-15T12:59:59", "2024-03-15T12:45", "2024-03-15T13:00"),
        ("30 2 * * *", "UTC", "2024-03-15T02:29:59", "2024-03-14T02:30", "2024-03-15T02:30"),
        ("0 0 * * *", "Europe/Berlin", "2024-03-15T12:00", "2024-03-14T23:00", "2024-03-15T23:00"),
        ("0 0 1 1 *", "UTC", "2024-03-15T12:00", "2024-01-01T00:00", "2025-01-01T00:00"),
        ("0 0 29 2 *", "UTC", "2025-03-15T12:00", "2024-02-29T00:00", "2028-02-29T00:00"),
        ("30 2 * * *", "Europe/Berlin", "2020-03-29T01:00", "2020-03-28T01:30", "2020-03-29T01:30"),
        ("30 2 * * *", "Europe/Berlin", "2020-03-29T01:30", "2020-03-29T01:30", "2020-03-30T00:30"),
        ("0 3 * * *", "Asia/Kolkata", "2024-03-15T12:00", "2024-03-14T21:30", "2024-03-15T21:30"),
    ],
)
def test_the_current_and_the_following_slot(
    expression: str, timezone: str, now: str, current: str, following: str
) -> None:
    slots = Slots(expression, timezone)

    assert slots.current(at(now)) == at(current)
    assert slots.after(at(now)) == at(following)


SUNDAY, MONDAY = "2024-03-17", "2024-03-18"


@pytest.mark.parametrize(
    ("weekdays", "first"), [("0", SUNDAY), ("7", SUNDAY), ("5-7", SUNDAY), ("1", MONDAY), ("1-5", MONDAY)]
)
def test_weekdays_count_from_sunday_as_cron_counts_them(weekdays: str, first: str) -> None:
    assert Slots(f"0 0 * * {weekdays}", "UTC").after(at("2024-03-17T00:00") - timedelta(seconds=1)) == at(first)


def test_a_step_of_weekdays_begins_on_sunday() -> None:
    slots, found = Slots("0 0 * * */2", "UTC"), at("2024-03-16T00:00")
    names = [(found := slots.after(found)).strftime("%a") for _ in range(4)]

    assert names == ["Sun", "Tue", "Thu", "Sat"]


@pytest.mark.parametrize(
    "wrong",
    ["", "hourly", "* * * *", "* * * * * *", "60 * * * *", "* * * * 8", "0 0 31 2 *", "0 0 1 * 1", "0 0 * * 5-1"],
)
def test_a_wrong_expression_names_the_setting(wrong: str) -> None:
    with pytest.raises(SettingsError, match="RCSTATS_SCHEDULE"):
        Slots(wrong, "UTC")


@settings(deadline=None)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["0 * * * *", "*/7 3-5 * * *", "30 2 * * *", "0 0 * * 1", "15 6 1 * *"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_no_slot_lies_between_the_current_and_the_next(moment: datetime, expression: str, timezone: str) -> None:
    slots = Slots(expression, timezone)
    current, following = slots.current(moment), slots.after(moment)

    assert current <= moment < following
    assert slots.after(current) == following
    assert slots.current(following) == following


class Counter:
    """Takes made-up snapshots, and remembers for which slots; may be told to fail or to dawdle."""

    def __init__(self, failures: int = 0, seconds: float = 0.0) -> None:
        self.slots: list[datetime | None] = []
        self._failures = failures
        self._seconds = seconds
        self._running = threading.Lock()

    def __call__(self, slot: datetime | None, abandoned: Callable[[], bool]) -> dict[str, Any]:
        assert self._running.acquire(blocking=False), "two at once"
        try:
            time.sleep(self._seconds)
            if self._failures:
                self._failures -= 1
                raise DatabaseError("the workspace's MongoDB can't be reached")
            self.slots.append(slot)
            return snapshot(at=now(), slot=slot)
        finally:
            self._running.release()


@contextmanager
def scheduled(take: Take, store: Store, expression: str) -> Iterator[Schedule]:
    schedule = Schedule(Slots(expression, "UTC"), take, store, lambda: "workspace", first_retry=timedelta(seconds=0.05))
    schedule.start()
    try:
        yield schedule
    finally:
        schedule.stop()


@pytest.fixture
def store() -> Store:
    return Store(mongomock.MongoClient(tz_aware=True)["test"])


def wait_until(true: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.01)


YEARLY = "0 0 1 1 *"


def test_at_start_the_current_slot_is_taken(store: Store) -> None:
    take = Counter()
    with scheduled(take, store, YEARLY) as schedule:
        assert schedule.settled.wait(5)

    this_year = datetime(datetime.now(UTC).year, 1, 1, tzinfo=UTC)
    assert take.slots == [this_year]
    assert store.has_slot("workspace", this_year)


def test_at_start_a_slot_that_is_taken_is_not_taken_again(store: Store) -> None:
    store.prepare()
    store.add(snapshot(slot=Slots(YEARLY, "UTC").current(datetime.now(UTC))))
    take = Counter()
    with scheduled(take, store, YEARLY) as schedule:
        assert schedule.settled.wait(5)

    assert take.slots == []


def test_a_slot_that_failed_is_tried_again_until_it_is_taken(store: Store) -> None:
    take = Counter(failures=3)
    with scheduled(take, store, YEARLY) as schedule:
        assert schedule.settled.wait(5)
        wait_until(lambda: len(take.slots) == 1)

    assert store.count("workspace", {}) == 1


def test_the_indexes_are_made_at_start(store: Store) -> None:
    with scheduled(Counter(), store, YEARLY) as schedule:
        assert schedule.settled.wait(5)

    assert store.missing_indexes() == []


def test_a_snapshot_on_demand_is_kept_without_a_slot(store: Store) -> None:
    take = Counter()
    with scheduled(take, store, YEARLY) as schedule:
        assert schedule.settled.wait(5)
        refreshed = schedule.refresh()

    assert take.slots[-1] is None
    kept = store.newest("workspace")
    assert kept
    assert refreshed["_id"] == kept["_id"]


def test_callers_that_wait_together_share_one_snapshot_and_none_is_older_than_its_call(store: Store) -> None:
    take = Counter(seconds=0.2)
    with scheduled(take, store, YEARLY) as schedule:
        assert schedule.settled.wait(5)
        got: list[tuple[datetime, dict[str, Any]]] = []

        def call() -> None:
            asked = now()
            got.append((asked, schedule.refresh()))

        callers = [threading.Thread(target=call) for _ in range(10)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()

    assert len({refreshed["_id"] for _, refreshed in got}) <= 2
    assert all(asked <= refreshed["createdAt"] for asked, refreshed in got)


def test_a_refresh_that_fails_tells_who_asked(store: Store) -> None:
    def fail(_: datetime | None, __: Callable[[], bool]) -> dict[str, Any]:
        raise DatabaseError("the workspace's MongoDB can't be reached")

    with scheduled(fail, store, YEARLY) as schedule, pytest.raises(DatabaseError, match="can't be reached"):
        schedule.refresh()


def test_each_slot_is_taken_when_it_comes(store: Store) -> None:
    take = Counter()
    with scheduled(take, store, "* * * * *") as schedule:
        assert schedule.settled.wait(5)
        following = Slots("* * * * *", "UTC").after(datetime.now(UTC))

        assert schedule.next_slot == following


def test_at_the_end_a_snapshot_that_is_being_taken_is_given_up_and_not_kept(store: Store) -> None:
    begun, ended = threading.Event(), threading.Event()

    def take(_: datetime | None, abandoned: Callable[[], bool]) -> dict[str, Any]:
        begun.set()
        wait_until(abandoned)
        ended.set()
        raise AbandonedError("given up")

    with scheduled(take, store, YEARLY):
        assert begun.wait(5)

    assert ended.wait(5)
    assert store.count("workspace", {}) == 0
