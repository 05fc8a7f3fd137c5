"""Owns documents and the dotted key paths of their values. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

Document = dict[str, Any]


def at(document: Document, path: str) -> Any:
    """The value at a dotted path, or None."""
    value: Any = document
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def place(document: Document, path: str, value: Any) -> None:
    """Sets the value at a dotted path, creating the documents above it."""
    *parents, last = path.split(".")
    for parent in parents:
        document = document.setdefault(parent, {})
    document[last] = value


def flatten(document: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The path and value of each leaf, in order; lists are leaves."""
    for key, value in document.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
