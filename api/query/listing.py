"""The query string of statistics.list: a ListQuery, or BadQuery. Pure."""

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

# What parseInt finds a number in, if it is not negative; and nothing, which counts as 0.
WHOLE = r"^([ \t\r\n]*\+?[0-9][\s\S]*)?$"
_PARSE_INT = re.compile(r"[ \t\r\n]*\+?(?:0[xX]([0-9a-fA-F]+)|([0-9]+))")
_LARGEST = INT64.stop - 1


class BadParametersError(Exception):
    """A query string that can't be read, or a parameter of ours that is no text: named twice, or as a list."""


class BadQueryError(Exception):
    """A parameter that can't be served. `reason` is for the person, `error` and `error_type` are the server's."""

    def __init__(self, parameter: str, raw: str, reason: str, error_type: str | None = None) -> None:
        super().__init__(reason)
        self.parameter = parameter
        self.error_type = error_type or f"error-invalid-{parameter}"
        self.error = f'Invalid {parameter} parameter provided: "{raw}" [{self.error_type}]'
        self.reason = reason


@dataclass(frozen=True)
class PageLimits:
    """The workspace's own rules for pages: its API_* settings, by the server's defaults."""

    default: int = 50
    upper: int = 100
    allow_infinite: bool = True

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "PageLimits":
        """From the values of the settings; one that is missing or no positive number counts as the default."""
        return cls(
            _positive(settings.get("API_Default_Count"), cls.default),
            _positive(settings.get("API_Upper_Count_Limit"), cls.upper),
            settings.get("API_Allow_Infinite_Count", cls.allow_infinite) is not False,
        )

    def count(self, asked: int | None) -> int:
        """How many documents a page has; 0 means all."""
        count = self.default if asked is None else min(asked, self.upper)
        return self.default if count == 0 and not self.allow_infinite else count


PAGE_SETTINGS = ("API_Default_Count", "API_Upper_Count_Limit", "API_Allow_Infinite_Count")


def parameters(query_string: bytes) -> dict[str, str]:
    """The parameters of a request target, percent-encoded or not.

    Raises:
        BadParametersError: they can't be read, or one of ours is a list or an object such as `sort[createdAt]`.
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
        BadQueryError: one of them can't be served.
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
    """One JSON parameter, checked; the default where it is missing, empty or {}."""
    raw = given.get(name)
    if not raw:
        return default
    try:
        if len(raw) > MAX_TEXT:
            raise ValueError(f"longer than {MAX_TEXT} characters")
        return check(orjson.loads(raw)) or default
    except ValueError as error:
        raise BadQueryError(name, raw[:MAX_TEXT], str(error)) from None


def _whole(given: Mapping[str, str], name: str) -> int | None:
    """A number as JavaScript's parseInt reads it; None where it is missing, 0 where it is empty."""
    raw = given.get(name)
    if not raw:
        return None if raw is None else 0
    match = _PARSE_INT.match(raw)
    if not match:
        raise BadQueryError(name, raw[:MAX_TEXT], "expected a whole number, 0 or more", "invalid-params")
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


def _positive(value: Any, default: int) -> int:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**31
    return int(value) if usable else default
