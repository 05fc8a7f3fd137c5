"""Owns documents and the dotted key paths of their values, and which of these clients may name. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Document = dict[str, Any]

# Root keys that grant access, or that Rocket.Chat itself never returns; excluded from responses, filters and sorting.
SECRET = frozenset({"statsToken", "joinCode", "members", "importIds", "e2e"})

# Limits of a key path, beyond those of any statistic.
MAX_PATH = 200  # characters
MAX_PATH_PARTS = 12
MAX_PATH_NUMBERS = 4  # parts that are an index of a list
MAX_PATH_DIGITS = 9  # MongoDB's indexes are below 2**31
_BEYOND = "|".join(
    (
        rf"[\s\S]{{{MAX_PATH + 1}}}",
        rf"(?:[^.]*\.){{{MAX_PATH_PARTS}}}",
        rf"(?:(?:[^.]*\.)*?[0-9]+(?:\.|$(?!\n))){{{MAX_PATH_NUMBERS + 1}}}",
        rf"(?:[^.]*\.)*[0-9]{{{MAX_PATH_DIGITS + 1},}}(?:\.|$(?!\n))",
    )
)
_BEYOND_BOUNDS = re.compile(_BEYOND)
PATH_BOUNDS = (
    f"at most {MAX_PATH} characters and {MAX_PATH_PARTS} parts, of which at most {MAX_PATH_NUMBERS} are numbers "
    f"of at most {MAX_PATH_DIGITS} digits"
)

# Valid key paths: their parts are neither empty nor operators. Valid in Python and in JSON Schema.
PATH = (
    rf"^(?!{_BEYOND})(?!(?:{'|'.join(sorted(SECRET))})(?:\.|$))"
    r"[^.$\x00][^.\x00]*(?:\.[^.$\x00][^.\x00]*)*$(?!\n)"
)
_PATH = re.compile(PATH)


def at(document: Document, path: str) -> Any:
    """The value at a dotted path, or None."""
    value: Any = document
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def has(document: Document, path: str) -> bool:
    """Whether there is a value at a dotted path, null included."""
    above, _, last = path.rpartition(".")
    parent = at(document, above) if above else document
    return isinstance(parent, dict) and last in parent


def without_nothing(value: Any) -> Any:
    """The value without what the server means by no value: null, and documents that have nothing else."""
    match value:
        case dict():
            items = ((key, without_nothing(item)) for key, item in value.items())
            return {key: item for key, item in items if item is not None} or None
        case list():
            return [without_nothing(item) for item in value]
        case _:
            return value


def place(document: Document, path: str, value: Any) -> None:
    """Sets the value at a dotted path, creating the documents above it."""
    *parents, last = path.split(".")
    for parent in parents:
        document = document.setdefault(parent, {})
    document[last] = value


def place_parents(document: Document, path: str) -> None:
    """Creates the documents above a dotted path."""
    for parent in path.split(".")[:-1]:
        document = document.setdefault(parent, {})


def flatten(document: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The path and value of each leaf, in order; lists are leaves."""
    for key, value in document.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def check_path(path: str) -> None:
    """Passes a key path such as `os.freemem`.

    Raises:
        ValueError: it is empty, too long, has an empty part or an operator in it, or names what is secret.
    """
    if _BEYOND_BOUNDS.match(path):
        raise ValueError(f"A key path has {PATH_BOUNDS}: {path[:MAX_PATH]}")
    if not _PATH.search(path):
        raise ValueError(f"Invalid attribute: {path}")


def is_place(part: str) -> bool:
    """Whether a part of a key path is a place in a list; digits of other scripts are letters of a name."""
    return part.isascii() and part.isdigit()
