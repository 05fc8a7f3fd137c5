"""statistics.list by filters of MongoDB's query language."""

import json
from typing import Any

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from collector.store.filters import TYPE_NAMES, TYPE_NUMBERS
from tests.api.conftest import LIST
from tests.factories import keep, snapshot

Db = Database[dict[str, Any]]

TYPED: dict[str, Any] = {"n": [1, 2.5, "x"], "whole": 10, "text": "x", "none": None, "rows": [{"n": 3}, {"n": 4}]}


@pytest.mark.parametrize(
    ("where", "found"),
    [
        *(({"whole": {"$type": name}}, True) for name in ("number", "int", 16, ["string", "int"])),
        *(({"whole": {"$type": name}}, False) for name in ("double", "long", 2, ["string", "null"])),
        *(({"text": {"$type": name}}, name == "string") for name in sorted(TYPE_NAMES)),
        *(({"none": {"$type": number}}, number == 10) for number in sorted(TYPE_NUMBERS)),
        ({"n": {"$type": "array"}}, True),
        ({"n": {"$elemMatch": {"$type": "double"}}}, True),
        ({"n": {"$elemMatch": {"$type": "bool"}}}, False),
        ({"whole": {"$not": {"$type": "number"}}}, False),
        ({"whole": {"$mod": [4, 2]}}, True),
        ({"whole": {"$mod": [4, 1]}}, False),
        ({"whole": {"$mod": [-1, 0]}}, True),
        ({"whole": {"$not": {"$mod": [2**63 - 1, -(2**63)]}}}, True),
        ({"rows": {"$elemMatch": {"n": {"$mod": [3, 0]}}}}, True),
        ({"rows": {"$elemMatch": {"n": {"$mod": [5, 0]}}}}, False),
        ({"text": {"$mod": [4, 2]}}, False),
        ({"$nor": [{"whole": {"$mod": [4, 2]}}, {"text": {"$type": "string"}}]}, False),
    ],
)
def test_a_filter_by_type_and_by_remainder(workspace: Db, admin: TestClient, where: Any, *, found: bool) -> None:
    keep(workspace, snapshot(**TYPED))

    answer = admin.get(LIST, params={"query": json.dumps(where)})
    assert (answer.status_code, answer.json().get("total")) == (200, int(found)), answer.text


@pytest.mark.parametrize(
    "condition", ["2024-03-01", {"$gte": "2024-03-01T00:00:00Z"}, {"$in": [{"$date": 0}, "2024-03-01"]}, {"$ne": ""}]
)
def test_a_text_compared_with_a_date_is_refused_with_the_way_to_write_one(admin: TestClient, condition: Any) -> None:
    answer = admin.get(LIST, params={"query": json.dumps({"$and": [{"createdAt": condition}]})})

    assert (answer.status_code, answer.json()["errorType"]) == (400, "error-invalid-query")
    assert answer.json()["details"]["reason"] == (
        'createdAt is a date, which is written {"$date": "2026-01-31T00:00:00Z"}, and not a text'
    )


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"createdAt": {"$gte": {"$date": "2024-03-01T00:00:00Z"}}}, 1),
        ({"createdAt": None}, 0),
        ({"createdAt": {"$exists": True, "$type": "date"}}, 1),
        ({"lastLogin": {"$gte": "2024"}}, 1),
    ],
)
def test_dates_and_the_texts_that_imported_documents_have_in_their_place_are_found(
    workspace: Db, admin: TestClient, where: Any, found: int
) -> None:
    keep(workspace, snapshot(lastLogin="2024-03-01T00:00:00.000Z"))

    assert admin.get(LIST, params={"query": json.dumps(where)}).json()["total"] == found
