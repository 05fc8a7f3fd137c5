"""What is licensed, and the settings as the server sees them by it."""

from collections.abc import Collection as Some
from datetime import datetime
from typing import Any

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import UNDEFINED, Stored


def modules(stored: Stored) -> list[str]:
    """By the server's own newest document; none without a licence."""
    dated = [row for row in stored[Collection.STATISTICS] if isinstance(row.get("createdAt"), datetime)]
    newest = max(dated, key=lambda row: row["createdAt"], default={})
    return list(newest.get("enterprise", {}).get("modules", []))


def settings(stored: Stored) -> dict[str, Document]:
    """The rows by id, each with the value that the server sees."""
    licensed = modules(stored)
    return {row["_id"]: row | {"value": seen(row, licensed)} for row in stored[Collection.SETTINGS]}


def seen(row: Document, licensed: Some[str]) -> Any:
    if row.get("enterprise") is not True:
        return row.get("value", UNDEFINED)
    if not licensed:
        return row.get("invalidValue", UNDEFINED)
    lacking = set(row.get("modules", [])) - set(licensed)
    return row.get("invalidValue" if lacking else "value", UNDEFINED)


def value_of(rows: dict[str, Document], name: str) -> Any:
    """The setting's value; UNDEFINED where the setting or its value is missing."""
    return rows.get(name, {}).get("value", UNDEFINED)
