"""Owns the parameters of statistics.list, and the parsing of query strings. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from collector.errors import ParameterError
from collector.numbers import whole
from collector.store.parameters import MAX_TEXT, ListQuery, list_query

MAX_PARAMETERS = 500  # as in the server's own parser

# The server's, where it is not error-invalid-NAME.
_ERROR_TYPES = {"offset": "invalid-params", "count": "invalid-params"}

T = TypeVar("T")


class BadParametersError(Exception):
    """The query string is malformed, or gives a parameter of ours twice or as a list or object."""


class BadQueryError(Exception):
    """A parameter is invalid. `reason` is for people; `error` and `error_type` are as Rocket.Chat's."""

    def __init__(self, parameter: str, raw: str, reason: str) -> None:
        super().__init__(reason)
        self.parameter = parameter
        self.error_type = _ERROR_TYPES.get(parameter, f"error-invalid-{parameter}")
        self.error = f'Invalid {parameter} parameter provided: "{raw}" [{self.error_type}]'
        self.reason = reason


@dataclass(frozen=True)
class PageLimits:
    """The workspace's limits on pages: its API_* settings, with the server's defaults; 0 means no limit."""

    default: int = 50
    upper: int = 100
    allow_infinite: bool = True

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "PageLimits":
        """From the values of the settings. As on the server, 0 counts, and a negative number is the default."""
        return cls(
            whole(settings.get("API_Default_Count"), cls.default, least=0),
            whole(settings.get("API_Upper_Count_Limit"), cls.upper, least=0),
            bool(settings.get("API_Allow_Infinite_Count", cls.allow_infinite)),
        )

    def count(self, asked: int | None) -> int:
        """The page size for the requested one; 0 means all."""
        count = min(self.default if asked is None else asked, self.upper)
        return self.default if count == 0 and not self.allow_infinite else count


PAGE_SETTINGS = ("API_Default_Count", "API_Upper_Count_Limit", "API_Allow_Infinite_Count")


def parameters(query_string: bytes, names: frozenset[str]) -> dict[str, str]:
    """The parameters of these names in a request target, percent-encoded or not, in the order of their names.

    Raises:
        BadParametersError: it is malformed, or gives one of them twice, as a list or as an object such as
                `sort[createdAt]`.
    """
    try:
        pairs = parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise BadParametersError from None
    named = sorted(pair for pair in pairs if pair[0].partition("[")[0] in names)
    found = dict(named)
    if len(found) < len(named) or not found.keys() <= names:
        raise BadParametersError
    return found


def parse(given: Mapping[str, str], limits: PageLimits) -> ListQuery:
    """The parameters offset, count, sort, fields and query; others are ignored.

    Raises:
        BadQueryError: a parameter is invalid.
    """
    return served(given, lambda: list_query(given, limits.count))


def served(given: Mapping[str, str], parse: Callable[[], T]) -> T:
    """The query that a parser makes of the parameters.

    Raises:
        BadQueryError: a parameter is invalid.
    """
    try:
        return parse()
    except ParameterError as error:
        raw = given.get(error.parameter, "")[:MAX_TEXT]
        raise BadQueryError(error.parameter, raw, error.reason) from None
