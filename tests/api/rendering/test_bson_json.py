"""BSON as JavaScript prints it."""

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import bson
import pytest
from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MinKey, ObjectId, Regex, Timestamp
from bson.raw_bson import RawBSONDocument
from hypothesis import given
from hypothesis import strategies as st

from api.rendering.bson_json import document, item, plain
from tests.factories import nulls, snapshot


def text(value: Any) -> str:
    return item({"v": value}).decode().removeprefix('{"v":').removesuffix("}")


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
        (Binary.from_uuid(UUID(int=1)), '"00000000-0000-0000-0000-000000000001"'),
        (Binary(bytes(3), 3), '"AAAA"'),
        (b"abc", '"YWJj"'),
        (Int64(2**53 + 1), "9007199254740992"),
        (2**63 - 1, "9223372036854776000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (-1.5e300, "-1.5e+300"),
        (1e-5, "0.00001"),
        (1e-6, "0.000001"),
        (1.25e-7, "1.25e-7"),
        (5e-324, "5e-324"),
        (Decimal128("1.50"), '{"$numberDecimal":"1.50"}'),
        (Timestamp(1, 2), '{"$timestamp":"4294967298"}'),
        (Code("x"), '{"code":"x"}'),
        (Regex("a"), "{}"),
        (MinKey(), "{}"),
    ],
)
def test_a_value_is_printed_as_javascript_prints_it(value: Any, expected: str) -> None:
    assert text(value) == expected


def test_keys_keep_their_order_and_success_is_last() -> None:
    assert document({"success": 0, "b": 1, "a": 2}) == b'{"b":1,"a":2,"success":true}'


def test_secret_keys_are_removed_only_at_the_root() -> None:
    assert item({"statsToken": "t", "e2e": 1, "totalUsers": 1, "a": {"e2e": 2}}) == b'{"totalUsers":1,"a":{"e2e":2}}'


def test_invalid_utf8_costs_only_its_invalid_bytes() -> None:
    raw = bson.encode({"v": "a?b"}).replace(b"?", b"\xff")

    assert item(RawBSONDocument(raw)).decode() == '{"v":"a\ufffdb"}'


@given(st.floats())
def test_every_number_reads_back_as_itself(number: float) -> None:
    printed = text(number)

    assert printed == "null" if not math.isfinite(number) else float(printed) == number
    assert not printed.endswith(".0")


leaves = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text() | st.floats(-(2**53), 2**53)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda k: "\0" not in k), inner),
    max_leaves=30,
)


@given(st.dictionaries(st.text(alphabet="abcdefgh"), documents))
def test_a_document_reads_back_as_it_was(written: dict[str, Any]) -> None:
    assert json.loads(item(written)) == written


def test_null_stays_null_at_every_depth() -> None:
    served = plain(snapshot(**nulls()))

    assert {key: served[key] for key in nulls()} == nulls()
