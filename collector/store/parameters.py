"""Reads the parameters of a list of snapshots: those of the API and the command line. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from collector.errors import ParameterError
from collector.key_paths import check_path
from collector.store.filters import INT64, conditions
from collector.store.snapshots import NEWEST_FIRST, ListQuery

MAX_TEXT = 8_192  # characters of one parameter
MAX_SORT_KEYS = 8

# What parseInt finds a number in, if it is not negative; and nothing, which counts as 0.
WHOLE = r"^([ \t\r\n]*\+?[0-9][\s\S]*)?$"
_PARSE_INT = re.compile(r"[ \t\r\n]*\+?(?:0[xX]([0-9a-fA-F]+)|([0-9]+))")
_LARGEST = INT64.stop - 1


def list_query(given: Mapping[str, str], page_size: Callable[[int | None], int]) -> ListQuery:
    """The parameters offset, count, sort, fields and query; `page_size` makes one of the count.

    Raises:
        ParameterError: one of them can't be served.
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
    """One JSON parameter, checked; the default where it is missing, empty or {}."""
    raw = given.get(name)
    if not raw:
        return default
    try:
        if len(raw) > MAX_TEXT:
            raise ValueError(f"longer than {MAX_TEXT} characters")
        return check(orjson.loads(raw)) or default
    except ValueError as error:
        raise ParameterError(name, str(error)) from None


def _whole(given: Mapping[str, str], name: str) -> int | None:
    """A number as JavaScript's parseInt reads it; None where it is missing, 0 where it is empty."""
    raw = given.get(name)
    if not raw:
        return None if raw is None else 0
    match = _PARSE_INT.match(raw)
    if not match:
        raise ParameterError(name, "expected a whole number, 0 or more")
    hexadecimal, decimal = match.groups()
    return min(int(hexadecimal[:20], 16) if hexadecimal else int(decimal[:20]), _LARGEST)


def _sort(sort: Any) -> dict[str, int]:
    """Key paths with 1 or -1, their order kept."""
    if len(_paths(sort)) > MAX_SORT_KEYS:
        raise ValueError(f"more than {MAX_SORT_KEYS} keys")
    if any(isinstance(way, bool) or way not in (1, -1) for way in sort.values()):
        raise ValueError("a value other than 1 and -1")
    return {path: int(way) for path, way in sort.items()}


def _fields(fields: Any) -> dict[str, int]:
    """Key paths with 1 or 0; where both are mixed the zeros are dropped, as the server drops them.

    A part of what is named as a whole says nothing new, and MongoDB refuses it: it is dropped too.
    """
    if any(isinstance(shown, bool) or shown not in (0, 1) for shown in _paths(fields).values()):
        raise ValueError("a value other than 1 and 0")
    shown = {path: 1 for path, value in fields.items() if value}
    chosen = shown or dict.fromkeys(fields, 0)
    return {path: value for path, value in chosen.items() if chosen.keys().isdisjoint(_wholes(path))}


def _wholes(path: str) -> Iterator[str]:
    """The paths that this one is a part of."""
    parts = path.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _paths(value: Any) -> dict[str, Any]:
    """A document whose keys are plain paths.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, dict):
        raise ValueError("not an object")
    for path in value:
        check_path(path)
    return value
