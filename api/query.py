"""The query string of statistics.list: a ListQuery, or BadQuery. Pure.

Clients may filter with MongoDB's query language, so what they send is held to a recursive allow-list of operators
and to hard limits. What is not on the list is refused, never dropped: a filter that silently lost a part would
answer with documents that were not asked for.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from collector.store import NEWEST_FIRST, ListQuery

# Operators that compare a field with plain values, by what they take.
COMPARISONS = frozenset({"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$size", "$all"})
# Operators that hold further conditions.
LOGICAL = frozenset({"$and", "$or", "$nor"})
NESTED = frozenset({"$not", "$elemMatch"})
PATTERNS = frozenset({"$regex", "$options"})
OPERATORS = COMPARISONS | LOGICAL | NESTED | PATTERNS

MAX_TEXT = 8_192  # characters of one parameter
MAX_DEPTH = 8  # levels of documents and lists
MAX_PARTS = 256  # keys and list items of a whole query
MAX_PATTERN = 128  # characters of one regular expression
MAX_SORT_KEYS = 8
INT64 = range(-(2**63), 2**63)

_PARSE_INT = re.compile(r"\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|([0-9]+))")
_REGEX_OPTIONS = re.compile("[imsx]*")


class BadQueryError(Exception):
    """A parameter that can't be served. `reason` is for the person, `error` and `error_type` are the server's."""

    def __init__(self, parameter: str, raw: str, reason: str, error_type: str | None = None) -> None:
        super().__init__(reason)
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


def parse(parameters: Mapping[str, str], limits: PageLimits) -> ListQuery:
    """The parameters offset, count, sort, fields and query; others are ignored.

    Raises:
        BadQueryError: one of them can't be served.
    """
    return ListQuery(
        where=_parsed(parameters, "query", _where, {}),
        sort=_parsed(parameters, "sort", _sort, NEWEST_FIRST),
        fields=_parsed(parameters, "fields", _fields, {}),
        offset=_whole(parameters, "offset") or 0,
        count=limits.count(_whole(parameters, "count")),
    )


def _parsed(
    parameters: Mapping[str, str],
    name: str,
    check: Callable[[Any], dict[str, Any]],
    default: Mapping[str, Any],
) -> Mapping[str, Any]:
    """One JSON parameter, checked; the default where it is missing, empty or {}."""
    raw = parameters.get(name)
    if not raw:
        return default
    try:
        if len(raw) > MAX_TEXT:
            raise ValueError(f"longer than {MAX_TEXT} characters")
        return check(orjson.loads(raw)) or default
    except ValueError as error:
        raise BadQueryError(name, raw[:MAX_TEXT], str(error)) from None


def _whole(parameters: Mapping[str, str], name: str) -> int | None:
    """A number as JavaScript's parseInt reads it; None where it is missing, 0 where it is empty."""
    raw = parameters.get(name)
    if raw is None or raw == "":
        return None if raw is None else 0
    match = _PARSE_INT.match(raw[:MAX_TEXT])
    sign, hexadecimal, decimal = match.groups() if match else ("", "", "-1")
    number = int(hexadecimal, 16) if hexadecimal else int(decimal[:20])
    if number not in INT64 or number < 0 or (sign == "-" and number):
        raise BadQueryError(name, raw, "expected a whole number, 0 or more", "invalid-params")
    return number


def _sort(sort: Any) -> dict[str, int]:
    """Key paths with 1 or -1, their order kept."""
    if len(_paths(sort)) > MAX_SORT_KEYS:
        raise ValueError(f"more than {MAX_SORT_KEYS} keys")
    if any(isinstance(way, bool) or way not in (1, -1) for way in sort.values()):
        raise ValueError("a value other than 1 and -1")
    return {path: int(way) for path, way in sort.items()}


def _fields(fields: Any) -> dict[str, int]:
    """Key paths with 1 or 0; where both are mixed the zeros are dropped, as the server drops them."""
    if any(isinstance(shown, bool) or shown not in (0, 1) for shown in _paths(fields).values()):
        raise ValueError("a value other than 1 and 0")
    shown = {path: 1 for path, value in fields.items() if value}
    chosen = shown or dict.fromkeys(fields, 0)
    for path in chosen:
        if any(other.startswith(f"{path}.") for other in chosen):
            raise ValueError(f"{path} is named as a whole and in part")
    return chosen


