"""How a recount looks into stored documents: paths, presence, truth, numbers; nothing of any subject."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from math import isfinite
from typing import Any, TypeGuard

from collector.key_paths import Document
from collector.sources.collections import Collection

Stored = Mapping[Collection, list[Document]]
"""A whole workspace in memory: every document of every collection."""

Counts = dict[str, Any]
"""Values by the dotted path of their key."""


def reached(value: Any, path: str) -> list[Any]:
    """Every value that a dotted path leads to, through the elements of arrays on its way, as MongoDB walks it."""
    head, _, rest = path.partition(".")
    holders = value if isinstance(value, list) else [value]
    found = [holder[head] for holder in holders if isinstance(holder, dict) and head in holder]
    return [deep for item in found for deep in reached(item, rest)] if rest else found


def has(document: Document, path: str) -> bool:
    """MongoDB's {path: {$exists: true}}: null counts."""
    return bool(reached(document, path))


def is_true(document: Document, path: str) -> bool:
    """MongoDB's {path: true}: 1 and "true" don't count."""
    return any(value is True for value in reached(document, path))


def holds(document: Document, key: str, wanted: str) -> bool:
    """MongoDB's {key: wanted}: the value itself, or one element of an array."""
    value = document.get(key)
    return wanted in value if isinstance(value, list) else value == wanted


def is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def added(values: Iterable[Any]) -> float:
    """The sum of those values that are finite numbers; an integer wherever it is whole."""
    total = sum(value for value in values if is_number(value))
    return int(total) if total == int(total) else total


def how_many(documents: Iterable[Document], test: Callable[[Document], bool]) -> int:
    return len([document for document in documents if test(document)])


def newest(documents: Iterable[Document], field: str, key: str) -> Counts:
    """{key: the newest of the field's dates}, {} if it has none."""
    dates = [document[field] for document in documents if isinstance(document.get(field), datetime)]
    return {key: max(dates)} if dates else {}


def under(prefix: str, values: Counts) -> Counts:
    return {f"{prefix}.{key}": value for key, value in values.items()}
