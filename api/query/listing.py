"""Owns the parameters of statistics.list, and the parsing of query strings. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from api.query.filters import INT64, check_path, conditions
from collector.store.snapshots import NEWEST_FIRST, ListQuery

MAX_TEXT = 8_192  # characters of one parameter
MAX_SORT_KEYS = 8

_OURS = frozenset(
    {"offset", "count", "sort", "fields", "query", "refresh", "format"} | {"start", "end", "every", "how", "timezone"}
)
MAX_PARAMETERS = 500  # as in the server's own parser

# Texts that JavaScript's parseInt reads as a number of 0 or more; an empty text counts as 0.
WHOLE = r"^([ \t\r\n]*\+?[0-9][\s\S]*)?$"
_PARSE_INT = re.compile(r"[ \t\r\n]*\+?(?:0[xX]([0-9a-fA-F]+)|([0-9]+))")
_LARGEST = INT64.stop - 1


class BadParametersError(Exception):
    """The query string is malformed, or gives a parameter of ours twice or as a list or object."""


class BadQueryError(Exception):
    """A parameter is invalid. `reason` is for people; `error` and `error_type` are as Rocket.Chat's."""

    def __init__(self, parameter: str, raw: str, reason: str, error_type: str | None = None) -> None:
        super().__init__(reason)
        self.parameter = parameter
        self.error_type = error_type or f"error-invalid-{parameter}"
        self.error = f'Invalid {parameter} parameter provided: "{raw}" [{self.error_type}]'
        self.reason = reason


@dataclass(frozen=True)
class PageLimits:
    """The workspace's limits on pages: its API_* settings, with the server's defaults."""

    default: int = 50
    upper: int = 100
    allow_infinite: bool = True

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "PageLimits":
        """From the values of the settings; any that is not a positive number is replaced by the default."""
        return cls(
            _positive(settings.get("API_Default_Count"), cls.default),
            _positive(settings.get("API_Upper_Count_Limit"), cls.upper),
            settings.get("API_Allow_Infinite_Count", cls.allow_infinite) is not False,
        )

    def count(self, asked: int | None) -> int:
        """The page size for the requested one; 0 means all."""
        count = self.default if asked is None else min(asked, self.upper)
        return self.default if count == 0 and not self.allow_infinite else count


PAGE_SETTINGS = ("API_Default_Count", "API_Upper_Count_Limit", "API_Allow_Infinite_Count")


def parameters(query_string: bytes) -> dict[str, str]:
    """The parameters of a query string, percent-encoded or not.

    Raises:
        BadParametersError: it is malformed, or gives one of ours as a list or object such as `sort[createdAt]`.
    """
    try:
        pairs = parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise BadParametersError from None
    ours = [(name.partition("[")[0], name) for name, _ in pairs if name.partition("[")[0] in _OURS]
    if any(name != plain for plain, name in ours) or len(set(ours)) < len(ours):
        raise BadParametersError
    return dict(pairs)


def parse(given: Mapping[str, str], limits: PageLimits) -> ListQuery:
    """The parameters offset, count, sort, fields and query; others are ignored.

    Raises:
        BadQueryError: a parameter is invalid.
    """
    return ListQuery(
        where=_parsed(given, "query", conditions, {}),
        sort=_parsed(given, "sort", _sort, NEWEST_FIRST),
        fields=_parsed(given, "fields", _fields, {}),
        offset=_whole(given, "offset") or 0,
        count=limits.count(_whole(given, "count")),
    )


def _parsed(
    given: Mapping[str, str],
    name: str,
    check: Callable[[Any], dict[str, Any]],
    default: Mapping[str, Any],
) -> Mapping[str, Any]:
    """A JSON parameter, checked; the default if it is missing, empty or {}."""
    raw = given.get(name)
    if not raw:
        return default
    try:
        if len(raw) > MAX_TEXT:
            raise ValueError(f"expected at most {MAX_TEXT} characters")
        return check(orjson.loads(raw)) or default
    except ValueError as error:
        raise BadQueryError(name, raw[:MAX_TEXT], str(error)) from None


def _whole(given: Mapping[str, str], name: str) -> int | None:
    """A number as JavaScript's parseInt reads it; None if missing, 0 if empty."""
    raw = given.get(name)
    if not raw:
        return None if raw is None else 0
    match = _PARSE_INT.match(raw)
    if not match:
        raise BadQueryError(name, raw[:MAX_TEXT], "expected an integer of 0 or more", "invalid-params")
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


def _positive(value: Any, default: int) -> int:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**31
    return int(value) if usable else default
