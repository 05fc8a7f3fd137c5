"""Documents, and the dotted paths of their values. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

Document = dict[str, Any]


def at(document: Document, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    value: Any = document
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def place(document: Document, path: str, value: Any) -> None:
    """Puts a value at a dotted path, making the documents on the way."""
    *parents, last = path.split(".")
    for parent in parents:
        document = document.setdefault(parent, {})
    document[last] = value


def flatten(document: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The path and the value of each leaf, in their order; lists are leaves."""
    for key, value in document.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
