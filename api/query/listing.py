"""The query string of statistics.list: a ListQuery, or BadQuery. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from collector.errors import ParameterError
from collector.numbers import is_number
from collector.store.parameters import MAX_TEXT, list_query
from collector.store.snapshots import ListQuery

MAX_PARAMETERS = 500  # as in the server's own parser

# The server's, where it is not error-invalid-NAME.
_ERROR_TYPES = {"offset": "invalid-params", "count": "invalid-params"}

T = TypeVar("T")


class BadParametersError(Exception):
    """A query string that can't be read, or a parameter in it that is no text: named twice, or as a list."""


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


def parameters(query_string: bytes, names: frozenset[str]) -> dict[str, str]:
    """The parameters of these names in a request target, percent-encoded or not, in the order of their names.

    Raises:
        BadParametersError: they can't be read, or one comes twice, as a list or as an object such as `sort[createdAt]`.
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
        BadQueryError: one of them can't be served.
    """
    return served(given, lambda: list_query(given, limits.count))


def served(given: Mapping[str, str], parse: Callable[[], T]) -> T:
    """What a parser makes of the parameters.

    Raises:
        BadQueryError: it takes one of them for wrong.
    """
    try:
        return parse()
    except ParameterError as error:
        raw = given.get(error.parameter, "")[:MAX_TEXT]
        raise BadQueryError(error.parameter, raw, error.reason, _ERROR_TYPES.get(error.parameter)) from None


def _positive(value: Any, default: int) -> int:
    usable = is_number(value) and 0 < value < 2**31
    return int(value) if usable else default
