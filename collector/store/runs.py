"""Owns runs of snapshots with equal fields: the pipelines that read them, and the decoding of one snapshot of each."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from bson import decode
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING, DESCENDING

from collector.errors import TooLargeError
from collector.key_paths import Document

# The fields, and the createdAt of each snapshot, which is not a date in a stranger's document.
Run = tuple[Document, list[Any]]


def stages_of_runs(
    own: Document, start: datetime, end: datetime, fields: Mapping[str, int]
) -> tuple[list[Document], list[Document]]:
    """The pipelines of the last snapshot before `start`, and of all from there until before `end`, oldest first."""
    shown: list[Document] = [
        {"$project": {"_id": 0, "createdAt": 1, **fields}},
        {"$replaceWith": {"createdAt": "$createdAt", "fields": "$$ROOT"}},
        {"$unset": "fields.createdAt"},
    ]
    before: list[Document] = [
        {"$match": own | {"createdAt": {"$lt": start}}},
        {"$sort": {"createdAt": DESCENDING}},
        {"$limit": 1},
    ]
    within: list[Document] = [
        {"$match": own | {"createdAt": {"$gte": start, "$lt": end}}},
        {"$sort": {"createdAt": ASCENDING}},
    ]
    return before + shown, within + shown


def runs(rows: Iterable[RawBSONDocument], options: CodecOptions[Document], most: int) -> Iterator[Run]:
    """Rows of {createdAt, fields} as runs; only the fields of the first one are decoded.

    Raises:
        TooLargeError: they are more than `most`.
    """
    for fields, run in groupby(_bounded(rows, most), lambda row: row["fields"].raw):
        yield decode(fields, options), [row["createdAt"] for row in run]


def _bounded(rows: Iterable[RawBSONDocument], most: int) -> Iterator[RawBSONDocument]:
    for number, row in enumerate(rows):
        if number == most:
            raise TooLargeError(f"the period has more than {most:,} snapshots: ask for a shorter one")
        yield row
