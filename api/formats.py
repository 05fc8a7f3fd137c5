"""Answers in other forms than JSON: comma-separated values, and a JSON document a line."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from api.envelope import JSON
from api.query import BadQueryError

CSV, NDJSON = "text/csv; charset=utf-8", "application/x-ndjson"

_NAMES = {"json": JSON, "csv": CSV, "ndjson": NDJSON}

# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def chosen(given: Mapping[str, str], accept: str) -> str:
    """The content type to answer with: by the parameter `format`, else by the header Accept, else JSON.

    Raises:
        BadQueryError: the parameter names none.
    """
    if name := given.get("format"):
        if name not in _NAMES:
            raise BadQueryError("format", name, f"expected one of {', '.join(_NAMES)}")
        return _NAMES[name]
    wanted = (part.partition(";")[0].strip() for part in accept.lower().split(","))
    kinds = {kind.partition(";")[0]: kind for kind in _NAMES.values()}
    return next((kinds[name] for name in wanted if name in kinds), JSON)


def lines(documents: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """A JSON document a line."""
    for document in documents:
        yield orjson.dumps(document) + b"\n"


def table(documents: Iterable[Mapping[str, Any]], names: Iterable[str] = ()) -> Iterator[bytes]:
    """Comma-separated values with a head: a column a dotted key path; what is absent is empty, a list is JSON.

    Without `names` the columns are all paths that occur, in the order in which they do.
    """
    rows = [_flat(document) for document in documents]
    heads = list(names) or list(dict.fromkeys(path for row in rows for path in row))
    yield _line(heads)
    for row in rows:
        yield _line(_cell(row.get(name)) for name in heads)


def _flat(document: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{path}{key}.")
        else:
            found[f"{path}{key}"] = value
    return found


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if value.startswith(_FORMULA) else value
        case _:
            return orjson.dumps(value).decode()


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()
