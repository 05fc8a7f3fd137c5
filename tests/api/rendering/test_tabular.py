"""Answers as comma-separated values: what a spreadsheet makes of them."""

import csv
import io
from typing import Any

import pytest

from api.rendering.compression import chosen as encoding
from api.rendering.envelope import JSON
from api.rendering.tabular import CSV, chosen, lines, table


def read_back(*documents: dict[str, Any], names: tuple[str, ...] = ()) -> list[list[str]]:
    text = b"".join(table(documents, names)).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("start", list("=+-@＝＋－＠﹦﹢﹣﹫⁺⁼₊₌⁻₋−\t\r\n"))
def test_a_text_that_begins_as_a_formula_gets_an_apostrophe(start: str) -> None:
    text = f"{start}cmd|' /C calc'!A0"

    assert read_back({"a": text}) == [["a"], [f"'{text}"]]


@pytest.mark.parametrize(
    "before",
    [" ", "   ", "\t", "\n", '"', "'", "`", "“", "„", "«", "\xa0", "\u3000", "\ufeff", "\u200b", "\0", "\x0b", ' "\t'],
)
def test_a_formula_after_ignored_characters_gets_an_apostrophe(before: str) -> None:
    text = f"{before}=1+1"

    assert read_back({"a": text}) == [["a"], [f"'{text}"]]


@pytest.mark.parametrize("text", ["", " ", "a=1", "7.10.3", "x-y", "1 + 1", "“quoted”", "Ünï", " plain", "(=1)", "#=1"])
def test_other_texts_are_unchanged(text: str) -> None:
    assert read_back({"a": text, "b": 1}) == [["a", "b"], [text, "1"]]


def test_a_negative_number_stays_a_number() -> None:
    assert read_back({"a": -5, "b": -0.5}) == [["a", "b"], ["-5", "-0.5"]]


def test_column_names_are_escaped_in_the_same_way() -> None:
    assert read_back({"=1+1": 1, "a": {"=2": 2}}) == [["'=1+1", "a.=2"], ["1", "2"]]
    assert read_back({"@a": 1}, names=("@a",)) == [["'@a"], ["1"]]


def test_only_one_row_is_in_memory_if_the_columns_are_known() -> None:
    taken: list[int] = []
    rows = ({"a": number} for number in range(100) if taken.append(number) is None)  # type: ignore[func-returns-value]
    read = table(rows, ("a",))

    assert [next(read), next(read)] == [b"a\r\n", b"0\r\n"]
    assert taken == [0]


@pytest.mark.parametrize(("others", "found"), [(31, True), (32, False), (20_000, False)])
def test_only_the_start_of_a_long_header_is_read(others: int, found: bool) -> None:
    """A head may have 64 KiB, and is read on the event loop."""
    assert chosen({}, "a/b," * others + "text/csv") == (CSV if found else JSON)
    assert encoding("a;q=0," * others + "gzip").name == ("gzip" if found else "")


def test_null_is_an_empty_cell_and_stays_null_in_ndjson() -> None:
    names, cells, _ = read_back({"a": 1, "room": {"_id": "r"}}, {"a": None, "room": None})

    assert (names, cells) == (["a", "room._id", "room"], ["1", "r", ""])
    assert read_back({"a": None}, {"a": 2}, names=("a", "b")) == [["a", "b"], ["", ""], ["2", ""]]
    assert b"".join(lines([{"a": None}])) == b'{"a":null}\n'
