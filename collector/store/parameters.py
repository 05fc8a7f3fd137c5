"""Owns the query of a list of snapshots, and its parameters for the API and the command line. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from collector.errors import ParameterError
from collector.key_paths import check_path
from collector.store.filters import INT64, conditions

MAX_TEXT = 8_192  # characters of one parameter
MAX_SORT_KEYS = 8

# Texts that JavaScript's parseInt reads as a number of 0 or more; an empty text counts as 0.
WHOLE = r"^([ \t\r\n]*\+?[0-9][\s\S]*)?$"
_PARSE_INT = re.compile(r"[ \t\r\n]*\+?(?:0[xX]([0-9a-fA-F]+)|([0-9]+))")
_LARGEST = INT64.stop - 1

# What to show whoever sends something else than JSON.
_EXAMPLES = {"query": '{"totalUsers":{"$gt":100}}', "sort": '{"totalUsers":-1}', "fields": '{"totalUsers":1}'}

NEWEST_FIRST: Mapping[str, int] = {"createdAt": -1}


@dataclass(frozen=True)
class ListQuery:
    """Which snapshots, in which order, from where, how many (0: all) and which of their fields."""

    where: Mapping[str, Any] = field(default_factory=dict)
    sort: Mapping[str, int] = field(default_factory=lambda: NEWEST_FIRST)
    fields: Mapping[str, int] = field(default_factory=dict)
    offset: int = 0
    count: int = 50


def list_query(given: Mapping[str, str], page_size: Callable[[int | None], int]) -> ListQuery:
    """The parameters offset, count, sort, fields and query; `page_size` bounds the count.

    Raises:
        ParameterError: a parameter is invalid.
    """
    return ListQuery(
        where=_parsed(given, "query", conditions, {}),
        sort=_parsed(given, "sort", _sort, NEWEST_FIRST),
        fields=_parsed(given, "fields", _fields, {}),
        offset=_whole(given, "offset") or 0,
        count=page_size(_whole(given, "count")),
    )


def _parsed(
    given: Mapping[str, str], name: str, check: Callable[[Any], dict[str, Any]], default: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A JSON parameter, checked; the default if it is missing, empty or {}."""
    raw = given.get(name)
    if not raw:
        return default
    try:
        if len(raw) > MAX_TEXT:
            raise ValueError(f"expected at most {MAX_TEXT} characters")
        return check(orjson.loads(raw)) or default
    except orjson.JSONDecodeError:
        raise ParameterError(name, f"expected JSON, for example {_EXAMPLES[name]}") from None
    except ValueError as error:
        raise ParameterError(name, str(error)) from None


def _whole(given: Mapping[str, str], name: str) -> int | None:
    """A number as JavaScript's parseInt reads it; None if missing, 0 if empty."""
    raw = given.get(name)
    if not raw:
        return None if raw is None else 0
    match = _PARSE_INT.match(raw)
    if not match:
        raise ParameterError(name, "expected an integer of 0 or more")
    hexadecimal, decimal = match.groups()
    return min(int(hexadecimal[:20], 16) if hexadecimal else int(decimal[:20]), _LARGEST)


def _sort(sort: Any) -> dict[str, int]:
    """Key paths with 1 or -1, in the given order."""
    if len(_paths(sort)) > MAX_SORT_KEYS:
        raise ValueError(f"expected at most {MAX_SORT_KEYS} keys")
    if any(isinstance(way, bool) or way not in (1, -1) for way in sort.values()):
        raise ValueError("expected only the values 1 and -1")
    return {path: int(way) for path, way in sort.items()}


def _fields(fields: Any) -> dict[str, int]:
    """Key paths with 1 or 0; if both occur the zeros are dropped, as by the server.

    A path below another one is dropped too: it is redundant, and MongoDB refuses it.
    """
    if any(isinstance(shown, bool) or shown not in (0, 1) for shown in _paths(fields).values()):
        raise ValueError("expected only the values 1 and 0")
    shown = {path: 1 for path, value in fields.items() if value}
    chosen = shown or dict.fromkeys(fields, 0)
    return {path: value for path, value in chosen.items() if chosen.keys().isdisjoint(_wholes(path))}


def _wholes(path: str) -> Iterator[str]:
    """The paths above this one."""
    parts = path.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _paths(value: Any) -> dict[str, Any]:
    """A document whose keys are valid paths.

    Raises:
        ValueError: the value is not such a document.
    """
    if not isinstance(value, dict):
        raise ValueError("expected an object")
    for path in value:
        check_path(path)
    return value
