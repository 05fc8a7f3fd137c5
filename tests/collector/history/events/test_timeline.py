"""The events of a history in the store."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson import DatetimeMS
from pymongo.database import Database

from collector.errors import TooLargeError
from collector.history.events import Event
from collector.history.events.timeline import Timeline
from collector.key_paths import Document, place
from collector.store.notes import Notes
from collector.store.retention import Retention
from collector.store.snapshots import Store
from tests.collector.history.events.histories import START, instance, quiet, taken
from tests.factories import NOW, hours, keep

Db = Database[dict[str, Any]]
YEAR = (START - timedelta(days=400), NOW + timedelta(days=1))


def timeline(database: Db, every: int | None = None, **over: Any) -> Timeline:
    Store(database).prepare()
    return Timeline(Store(database), Retention(every, None, ZoneInfo("UTC")), Notes(database), **over)


def kinds(events: list[Event]) -> list[str]:
    return [event.kind.value for event in events]


def test_a_quiet_year_has_no_events(real_database: Db) -> None:
    keep(real_database, *quiet())

    assert timeline(real_database).between("workspace", *YEAR, NOW) == []


CAUSES: dict[int, dict[str, Any]] = {
    100: {"version": "8.6.0"},
    110: {"migration__version": 301},
    120: {"collector__instances": [instance(1, registeredAt=START + hours(24 * 120))]},
    130: {"collector__instances": [instance(1, registeredAt=START + hours(24 * 120)), instance(2)]},
    140: {"enterprise__modules": []},
    150: {"livechatEnabled": False},
    160: {"collector__version": "1.1"},
}
"""From the beginning of a day on."""


def eventful() -> list[Document]:
    """A year with each cause once: imported, then reconstructed, then taken and thinned, with a gap and an anomaly."""
    history = []
    for number, found in enumerate(quiet()):
        day = number // 24
        for since, over in CAUSES.items():
            for key, value in over.items() if day >= since else ():
                place(found, key.replace("__", "."), value)
        if number == 24 * 200 + 12:
            found["onlineUsers"] = 10_000
        if day < 60:
            found["collector"]["kind"] = "imported" if day < 30 else "reconstructed"
        is_last = number % 24 == 23
        is_away = 24 * 250 + 3 <= number < 24 * 250 + 9
        if (day >= 80 or is_last) and not is_away:
            history.append(found)
    return history


def test_a_history_with_each_cause_once_has_exactly_these_events(real_database: Db) -> None:
    keep(real_database, *eventful())
    line = timeline(real_database, every=285)
    Notes(real_database).add("workspace", START + timedelta(days=300), "Moved the uploads")
    found = line.between("workspace", *YEAR, START + timedelta(days=365))

    assert kinds(found)[::-1] == [
        *("import", "backfill", "retention", "upgrade", "migration", "restart", "instance", "licence", "setting"),
        *("definition", "anomaly", "gap", "note"),
    ]
    assert all(event.since and event.since < event.at for event in found[1:])


def test_a_period_begins_with_the_snapshot_before_it(real_database: Db) -> None:
    keep(real_database, taken(NOW - hours(5)), taken(NOW - hours(1), version="8.6.0"))
    line = timeline(real_database)

    (event,) = line.between("workspace", NOW - hours(2), NOW, NOW)
    assert (event.since, event.at) == (NOW - hours(5), NOW - hours(1))
    assert line.between("workspace", NOW - hours(4), NOW - hours(2), NOW) == []


def test_another_workspaces_history_and_notes_are_not_read(real_database: Db) -> None:
    keep(real_database, taken(NOW - hours(2)), taken(NOW - hours(1), version="9.0.0", collector__workspace="other"))
    Notes(real_database).add("other", NOW - hours(1), "theirs")

    assert timeline(real_database).between("workspace", NOW - hours(3), NOW, NOW) == []


def test_too_many_snapshots_are_refused(real_database: Db) -> None:
    keep(real_database, *(taken(NOW - hours(n)) for n in range(1, 6)))

    with pytest.raises(TooLargeError, match="more than 3 snapshots"):
        timeline(real_database, most=3).between("workspace", NOW - hours(9), NOW, NOW)


def test_documents_of_other_programs_and_of_a_wrong_clock_are_passed_over(real_database: Db) -> None:
    dates: list[Any] = [None, "x", [NOW], DatetimeMS(10**15), datetime(1, 1, 1, tzinfo=UTC), NOW + timedelta(days=99)]
    keep(real_database, *(taken(version="1.0") | {"createdAt": date} for date in dates))
    keep(real_database, taken(NOW - hours(2)), taken(NOW - hours(1)))
    line = timeline(real_database)

    for start in (datetime(1, 1, 1, tzinfo=UTC), NOW - hours(3)):
        assert line.between("workspace", start, datetime(9999, 12, 31, tzinfo=UTC), NOW) == []
