"""Owns the equality of two values of statistics documents, one of them the server's, and how far they differ. Pure."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from collector import dates
from collector.key_paths import without_nothing
from collector.numbers import is_number

TOLERANCE = 0.1
SLACK = 10  # absolute tolerance, for small numbers


def can_move(server: Any, ours: Any) -> bool:
    """Whether both are numbers, dates, lists or documents, or one is and the other is no value."""
    kinds = {_kind(value) for value in (server, ours) if value is not None}
    if kinds == {"text", "date"}:
        return moment_of(server) is not None
    return len(kinds) == 1 and not kinds & {"text", "flag"}


def _kind(value: Any) -> str:
    if isinstance(value, datetime):
        return "date"
    if is_number(value):
        return "number"
    return {list: "list", dict: "document", bool: "flag"}.get(type(value), "text")


def is_close(server: Any, ours: Any) -> bool:
    """Whether numbers differ by little; other values are as close as they can be."""
    if is_number(server) and is_number(ours):
        return abs(ours - server) <= max(SLACK, TOLERANCE * abs(server))
    return True


def same(server: Any, ours: Any) -> bool:
    """Whether both are equal: dates whatever their form, numbers whatever their type, lists in any order."""
    if server is None or ours is None:
        return server is ours
    if isinstance(ours, datetime):
        moment = moment_of(server)
        return moment is not None and abs(moment - ours) < timedelta(seconds=1)  # the server's text has no milliseconds
    return bool(_canonical(server) == _canonical(ours))


def moment_of(value: Any) -> datetime | None:
    """A date, given as such or in one of the two text forms that the server stores."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    with suppress(ValueError):
        return dates.of_text(str(value))
    return dates.of_javascript(value)


def _canonical(value: Any) -> Any:
    """A comparable form: lists in any order, numbers of any type, null as absent are equal."""
    match without_nothing(value):
        case dict(found):
            return {key: _canonical(item) for key, item in found.items()}
        case list(found):
            return sorted((_canonical(item) for item in found), key=lambda item: json.dumps(item, sort_keys=True))
        case bool(found):
            return str(found)  # otherwise it would equal 0 or 1
        case int(found) | float(found):
            return round(float(found), 6) if isfinite(found) else str(found)  # NaN is not equal to itself
        case datetime() as found:
            return found.astimezone(UTC).isoformat(timespec="milliseconds")
        case found:
            return str(found)
