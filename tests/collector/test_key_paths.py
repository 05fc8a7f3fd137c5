"""Values at key paths, and what counts as none."""

from typing import Any

import pytest

from collector.key_paths import has, without_nothing


def test_null_is_there_and_an_absent_key_is_not() -> None:
    document = {"a": None, "b": {"c": None, "d": 1}}

    assert [path for path in ("a", "b", "b.c", "b.d", "b.e", "a.c", "x", "b.d.e") if has(document, path)] == [
        "a",
        "b",
        "b.c",
        "b.d",
    ]


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (None, None),
        ({}, None),
        ({"a": {"b": None, "c": {}}}, None),
        ({"a": 0, "b": None, "c": "", "d": [], "e": False}, {"a": 0, "c": "", "d": [], "e": False}),
        ([{"id": None, "type": "api"}, 1], [{"type": "api"}, 1]),
    ],
)
def test_null_and_documents_of_nothing_else_are_nothing(value: Any, left: Any) -> None:
    assert without_nothing(value) == left
