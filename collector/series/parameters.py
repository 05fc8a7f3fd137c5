"""Owns the parameters of a series, such as a start of -7d and a width of 1d, for the API and the command line. Pure."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from collector import dates
from collector.errors import ParameterError
from collector.key_paths import check_path, is_place
from collector.series.pipeline import How, SeriesQuery
from collector.series.time_zones import time_zone
from collector.series.widths import UNITS, width

MOST_FIELDS = 40
MOST_BUCKETS = 50_000
MOST_VALUES = 500_000  # buckets times fields
MOST_ZONE = 64  # characters of a time zone's name; the longest has 32
DEFAULT_START = "-30d"

_BEFORE_NOW = re.compile(rf"(?:now)?-([0-9]{{1,5}})({'|'.join(UNITS)})")
# Seconds or milliseconds; eight digits are a date such as 20240301.
_SINCE_1970 = re.compile(r"([0-9]{9,11}(?:\.[0-9]{1,9})?)|([0-9]{12,14})")

T = TypeVar("T")


def series_query(given: Mapping[str, str], zone: str, now: datetime) -> SeriesQuery:
    """The parameters fields, start, end, every, how and timezone; `zone` is the collector's own.

    Raises:
        ParameterError: a parameter is invalid.
    """
    zone = checked("timezone", given.get("timezone") or zone, _zone)
    start, end = (
        checked(name, given.get(name) or default, lambda raw: moment(raw, ZoneInfo(zone), now))
        for name, default in (("start", DEFAULT_START), ("end", "now"))
    )
    size, every = checked("every", given.get("every") or "1d", width)
    if start >= end:
        raise ParameterError("start", "expected a time earlier than end")
    buckets = (end - start) / (every.length * size)
    if buckets > MOST_BUCKETS:
        raise ParameterError("every", f"more than {MOST_BUCKETS} buckets")
    fields = checked("fields", given.get("fields", ""), _fields)
    if buckets * len(fields) > MOST_VALUES:
        reason = f"{len(fields)} fields in {buckets:.0f} buckets are more than {MOST_VALUES} values"
        raise ParameterError("every", reason)
    how = checked("how", given.get("how") or How.LAST, _how)
    return SeriesQuery(fields, start, end, every, size, how, zone)


def checked(name: str, raw: str, check: Callable[[str], T]) -> T:
    """The value of a parameter's text, by a check that raises ValueError.

    Raises:
        ParameterError: the parameter is invalid.
    """
    try:
        return check(raw)
    except ValueError as error:
        raise ParameterError(name, str(error)) from None


def moment(raw: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The time of `now`, an age such as `-30d` or `now-30d`, a time since 1970, or an ISO 8601 date or time.

    A number of 9 to 11 digits is in seconds, one of 12 to 14 in milliseconds. Without an offset, ISO 8601 is local.

    Raises:
        ValueError: the text has none of these forms.
    """
    if raw == "now":
        return now
    try:
        if match := _BEFORE_NOW.fullmatch(raw):
            return now - int(match[1]) * UNITS[match[2]].length
        if match := _SINCE_1970.fullmatch(raw):
            seconds, milliseconds = match.groups()
            return dates.of_milliseconds(float(seconds) * 1000 if seconds else int(milliseconds))
        return dates.of_text(raw, zone)
    except (ValueError, OverflowError):
        raise ValueError("expected an ISO 8601 time, now, or an age such as -30d") from None


def _zone(raw: str) -> str:
    """The name of a time zone; limited in length, as Python finally looks up each of its parts as a module."""
    if len(raw) > MOST_ZONE:
        raise ValueError(f"expected an IANA time zone, a name of at most {MOST_ZONE} characters")
    return time_zone(raw)


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