def _paths(value: Any) -> dict[str, Any]:
    """A document whose keys are plain paths.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, dict):
        raise ValueError("not an object")
    if len(value) > MAX_PARTS:
        raise ValueError(f"more than {MAX_PARTS} keys")
    for path in value:
        _check_path(path)
    return value


def _check_path(path: str) -> None:
    if any(not part or part.startswith("$") or "\0" in part for part in path.split(".")):
        raise ValueError(f"Invalid attribute: {path}")


def _where(query: Any) -> dict[str, Any]:
    """A filter of allowed operators, its EJSON dates made dates."""
    _check_size(query)
    return _conditions(query)


def _check_size(value: Any, depth: int = 1) -> int:
    """The number of keys and items in a value.

    Raises:
        ValueError: there are too many, or they are nested too deep.
    """
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if depth > MAX_DEPTH + 1:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    parts = len(children) + sum(_check_size(child, depth + 1) for child in children)
    if parts > MAX_PARTS:
        raise ValueError(f"more than {MAX_PARTS} keys and items")
    return parts


def _conditions(query: Any) -> dict[str, Any]:
    """A document of conditions: key paths with what they must be, and logical operators."""
    if not isinstance(query, dict):
        raise ValueError("not an object")
    return {
        key: _alternatives(key, value) if key.startswith("$") else _field(key, value) for key, value in query.items()
    }


def _alternatives(operator: str, value: Any) -> list[dict[str, Any]]:
    if operator not in LOGICAL:
        raise ValueError(f"Invalid operation: {operator}")
    if not isinstance(value, list) or not value:
        raise ValueError(f"{operator} takes a list that is not empty")
    return [_conditions(item) for item in value]


def _field(path: str, value: Any) -> Any:
    """What a field must be: operators with their operands, or a plain value."""
    _check_path(path)
    return _operators(value) if _has_operators(value) else _plain(value)


def _operators(value: dict[str, Any]) -> dict[str, Any]:
    if not set(value) <= OPERATORS - LOGICAL:
        raise ValueError(f"Invalid operation: {next(key for key in value if key not in OPERATORS - LOGICAL)}")
    _check_pattern(value)
    return {operator: _operand(operator, operand) for operator, operand in value.items()}


def _operand(operator: str, operand: Any) -> Any:
    if operator in NESTED:
        return _operators(operand) if _has_operators(operand) else _nested(operator, operand)
    if operator in {"$in", "$nin", "$all"} and not isinstance(operand, list):
        raise ValueError(f"{operator} takes a list")
    if operator == "$size" and (isinstance(operand, bool) or not isinstance(operand, int) or operand < 0):
        raise ValueError("$size takes a whole number, 0 or more")
    return _plain(operand)


def _nested(operator: str, operand: Any) -> dict[str, Any]:
    if operator == "$not":
        raise ValueError("$not takes operators")
    return _conditions(operand)


def _check_pattern(value: dict[str, Any]) -> None:
    """A pattern is a short text: its work grows with its length, and a client's error must not be ours."""
    if "$options" in value and not ("$regex" in value and _is_options(value["$options"])):
        raise ValueError("$options takes the letters i, m, s and x, beside $regex")
    if "$regex" not in value:
        return
    pattern = value["$regex"]
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN or "\0" in pattern:
        raise ValueError(f"$regex takes a text of at most {MAX_PATTERN} characters")


def _is_options(value: Any) -> bool:
    return isinstance(value, str) and bool(_REGEX_OPTIONS.fullmatch(value))


def _has_operators(value: Any) -> bool:
    """Whether a document speaks in operators; one that is a date in EJSON does not."""
    return isinstance(value, dict) and "$date" not in value and any(key.startswith("$") for key in value)


def _plain(value: Any) -> Any:
    """A value without operators; {"$date": …} becomes a date."""
    match value:
        case {"$date": moment, **rest} if not rest:
            return _date(moment)
        case dict():
            for key in value:
                if key.startswith("$") or "\0" in key:
                    raise ValueError(f"Invalid operation: {key}")
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case int() if value not in INT64:
            return float(value)  # as JavaScript, whose numbers are doubles
        case _:
            return value


def _date(moment: Any) -> datetime:
    """Milliseconds since 1970, or an ISO text; without a zone it is UTC."""
    try:
        if isinstance(moment, str):
            parsed = datetime.fromisoformat(moment)
            return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        if isinstance(moment, bool) or not isinstance(moment, int | float):
            raise TypeError
        return datetime.fromtimestamp(moment / 1000, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        raise ValueError("$date takes milliseconds since 1970 or an ISO 8601 text") from None


def _positive(value: Any, default: int) -> int:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**31
    return int(value) if usable else default
