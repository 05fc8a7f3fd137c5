"""Owns the JSON of the commands: one object on one line, as the API serves it where the API has it."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from api.rendering import bson_json


def write(body: Mapping[str, Any]) -> None:
    """Prints an object, with `success` as its last key, as the API writes its values."""
    _line(bson_json.document(body))


def write_list(snapshots: Iterable[Mapping[str, Any]], offset: int, total: int) -> None:
    """Prints the body of `GET /api/v1/statistics.list`."""
    items = [bson_json.item(snapshot) for snapshot in snapshots]
    end = orjson.dumps({"count": len(items), "offset": offset, "total": total, "success": True})
    _line(b'{"statistics":[' + b",".join(items) + b"]," + end[1:])


def write_parts(parts: Iterable[bytes]) -> None:
    """Prints a body that is encoded already."""
    _line(b"".join(parts))


def _line(body: bytes) -> None:
    sys.stdout.buffer.write(body + b"\n")
