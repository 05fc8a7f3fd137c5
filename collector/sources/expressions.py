"""MongoDB's expressions and stages that odd data does not break: numbers, names, and documents by kind."""

from collections.abc import Iterable, Mapping
from typing import Any

from bson import Decimal128

from collector.key_paths import Document

# Up to here JavaScript, and so the server, counts exactly.
EXACT = 2**53

MOST_NAME = 256  # bytes: a DNS name, the longest of the names that people give, takes up to 253
MOST_KINDS = 4_000  # rows; as many as MongoDB puts into one document even if all of their names are the longest

_SCALARS = ("null", "bool", "int", "long", "double", "decimal", "objectId", "date")


def finite(path: str, otherwise: Any = 0) -> Document:
    """The number at a path such as `$msgs`; `otherwise` where there is none, or one that is not finite or not exact.

    MongoDB orders what is missing, null and NaN before all other numbers, and texts, lists, documents and flags after.
    """
    is_finite = {"$and": [{"$gt": [path, -EXACT]}, {"$lt": [path, EXACT]}]}
    return {"$cond": [is_finite, path, otherwise]}


def added(what: Any) -> Document:
    """The sum of the finite numbers at a path, or of an expression; see `number`."""
    return {"$sum": finite(what) if isinstance(what, str) else what}


def number(total: Any) -> int | float:
    """A sum as MongoDB gives it, in any of its four types of numbers: an integer where it is whole and exact."""
    plain = float(total.to_decimal()) if isinstance(total, Decimal128) else total
    return int(plain) if isinstance(plain, int) or (abs(plain) < EXACT and plain.is_integer()) else float(plain)


def among(path: str, values: Iterable[Any]) -> Document:
    """The value at a path if it is one of these; null in place of all others, of which there can be any number."""
    return {"$cond": [{"$in": [{"$ifNull": [path, None]}, list(values)]}, path, None]}


def total(rows: Iterable[Document], **wanted: object) -> int:
    """The documents of those groups whose keys have these values; the rows are those of `RocketChat.groups`."""
    return sum(row["documents"] for row in rows if wanted.items() <= row["_id"].items())


def kinds(by: Mapping[str, str], **sums: Document) -> Document:
    """A stage that makes one row for each kind of document: {_id: {the names at the paths of `by`}, and the `sums`}."""
    return {"$group": {"_id": {part: name(path) for part, path in by.items()}} | sums}


def largest(by: str) -> list[Document]:
    """Stages that follow on `kinds`: at most MOST_KINDS rows, those with the most of one of the sums first."""
    return [{"$sort": {by: -1, "_id": 1}}, {"$limit": MOST_KINDS}]


def name(path: str) -> Document:
    """The value at a path if it can be a name: missing in place of texts that are too long, of lists and documents.

    The length is told in bytes, as a text can be broken.
    """
    is_short = {"$lte": [{"$strLenBytes": path}, MOST_NAME]}
    text = {"case": {"$eq": [{"$type": path}, "string"]}, "then": {"$cond": [is_short, path, "$$REMOVE"]}}
    scalar = {"case": {"$in": [{"$type": path}, list(_SCALARS)]}, "then": path}
    return {"$switch": {"branches": [text, scalar], "default": "$$REMOVE"}}
