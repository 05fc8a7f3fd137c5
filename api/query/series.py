"""Owns the parameters and the response of statistics.series. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from api.query.filters import check_path
from api.query.listing import MAX_TEXT, BadQueryError
from api.rendering import bson_json
from collector.series.pipeline import Every, How, SeriesQuery, is_place
from collector.settings import time_zone

MOST_FIELDS = 40
MOST_BUCKETS = 50_000
MOST_VALUES = 500_000  # buckets times fields
MOST_ZONE = 64  # characters of a time zone's name; the longest has 32
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
        BadQueryError: a parameter is invalid.
    """
    zone = _checked("timezone", given.get("timezone") or zone, _zone)
    start, end = (
        _checked(name, given.get(name) or default, lambda raw: moment(raw, ZoneInfo(zone), now))
        for name, default in (("start", DEFAULT_START), ("end", "now"))
    )
    every, size = _checked("every", given.get("every") or "1d", _width)
    if start >= end:
        raise BadQueryError("start", given.get("start", ""), "expected a time earlier than end")
    buckets = (end - start) / (_UNITS[_short(every)][1] * size)
    if buckets > MOST_BUCKETS:
        raise BadQueryError("every", given.get("every", ""), f"more than {MOST_BUCKETS} buckets")
    fields = _checked("fields", given.get("fields", ""), _fields)
    if buckets * len(fields) > MOST_VALUES:
        reason = f"{len(fields)} fields in {buckets:.0f} buckets are more than {MOST_VALUES} values"
        raise BadQueryError("every", given.get("every", ""), reason)
    how = _checked("how", given.get("how") or How.LAST, _how)
    return SeriesQuery(fields, start, end, every, size, how, zone)


def moment(raw: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The time of `now`, an age such as `-30d`, or an ISO 8601 date or time, which is local without an offset.

    Raises:
        ValueError: the text has none of these forms.
    """
    if raw == "now":
        return now
    try:
        if match := _BEFORE_NOW.fullmatch(raw):
            return now - int(match[1]) * _UNITS[match[2]][1]
        parsed = datetime.fromisoformat(raw)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("expected an ISO 8601 time, now, or an age such as -30d") from None


def columns(query: SeriesQuery, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """{at: […], series: {path: […]}, …}: the start of each bucket that contains snapshots, and its values.

    Rows are read and columns yielded one by one, so that a long response does not block others.
    """
    at: list[Any] = []
    series: list[list[Any]] = [[] for _ in query.fields]
    for row in rows:
        at.append(row["_id"])
        for n, values in enumerate(series):
            values.append(row.get(f"v{n}"))
    yield b'{"at":' + _array(at) + b',"series":{'
    for n, (path, values) in enumerate(zip(query.fields, series, strict=True)):
        yield (b"," if n else b"") + orjson.dumps(path) + b":" + _array(values)
    about = {"every": f"{query.size}{_short(query.every)}", "how": query.how.value, "timezone": query.zone}
    span = {"start": query.start, "end": query.end, "count": len(at)}
    yield b"}," + bson_json.document(about | span)[1:]


def _array(values: list[Any]) -> bytes:
    """The list as JSON."""
    return bson_json.item({"": values}).removeprefix(b'{"":')[:-1]


def records(query: SeriesQuery, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """One document per bucket: {at, and the values by path}."""
    for row in rows:
        yield bson_json.plain({"at": row["_id"]} | {path: row.get(f"v{n}") for n, path in enumerate(query.fields)})


def _checked(name: str, raw: str, check: Any) -> Any:
    try:
        return check(raw)
    except ValueError as error:
        raise BadQueryError(name, raw[:MAX_TEXT], str(error)) from None


def _zone(raw: str) -> str:
    """The name of a time zone; limited in length, as Python finally looks up each of its parts as a module."""
    if len(raw) > MOST_ZONE:
        raise ValueError(f"expected an IANA time zone, a name of at most {MOST_ZONE} characters")
    return time_zone(raw)


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
        raise ValueError(f"expected one to {MOST_FIELDS} comma-separated key paths, for example totalUsers,os.freemem")
    for path in paths:
        check_path(path)
        if is_place(path.split(".")[0]):
            raise ValueError(f"Invalid attribute: {path}")
    return paths


def _short(every: Every) -> str:
    return next(short for short, (unit, _) in _UNITS.items() if unit is every)
