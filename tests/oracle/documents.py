"""How a recount looks into stored documents: paths, presence, equality, numbers; nothing of any subject."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite, isnan
from typing import Any, TypeGuard

from bson import Decimal128

from collector.key_paths import Document
from collector.sources.collections import Collection

Stored = Mapping[Collection, list[Document]]
"""A whole workspace in memory: every document of every collection."""

Counts = dict[str, Any]
"""Values by the dotted path of their key."""

UNDEFINED = object()
"""What JavaScript has where a document lacks the key: the server has no value."""

PLAUSIBLE = 2**53
"""No counter reaches it; JavaScript's whole numbers end there."""


@dataclass(frozen=True)
class Allowed:
    """Values of which any one is right, as the data is odd; `absent`: our document may lack the key, with a reason."""

    values: tuple[Any, ...] = ()
    absent: bool = True


ABSENT = Allowed()
"""The server has something odd; ours has no key, and a reason."""


def either(*values: Any) -> Any:
    """The value if they are all the same, else any one of them."""
    return values[0] if all(value == values[0] for value in values) else Allowed(values, absent=False)


def reached(value: Any, path: str) -> list[Any]:
    """Every value that a dotted path leads to, through the elements of arrays on its way, as MongoDB walks it."""
    head, _, rest = path.partition(".")
    holders = value if isinstance(value, list) else [value]
    found = [holder[head] for holder in holders if isinstance(holder, dict) and head in holder]
    return [deep for item in found for deep in reached(item, rest)] if rest else found


def has(document: Document, path: str) -> bool:
    """MongoDB's {path: {$exists: true}}: null counts."""
    return bool(reached(document, path))


def matches(document: Document, path: str, wanted: Any) -> bool:
    """MongoDB's {path: wanted}: the value itself, or one element of an array; numbers of any type are equal."""
    found = reached(document, path)
    return any(same(value, wanted) for item in found for value in (item if isinstance(item, list) else [item]))


def same(value: Any, wanted: Any) -> bool:
    if isinstance(value, Decimal128):
        value = value.to_decimal()
    return isinstance(value, bool) is isinstance(wanted, bool) and bool(value == wanted)


def is_true(document: Document, path: str) -> bool:
    """MongoDB's {path: true}: 1 and "true" don't count."""
    return matches(document, path, wanted=True)


def is_truthy(value: Any) -> bool:
    """JavaScript's truth: empty arrays and objects are true, NaN is not."""
    if value is UNDEFINED or (isinstance(value, float) and isnan(value)):
        return False
    return isinstance(value, list | dict) or bool(value)


def is_number(value: Any) -> TypeGuard[float]:
    """Whether it is a number that a counter can be."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return is_one and isfinite(value) and abs(value) < PLAUSIBLE


def as_number(value: Any) -> Any:
    """A Decimal128 as a float; anything else as it is."""
    return float(value.to_decimal()) if isinstance(value, Decimal128) else value


def added(values: Iterable[Any], *, decimals: bool = True) -> float:
    """The sum of those values that are numbers; an integer wherever it is whole."""
    numbers = [as_number(value) if decimals else value for value in values]
    total = sum(value for value in numbers if is_number(value))
    return int(total) if total == int(total) else total


def how_many(documents: Iterable[Document], test: Callable[[Document], bool]) -> int:
    return len([document for document in documents if test(document)])


def newest(documents: Iterable[Document], field: str) -> Any:
    """The newest of the field's dates; UNDEFINED without a document, ABSENT if none of them has a date."""
    found = [document.get(field) for document in documents]
    dates = [value for value in found if isinstance(value, datetime)]
    return max(dates) if dates else ABSENT if found else UNDEFINED


def under(prefix: str, values: Counts) -> Counts:
    return {f"{prefix}.{key}": value for key, value in values.items()}
