"""BSON as JavaScript prints it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from bson import Binary, DatetimeMS, Int64, ObjectId

from api.envelope import encode, failure, success


def text(value: Any) -> str:
    return encode({"v": value}).decode().removeprefix('{"v":').removesuffix("}")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (88, "88"),
        (Int64(2**40), "1099511627776"),
        (5787901952.0, "5787901952"),
        (-0.0, "0"),
        (16265.506, "16265.506"),
        (float("nan"), "null"),
        (float("inf"), "null"),
        (True, "true"),
        (None, "null"),
        ("Grüße", '"Grüße"'),
        ([1.0, {"a": 2.0}], '[1,{"a":2}]'),
        (datetime(2018, 2, 18, 19, 40, 45, 369000, UTC), '"2018-02-18T19:40:45.369Z"'),
        (datetime(2018, 2, 18, 19, 40, 45, 0, UTC), '"2018-02-18T19:40:45.000Z"'),
        (datetime(2018, 2, 18, 20, 40, tzinfo=timezone(timedelta(hours=1))), '"2018-02-18T19:40:00.000Z"'),
        (datetime(99, 1, 1, tzinfo=UTC), '"0099-01-01T00:00:00.000Z"'),
        (DatetimeMS(8_640_000_000_000_000), '"+275760-09-13T00:00:00.000Z"'),
        (DatetimeMS(-62198755200000), '"-000001-01-01T00:00:00.000Z"'),
        (DatetimeMS(9_000_000_000_000_000), "null"),
        (ObjectId("5a91d33cf3c3f3a1b4f5a1b2"), '"5a91d33cf3c3f3a1b4f5a1b2"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (Binary.from_uuid(UUID(int=1)), '"00000000-0000-0000-0000-000000000001"'),
        (b"abc", '"YWJj"'),
    ],
)
def test_a_value_is_printed_as_javascript_prints_it(value: Any, expected: str) -> None:
    assert text(value) == expected


def test_keys_keep_their_order_and_success_is_last() -> None:
    assert encode(success({"success": 0, "b": 1, "a": 2})) == b'{"b":1,"a":2,"success":true}'


def test_a_failure_has_only_the_keys_that_say_something() -> None:
    assert failure("no") == {"success": False, "error": "no"}
    assert failure("no", "type", {"a": 1}) == {
        "success": False,
        "error": "no",
        "errorType": "type",
        "details": {"a": 1},
    }
