"""Owns the filters that clients may use: MongoDB's query language, restricted to an allow-list. Pure.

A filter with any other operator, at any depth, is refused and never trimmed: without a part it would match documents
that were not requested. Size, depth and patterns have hard limits.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from collector import dates
from collector.key_paths import check_path
from collector.numbers import is_number

# Operators that compare a field with plain values.
COMPARISONS = frozenset(
    {"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$size", "$all", "$type", "$mod"}
)
# Operators that contain further conditions.
LOGICAL = frozenset({"$and", "$or", "$nor"})
NESTED = frozenset({"$not", "$elemMatch"})
PATTERNS = frozenset({"$regex", "$options"})
OPERATORS = COMPARISONS | LOGICAL | NESTED | PATTERNS

# The dates that each snapshot has, and the operators by which a text could be compared with them.
DATES = frozenset({"createdAt", "_updatedAt", "collector.slot", "collector.startedAt", "collector.finishedAt"})
_COMPARING = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$all")

MAX_DEPTH = 8  # levels of documents and lists
MAX_PARTS = 256  # keys and list items of a whole query
MAX_PATTERN = 128  # characters of one regular expression
INT64 = range(-(2**63), 2**63)
REGEX_OPTIONS = "[imsx]*"

# BSON types by the names that MongoDB has for them, in the order of their numbers, which begin at 1.
_TYPES = (
    *("double", "string", "object", "array", "binData", "undefined", "objectId", "bool", "date", "null", "regex"),
    *("dbPointer", "javascript", "symbol", "javascriptWithScope", "int", "timestamp", "long", "decimal"),
)
TYPE_NAMES = frozenset({*_TYPES, "minKey", "maxKey", "number"})
TYPE_NUMBERS = frozenset({*range(1, len(_TYPES) + 1), -1, 127})


def conditions(query: Any) -> dict[str, Any]:
    """A filter of allowed operators, with EJSON dates converted.

    Raises:
        ValueError: the filter is invalid; the text is the reason.
    """
    _check_size(query)
    return _conditions(query)


def _check_size(value: Any, depth: int = 1) -> int:
    """The number of keys and items in a value.

    Raises:
        ValueError: they are too many or nested too deeply.
    """
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if depth > MAX_DEPTH + 1:
        raise ValueError(f"expected at most {MAX_DEPTH} nested levels")
    parts = len(children) + sum(_check_size(child, depth + 1) for child in children)
    if parts > MAX_PARTS:
        raise ValueError(f"expected at most {MAX_PARTS} keys and items")
    return parts


def _conditions(query: Any) -> dict[str, Any]:
    """A document of conditions on key paths, and of logical operators."""
    if not isinstance(query, dict):
        raise ValueError("expected an object")
    return {
        key: _alternatives(key, value) if key.startswith("$") else _field(key, value) for key, value in query.items()
    }


def _alternatives(operator: str, value: Any) -> list[dict[str, Any]]:
    if operator not in LOGICAL:
        raise ValueError(f"Invalid operation: {operator}")
    if not isinstance(value, list) or not value:
        raise ValueError(f"{operator} requires a non-empty list")
    return [_conditions(item) for item in value]


def _field(path: str, value: Any) -> Any:
    """The condition on a field: operators with their operands, or a plain value."""
    check_path(path)
    if path in DATES:
        _check_date(path, value)
    return _operators(value) if _has_operators(value) else _plain(value)


def _check_date(path: str, value: Any) -> None:
    """Passes a condition on a date.

    Raises:
        ValueError: it compares the date with a text, which would never match, though the client expects that it does.
    """
    operands = [value[name] for name in _COMPARING if name in value] if isinstance(value, dict) else [value]
    for operand in operands:
        if any(isinstance(item, str) for item in (operand if isinstance(operand, list) else [operand])):
            raise ValueError(f'{path} is a date, which is written {{"$date": "2026-01-31T00:00:00Z"}}, and not a text')


def _operators(value: dict[str, Any]) -> dict[str, Any]:
    if not set(value) <= OPERATORS - LOGICAL:
        raise ValueError(f"Invalid operation: {next(key for key in value if key not in OPERATORS - LOGICAL)}")
    _check_pattern(value)
    return {operator: _operand(operator, operand) for operator, operand in value.items()}


def _operand(operator: str, operand: Any) -> Any:
    if operator in NESTED:
        return _operators(operand) if _has_operators(operand) else _nested(operator, operand)
    is_valid, requirement = _REQUIREMENTS.get(operator, _NONE)
    if not is_valid(operand):
        raise ValueError(f"{operator} requires {requirement}")
    return _plain(operand)


def _nested(operator: str, operand: Any) -> dict[str, Any]:
    if operator == "$not":
        raise ValueError("$not requires operators")
    return _conditions(operand)


def _is_list(operand: Any) -> bool:
    return isinstance(operand, list)


def _is_int(operand: Any) -> bool:
    return isinstance(operand, int) and not isinstance(operand, bool)


def _is_size(operand: Any) -> bool:
    return _is_int(operand) and operand >= 0


def _is_type(operand: Any) -> bool:
    types = operand if isinstance(operand, list) else [operand]
    return 0 < len(types) <= len(TYPE_NAMES) and all(
        each in TYPE_NAMES if isinstance(each, str) else _is_int(each) and each in TYPE_NUMBERS for each in types
    )


def _is_divisor_and_remainder(operand: Any) -> bool:
    """Fractions are refused, as releases of MongoDB differ in what they make of them."""
    is_pair = isinstance(operand, list) and len(operand) == len(("divisor", "remainder"))
    return is_pair and all(_is_int(each) and each in INT64 for each in operand) and operand[0] != 0


# What an operand has to be, and the words for it.
_Requirement = tuple[Callable[[Any], bool], str]
_NONE: _Requirement = (lambda _: True, "")
_REQUIREMENTS: Mapping[str, _Requirement] = {
    "$in": (_is_list, "a list"),
    "$nin": (_is_list, "a list"),
    "$all": (_is_list, "a list"),
    "$size": (_is_size, "an integer of 0 or more"),
    "$type": (_is_type, f"a name or number of a BSON type, or a list of 1 to {len(TYPE_NAMES)} of them"),
    "$mod": (_is_divisor_and_remainder, "a list of two 64-bit integers, of which the first is not 0"),
}


def _check_pattern(value: dict[str, Any]) -> None:
    """Limits a pattern's length, with which its cost grows; an invalid one is the client's error."""
    if "$options" in value and not ("$regex" in value and _is_options(value["$options"])):
        raise ValueError("$options requires $regex, and only the letters i, m, s and x")
    if "$regex" not in value:
        return
    pattern = value["$regex"]
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN or "\0" in pattern:
        raise ValueError(f"$regex requires a string of at most {MAX_PATTERN} characters")


def _is_options(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(REGEX_OPTIONS, value))


def _has_operators(value: Any) -> bool:
    """Whether a document consists of operators; an EJSON date does not."""
    return isinstance(value, dict) and "$date" not in value and any(key.startswith("$") for key in value)


def _plain(value: Any) -> Any:
    """A value without operators; {"$date": …} is converted to a date."""
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
    """A date from milliseconds since 1970 or ISO text, UTC without an offset; in the years 1 to 9999 of UTC."""
    try:
        if isinstance(moment, str):
            return dates.of_text(moment)
        if is_number(moment):
            return dates.of_milliseconds(moment)
    except ValueError:
        pass
    raise ValueError("$date requires milliseconds since 1970 or an ISO 8601 string")
