"""Owns the limits on values in a snapshot: what can be stored, and how many entries of a list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf, isfinite
from typing import Any

import bson
from bson.errors import BSONError

from collector.key_paths import Document
from collector.sources.expressions import MOST_NAME
from collector.statistics.reading import LIST_BYTES
from collector.statistics.releases import NEWEST
from collector.statistics.values import UNDEFINED, Absent, Noted, Values, resolved

# MongoDB's limit is 180 levels; a value lies some levels below the root of its document.
MOST_DEPTH = 100

_NAMED = 3  # values named in an error


def key(text: str) -> str:
    """A text of the workspace as a key: limited in length, with escapes for what BSON and key paths forbid."""
    escaped = text.replace("\0", "%00").replace(".", "%2E")
    escaped = f"%24{escaped[1:]}" if escaped.startswith("$") else escaped
    return escaped.encode()[:MOST_NAME].decode(errors="ignore")


def keyed(entries: Iterable[tuple[str, Any]], *, more: bool = False) -> tuple[Document, str]:
    """The entries as a document, up to LIST_BYTES, and a note if entries are missing."""
    found = {key(name): value for name, value in entries}
    kept = _fitting(found)
    return kept, _note(len(kept), is_whole=len(kept) == len(found) and not more)


def listed(rows: Sequence[Any], *, more: bool = False) -> tuple[list[Any], str]:
    """The rows up to LIST_BYTES, and a note if rows are missing."""
    kept = list(_fitting({str(place): row for place, row in enumerate(rows)}).values())
    return kept, _note(len(kept), is_whole=len(kept) == len(rows) and not more)


def hold(values: Values, most: int) -> tuple[dict[str, Any], str]:
    """The values, with Absent for those that cannot be stored; and an error that names these, or ''.

    If all values together exceed `most` bytes, the largest are dropped.
    """
    held, sizes, refused = dict(values), dict.fromkeys(values, inf), {}
    for name, value in values.items():
        held[name], sizes[name] = _weighed(value)
    while sum(sizes.values()) > most:
        name = max(sizes, key=sizes.__getitem__)
        refused[name] = _refusal(sizes[name], most)
        held[name], sizes[name] = Absent(f"the value {refused[name]}"), 0
    return held, _error(refused)


def size(value: Any) -> float:
    """The size of a value in a document, in bytes; infinite if it cannot be stored."""
    try:
        return len(bson.encode({"": resolved(value, NEWEST)}))
    except (BSONError, OverflowError, ValueError):
        return inf


def _weighed(value: Any) -> tuple[Any, float]:
    """A value in a storable form, and its size."""
    if value is UNDEFINED:
        return value, 0
    if isinstance(value, Absent):
        return value, size(value.reason)
    if isinstance(value, Noted):
        plain, weight = _weighed(value.value)
        return replace(value, value=plain), weight + size(value.note)
    if isinstance(value, float) and not isfinite(value):
        return Absent("the value is not a finite number"), 0
    try:
        plain = _storable(value, MOST_DEPTH)
    except (OverflowError, ValueError):
        return value, inf
    return plain, size(plain)


def _storable(value: Any, depth: int) -> Any:
    """A copy with doubles for integers of more than 64 bits, and null for numbers that are not finite.

    Raises:
        ValueError: the value is nested too deeply.
    """
    if depth < 0:
        raise ValueError("nested too deeply")
    match value:
        case dict():
            return {name: _storable(item, depth - 1) for name, item in value.items()}
        case list() | tuple():
            return [_storable(item, depth - 1) for item in value]
        case float() if not isfinite(value):
            return None
        case int() if not -(2**63) <= value < 2**63:
            return float(value)
        case _:
            return value


def _fitting(entries: Mapping[str, Any]) -> Document:
    """The entries in order, without those that exceed the limit."""
    kept, left = {}, float(LIST_BYTES)
    for name, value in entries.items():
        needed = size({name: value})
        if needed <= left:
            kept[name] = value
            left -= needed
    return kept


def _note(kept: int, *, is_whole: bool) -> str:
    return "" if is_whole else f"only {kept} entries are listed: the others exceed the limits of a snapshot"


def _refusal(weight: float, most: int) -> str:
    if weight == inf:
        return "cannot be stored"
    return f"takes {weight:.0f} bytes; the limit for all values of its reading is {most}"


def _error(refused: Mapping[str, str]) -> str:
    named = [f"{name} {why}" for name, why in refused.items()]
    rest = [f"{len(named) - _NAMED} more values are refused"] if len(named) > _NAMED else []
    return "; ".join(named[:_NAMED] + rest)
