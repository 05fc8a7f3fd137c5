"""The odd workspaces have odd data of every kind in every subject."""

from datetime import UTC, datetime
from math import isinf, isnan
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson import Decimal128

from collector.sources.collections import Collection
from collector.statistics.releases import Release
from tests.oracle.odd_data import BROKEN, ODD
from tests.oracle.workspaces import random_workspace

NOW = datetime(2024, 3, 16, 0, 30, tzinfo=UTC)
KINDS: dict[str, Any] = {
    "a text": lambda value: value == "12",
    "broken UTF-8": lambda value: isinstance(value, str) and BROKEN in value,
    "a Decimal128": lambda value: isinstance(value, Decimal128),
    "a fraction": lambda value: value == 0.5,
    "NaN": lambda value: isinstance(value, float) and isnan(value),
    "an infinity": lambda value: isinstance(value, float) and isinf(value),
    "null": lambda value: value is None,
    "a huge integer": lambda value: isinstance(value, int) and value > 2**61,
    "deep nesting": lambda value: isinstance(value, dict) and isinstance(value.get("a"), dict),
    "keys with dots": lambda value: isinstance(value, dict) and "a.b" in value,
    "a list": lambda value: isinstance(value, list) and value != [],
}
SUBJECTS = (
    *(Collection.USERS, Collection.ROOMS, Collection.UPLOADS, Collection.SETTINGS, Collection.SESSIONS),
    *(Collection.VIDEO_CONFERENCES, Collection.CONTACTS, Collection.MESSAGES),
)


@pytest.fixture(scope="module")
def odd() -> dict[Collection, list[Any]]:
    """The values of all fields that can be odd, of as many workspaces as a few releases have."""
    found: dict[Collection, list[Any]] = {collection: [] for collection in ODD}
    for number in range(60):
        random = Random(number)  # noqa: S311
        workspace = random_workspace(random, NOW, ZoneInfo("UTC"), Release(8, 6), odd=True)
        for collection, fields in ODD.items():
            documents = workspace.get(collection, [])
            found[collection] += [document[field] for document in documents for field in fields if field in document]
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_kind_of_odd_data_is_in_every_subject(
    kind: str, subject: Collection, odd: dict[Collection, list[Any]]
) -> None:
    assert any(KINDS[kind](value) for value in odd[subject])


@pytest.mark.parametrize(
    ("subject", "fields"),
    [(Collection.USERS, ["lastLogin"]), (Collection.MESSAGES, ["ts"]), (Collection.SUBSCRIPTIONS, ["ls"])],
)
def test_dates_may_be_numbers(subject: Collection, fields: list[str]) -> None:
    assert all(1_700_000_000_000 in ODD[subject][field] for field in fields)
