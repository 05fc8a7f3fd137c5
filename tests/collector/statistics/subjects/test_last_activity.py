"""The newest dates."""

from typing import Any

import pytest
from bson.datetime_ms import DatetimeMS
from pymongo.database import Database

from collector.sources.collections import Collection
from collector.statistics.values import UNDEFINED, Absent
from tests.factories import NOW, hours, insert, read

Db = Database[dict[str, Any]]

DATES = [
    ("lastLogin", Collection.USERS, "lastLogin"),
    ("lastMessageSentAt", Collection.MESSAGES, "ts"),
    ("lastSeenSubscription", Collection.SUBSCRIPTIONS, "ls"),
]


@pytest.fixture(autouse=True)
def indexes(database: Db) -> None:
    """The newest message is looked for along the index, or not at all."""
    database[Collection.MESSAGES].create_index("ts")


@pytest.mark.parametrize(("key", "of", "by"), DATES)
def test_the_newest_of_all_dates_is_found(database: Db, key: str, of: Collection, by: str) -> None:
    insert(database, of, {by: NOW - hours(1)}, {by: NOW}, {by: NOW - hours(2)}, {by: None}, {})

    assert read(key, database) == {key: NOW}


@pytest.mark.parametrize(("key", "of", "by"), DATES)
@pytest.mark.parametrize("odd", [None, 1710505800000])
def test_without_any_date_it_has_no_value(database: Db, key: str, of: Collection, by: str, odd: object) -> None:
    insert(database, of, {}, {by: odd})

    found = read(key, database)[key]
    assert found is UNDEFINED if key == "lastMessageSentAt" else isinstance(found, Absent)


@pytest.mark.parametrize(("key", "of", "by"), DATES)
def test_a_text_or_a_year_beyond_dates_hides_no_date(real_database: Db, key: str, of: Collection, by: str) -> None:
    real_database[Collection.MESSAGES].create_index("ts")
    insert(real_database, of, {by: NOW}, {by: "never"}, {by: DatetimeMS(2**53)}, {by: True}, {by: [NOW + hours(1)]})

    assert read(key, real_database) == {key: NOW}


def test_in_an_empty_workspace_none_has_a_value(database: Db) -> None:
    found = {key: read(key, database)[key] for key, _, _ in DATES}

    assert found.pop("lastMessageSentAt") is UNDEFINED
    assert all(isinstance(value, Absent) for value in found.values())
