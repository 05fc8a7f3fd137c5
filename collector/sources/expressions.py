"""Owns MongoDB expressions and stages that tolerate malformed data: numbers, names, and groups."""

from collections.abc import Iterable, Mapping
from typing import Any

from bson import Decimal128

from collector.key_paths import Document

# JavaScript, and thus the server, counts exactly up to here.
EXACT = 2**53

# The same range as a query; unlike `finite`, it also matches a list with such a number.
IN_RANGE: Document = {"$gt": -EXACT, "$lt": EXACT}

MOST_NAME = 256  # bytes; the longest sensible names, DNS names, have up to 253
MOST_KINDS = 4_000  # rows; with names of maximum length they still fit into one MongoDB document

_SCALARS = ("null", "bool", "int", "long", "double", "decimal", "objectId", "date")


def finite(path: str, otherwise: Any = 0) -> Document:
    """The number at a path such as `$msgs`; `otherwise` if it is missing, not finite or not exact.

    MongoDB sorts missing values, null and NaN below all other numbers, and strings, lists, documents and flags above.
    """
    is_finite = {"$and": [{"$gt": [path, -EXACT]}, {"$lt": [path, EXACT]}]}
    return {"$cond": [is_finite, path, otherwise]}


def added(what: Any) -> Document:
    """The sum of the finite numbers at a path, or of an expression; see `number`."""
    return {"$sum": finite(what) if isinstance(what, str) else what}


def number(total: Any) -> int | float:
    """A sum of any of MongoDB's four number types; as an integer if it is whole and exact."""
    plain = float(total.to_decimal()) if isinstance(total, Decimal128) else total
    return int(plain) if isinstance(plain, int) or (abs(plain) < EXACT and plain.is_integer()) else float(plain)


def among(path: str, values: Iterable[Any]) -> Document:
    """The value at a path if it is one of these, else null, so that the number of groups is limited."""
    return {"$cond": [{"$in": [{"$ifNull": [path, None]}, list(values)]}, path, None]}


def equals(path: str, value: Any) -> Document:
    """Whether a value at a path equals another one as in a query, which looks into lists."""
    return {"$cond": [{"$isArray": [path]}, {"$in": [value, path]}, {"$eq": [path, value]}]}


def each(*conditions: Document) -> Document:
    """The number of documents with all these conditions, as a sum of `RocketChat.groups`."""
    return {"$cond": [{"$and": list(conditions)}, 1, 0]}


def total(rows: Iterable[Document], **wanted: object) -> int:
    """The documents of those groups whose keys have these values; the rows are those of `RocketChat.groups`."""
    return sum(row["documents"] for row in rows if wanted.items() <= row["_id"].items())


def kinds(by: Mapping[str, str], **sums: Document) -> Document:
    """A stage that yields one row per group: {_id: {the names at the paths of `by`}, and the `sums`}."""
    return {"$group": {"_id": {part: name(path) for part, path in by.items()}} | sums}


def largest(by: str) -> list[Document]:
    """Stages after `kinds`: at most MOST_KINDS rows, those with the highest sum `by` first."""
    return [{"$sort": {by: -1, "_id": 1}}, {"$limit": MOST_KINDS}]


def name(path: str) -> Document:
    """The value at a path if it can be a name; strings that are too long, lists and documents become missing.

    The length is measured in bytes, as a string can be invalid UTF-8.
    """
    is_short = {"$lte": [{"$strLenBytes": path}, MOST_NAME]}
    text = {"case": {"$eq": [{"$type": path}, "string"]}, "then": {"$cond": [is_short, path, "$$REMOVE"]}}
    scalar = {"case": {"$in": [{"$type": path}, list(_SCALARS)]}, "then": path}
    return {"$switch": {"branches": [text, scalar], "default": "$$REMOVE"}}
