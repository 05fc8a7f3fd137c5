"""Owns the comparison of a snapshot with the server's own newest statistics document. Pure."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import Any

from collector import dates
from collector.key_paths import Document, at
from collector.numbers import is_number
from collector.statistics.reading import Statistic

# Maximum age of a server document whose time-dependent values should still be close to ours.
STILL_CLOSE = timedelta(minutes=15)
TOLERANCE = 0.1
SLACK = 10  # absolute tolerance, for small numbers

_NOT_COMPARED = frozenset({"_id", "createdAt", "_updatedAt", "statsToken"})


class Verdict(StrEnum):
    """The result of comparing one statistic."""

    EQUAL = "equal"
    CLOSE = "close"
    MOVED = "outdated"
    DIFFERS = "differs"
    NOT_DERIVABLE = "not derivable"
    OURS_ONLY = "rcstats only"
    UNKNOWN = "server only"


@dataclass(frozen=True)
class Comparison:
    """One statistic in both documents; `note` is the difference, or the reason why ours is absent."""

    key: str
    verdict: Verdict
    server: Any = None
    ours: Any = None
    note: str = ""


def compare(ours: Document, server: Document, statistics: Iterable[Statistic]) -> Iterator[Comparison]:
    """Compares all statistics of either document: ours in their order, then those that only the server has."""
    known = [statistic for statistic in statistics if not statistic.key.startswith("collector.")]
    taken = server.get("createdAt")
    fresh = isinstance(taken, datetime) and ours["createdAt"] - taken <= STILL_CLOSE
    for statistic in known:
        pair = at(server, statistic.key), at(ours, statistic.key)
        if pair != (None, None):
            yield _compared(statistic, *pair, ours["collector"]["unavailable"], fresh=fresh)
    keys = {statistic.key for statistic in known}
    for path, value in _leaves(server, keys):
        yield Comparison(path, Verdict.UNKNOWN, server=value)


def _compared(statistic: Statistic, server: Any, ours: Any, reasons: Document, *, fresh: bool) -> Comparison:
    if ours is None and (reason := at(reasons, statistic.key)):
        return Comparison(statistic.key, Verdict.NOT_DERIVABLE, server, note=str(reason))
    if server is None:
        return Comparison(statistic.key, Verdict.OURS_ONLY, ours=ours)
    if _same(server, ours):
        return Comparison(statistic.key, Verdict.EQUAL, server, ours)
    verdict = _judged(server, ours, fresh=fresh) if statistic.moves else Verdict.DIFFERS
    return Comparison(statistic.key, verdict, server, ours, _difference(server, ours))


def _judged(server: Any, ours: Any, *, fresh: bool) -> Verdict:
    """The verdict on an unequal time-dependent value; outdated if the server's document is old."""
    if not fresh:
        return Verdict.MOVED
    if is_number(server) and is_number(ours):
        close = abs(ours - server) <= max(SLACK, TOLERANCE * abs(server))
        return Verdict.CLOSE if close else Verdict.DIFFERS
    return Verdict.CLOSE


def _same(server: Any, ours: Any) -> bool:
    if isinstance(ours, datetime):
        moment = _moment(server)
        return moment is not None and abs(moment - ours) < timedelta(seconds=1)  # the server's text has no milliseconds
    return bool(_canonical(server) == _canonical(ours))


def _moment(value: Any) -> datetime | None:
    """A date, given as such or in one of the two text forms that the server stores."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    with suppress(ValueError):
        return dates.of_text(str(value))
    return dates.of_javascript(value)


def _canonical(value: Any) -> Any:
    """A comparable form: lists in any order, numbers of any type, null as absent are equal."""
    match value:
        case dict():
            return {key: _canonical(item) for key, item in value.items() if item is not None}
        case list():
            return sorted((_canonical(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        case bool():
            return str(value)  # otherwise it would equal 0 or 1
        case int() | float():
            return round(float(value), 6) if isfinite(value) else str(value)  # NaN is not equal to itself
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds")
        case _:
            return str(value)


def _difference(server: Any, ours: Any) -> str:
    if is_number(server) and is_number(ours):
        return f"{round(ours - server, 3):+,}"
    if isinstance(ours, datetime) and (moment := _moment(server)):
        return f"{(ours - moment).total_seconds():+,.0f} s"
    return ""


def _leaves(document: Document, known: set[str], above: str = "") -> Iterator[tuple[str, Any]]:
    """The paths of the server's document that no statistic of rcstats covers."""
    for key, value in document.items():
        path = f"{above}{key}"
        if path in known or path in _NOT_COMPARED:
            continue
        if isinstance(value, dict) and any(other.startswith(f"{path}.") for other in known):
            yield from _leaves(value, known, f"{path}.")
        else:
            yield path, value
