"""Owns the responses in CSV and NDJSON, and the choice of the content type."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from api.query.listing import BadQueryError
from api.rendering import negotiation
from api.rendering.envelope import JSON
from collector.key_paths import Document, at, flatten

CSV, NDJSON = "text/csv; charset=utf-8", "application/x-ndjson"

_NAMES = {"json": JSON, "csv": CSV, "ndjson": NDJSON}
_KINDS = {kind.partition(";")[0]: kind for kind in _NAMES.values()}

# Characters that start a formula, in any of their Unicode widths.
_FORMULA = tuple("=+-@\N{MINUS SIGN}")
_CONTROLS = ("\t", "\r", "\n")
# Spreadsheets ignore invisible characters, and may take a quotation mark for one of the file.
_IGNORED = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Pi", "Pf"})  # categories: controls, spaces, quotation marks
_QUOTES = "\"'`‚„"  # those of other categories


def chosen(given: Mapping[str, str], accept: str) -> str:
    """The content type of the response: by the parameter `format`, else by the header Accept, else JSON.

    The type with the highest weight is chosen; among equals the one that the header names in full, and of these the
    first. A client that accepts none of the types gets JSON, as from Rocket.Chat, which ignores the header.

    Raises:
        BadQueryError: the parameter names an unknown format.
    """
    if name := given.get("format"):
        if name not in _NAMES:
            raise BadQueryError("format", name, f"expected one of {', '.join(_NAMES)}")
        return _NAMES[name]
    ranges = {name: (weight, -place) for place, (name, weight) in enumerate(negotiation.weights(accept).items())}
    return _KINDS[max(_KINDS, key=lambda name: _preference(name, ranges))]


def disposition(path: str, kind: str) -> dict[str, str]:
    """The header that names the file as which a browser saves the response; none for JSON."""
    endings = {CSV: "csv", NDJSON: "ndjson"}
    name = f"{path.rpartition('/')[2]}.{endings.get(kind)}"
    return {"Content-Disposition": f'attachment; filename="{name}"'} if kind in endings else {}


def _preference(name: str, ranges: Mapping[str, tuple[float, int]]) -> tuple[float, int, int]:
    """How much a client prefers a type: the weight, precision and place of the most precise range that includes it."""
    patterns = (name, f"{name.partition('/')[0]}/*", "*/*")
    found = ((*ranges[pattern], -n) for n, pattern in enumerate(patterns) if pattern in ranges)
    weight, place, precision = next(found, (0.0, 0, 0))
    return (weight, precision, place) if weight else (0.0, 0, 0)


def lines(documents: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """One JSON document per line."""
    for document in documents:
        yield orjson.dumps(document) + b"\n"


def table(documents: Iterable[Mapping[str, Any]], names: Iterable[str] = ()) -> Iterator[bytes]:
    """CSV with a header: one column per dotted key path; absent values are empty, lists are JSON.

    Without `names` the columns are all paths that occur, in that order, and all documents are held in memory.
    """
    rows: Iterable[dict[str, Any]] = (dict(flatten(document)) for document in documents)
    heads = list(names)
    if not heads:
        rows = list(rows)
        heads = list(dict.fromkeys(path for row in rows for path in row))
    yield _line(map(_cell, heads))
    for row in rows:
        yield _line(_cell(row.get(name)) for name in heads)


def columns(documents: Iterable[Document], paths: Sequence[str]) -> Iterator[bytes]:
    """CSV with a header, and one column for each key path; absent values are empty, lists and documents are JSON."""
    yield _line(map(_cell, paths))
    for document in documents:
        yield _line(_cell(at(document, path)) for path in paths)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if _is_formula(value) else value
        case _:
            return orjson.dumps(value).decode()


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet may evaluate a text instead of showing it."""
    first = next((character for character in text if not _is_ignored(character)), "")
    return text.startswith(_CONTROLS) or unicodedata.normalize("NFKC", first).startswith(_FORMULA)


def _is_ignored(character: str) -> bool:
    return character in _QUOTES or unicodedata.category(character) in _IGNORED


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()
