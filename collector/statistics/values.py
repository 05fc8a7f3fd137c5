"""Owns the values that readings return in place of plain ones: absent, undefined, noted, or of some releases. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from collector.key_paths import Document
from collector.statistics.releases import NULLS, Release, Span


@dataclass(frozen=True)
class Absent:
    """Replaces a value that does not exist, with the reason; this is not a failure."""

    reason: str


class Undefined(Enum):
    """The server itself has no value: null in the document from release 7.4 on, and no key before."""

    UNDEFINED = "undefined"


UNDEFINED = Undefined.UNDEFINED


@dataclass(frozen=True)
class Noted:
    """Wraps a value with a note, such as that it is incomplete."""

    value: Any
    note: str


def noted(value: Any, note: str) -> Any:
    """The value, wrapped with the note unless that is empty."""
    return Noted(value, note) if note else value


@dataclass(frozen=True)
class Only:
    """Wraps a part of a value that only some releases have."""

    releases: Span
    value: Any


def resolved(value: Any, release: Release) -> Any:
    """The value as the document of a release has it: null for UNDEFINED from 7.4 on, else not even its key."""
    match value:
        case Undefined():
            return None
        case dict():
            return {key: resolved(item, release) for key, item in _parts(value, release) if _is_there(item, release)}
        case list():
            return [resolved(item, release) for item in value]
    return value


def _parts(value: Document, release: Release) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        if not isinstance(item, Only):
            yield key, item
        elif release in item.releases:
            yield key, item.value


def _is_there(item: Any, release: Release) -> bool:
    return item is not UNDEFINED or release >= NULLS


Values = Mapping[str, Any]
