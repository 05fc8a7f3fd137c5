"""The parameters of statistics.series: a SeriesQuery, or BadQuery; and its answer in columns. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api import javascript
from api.filter import check_path
from api.query import BadQueryError
from collector.series import Every, How, SeriesQuery
from collector.settings import time_zone

MOST_FIELDS = 40
MOST_BUCKETS = 50_000
DEFAULT_START = "-30d"

_UNITS = {
    "m": (Every.MINUTE, timedelta(minutes=1)),
    "h": (Every.HOUR, timedelta(hours=1)),
    "d": (Every.DAY, timedelta(days=1)),
    "w": (Every.WEEK, timedelta(weeks=1)),
    "mo": (Every.MONTH, timedelta(days=28)),
    "q": (Every.QUARTER, timedelta(days=90)),
    "y": (Every.YEAR, timedelta(days=365)),
}
WIDTH = r"([1-9][0-9]{0,3})(m|h|d|w|mo|q|y)"
_WIDTH = re.compile(WIDTH)
_BEFORE_NOW = re.compile(r"-([0-9]{1,5})(m|h|d|w|mo|q|y)")


def parse(given: Mapping[str, str], zone: str, now: datetime) -> SeriesQuery:
    """The parameters fields, start, end, every, how and timezone; `zone` is the collector's own.

    Raises:
        BadQueryError: one of them can't be served.
    """
    zone = _checked("timezone", given.get("timezone") or zone, time_zone)
    start, end = (
        _checked(name, given.get(name) or default, lambda raw: moment(raw, ZoneInfo(zone), now))
        for name, default in (("start", DEFAULT_START), ("end", "now"))
    )
    every, size = _checked("every", given.get("every") or "1d", _width)
    if start >= end:
        raise BadQueryError("start", given.get("start", ""), "it is not before the end")
    if (end - start) / (_UNITS[_short(every)][1] * size) > MOST_BUCKETS:
        raise BadQueryError("every", given.get("every", ""), f"that would be more than {MOST_BUCKETS} buckets")
    fields = _checked("fields", given.get("fields", ""), _fields)
    how = _checked("how", given.get("how") or How.LAST, _how)
    return SeriesQuery(fields, start, end, every, size, how, zone)


def moment(raw: str, zone: ZoneInfo, now: datetime) -> datetime:
    """`now`, a time before it such as `-30d`, or an ISO 8601 date or time; without a zone it is local.

    Raises:
        ValueError: it is none of them.
    """
    if raw == "now":
        return now
    try:
        if match := _BEFORE_NOW.fullmatch(raw):
            return now - int(match[1]) * _UNITS[match[2]][1]
        parsed = datetime.fromisoformat(raw)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("expected an ISO 8601 time, now, or a time before it such as -30d") from None


def columns(query: SeriesQuery, rows: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
    """{at: […], series: {path: […]}, …}: the beginning of each bucket that has snapshots, and its values."""
    series = {path: [row.get(f"v{n}") for row in rows] for n, path in enumerate(query.fields)}
    about = {"every": f"{query.size}{_short(query.every)}", "how": query.how.value, "timezone": query.zone}
    span = {"start": query.start, "end": query.end, "count": len(rows)}
    yield javascript.document({"at": [row["_id"] for row in rows], "series": series} | about | span)


def records(query: SeriesQuery, rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """A document a bucket: {at, and the values by path}."""
    for row in rows:
        yield javascript.plain({"at": row["_id"]} | {path: row.get(f"v{n}") for n, path in enumerate(query.fields)})


def _checked(name: str, raw: str, check: Any) -> Any:
    try:
        return check(raw)
    except ValueError as error:
        raise BadQueryError(name, raw, str(error)) from None


def _width(raw: str) -> tuple[Every, int]:
    if not (match := _WIDTH.fullmatch(raw)):
        raise ValueError("expected a number and one of m, h, d, w, mo, q, y, for example 1d")
    return _UNITS[match[2]][0], int(match[1])


def _how(raw: str) -> How:
    try:
        return How(raw)
    except ValueError:
        raise ValueError(f"expected one of {', '.join(How)}") from None


def _fields(raw: str) -> tuple[str, ...]:
    paths = tuple(dict.fromkeys(part.strip() for part in raw.split(",")))
    if not raw or len(paths) > MOST_FIELDS:
        raise ValueError(
            f"expected one to {MOST_FIELDS} key paths with commas between, for example totalUsers,os.freemem"
        )
    for path in paths:
        check_path(path)
        if path.split(".")[0].isdigit() or len(path) > 200:
            raise ValueError(f"Invalid attribute: {path}")
    return paths


def _short(every: Every) -> str:
    return next(short for short, (unit, _) in _UNITS.items() if unit is every)
