"""Owns the parameters of statistics.events. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.query.listing import served
from collector.errors import ParameterError
from collector.series.parameters import DEFAULT_START, checked, moment

COUNT, MOST = 100, 1_000  # events of a response
_OFFSET = 10**6


@dataclass(frozen=True)
class EventsQuery:
    """A page of the events of a period."""

    start: datetime
    end: datetime
    offset: int = 0
    count: int = COUNT


def parse(given: Mapping[str, str], zone: str, now: datetime) -> EventsQuery:
    """The parameters start, end, count and offset; times without an offset are those of `zone`.

    Raises:
        BadQueryError: a parameter is invalid.
    """
    return served(given, lambda: _query(given, ZoneInfo(zone), now))


def _query(given: Mapping[str, str], zone: ZoneInfo, now: datetime) -> EventsQuery:
    start, end = (
        checked(name, given.get(name) or default, lambda raw: moment(raw, zone, now))
        for name, default in (("start", DEFAULT_START), ("end", "now"))
    )
    if start >= end:
        raise ParameterError("start", "expected a time earlier than end")
    count = checked("count", given.get("count") or str(COUNT), lambda raw: _whole(raw, 1, MOST))
    offset = checked("offset", given.get("offset") or "0", lambda raw: _whole(raw, 0, _OFFSET))
    return EventsQuery(start, end, offset, count)


def _whole(raw: str, least: int, most: int) -> int:
    if raw.isascii() and raw.isdigit() and least <= (number := int(raw[:10])) <= most:
        return number
    raise ValueError(f"expected an integer from {least} to {most:,}")
