"""Owns the names and the comparison of time zones, by Python's time zone data. Pure."""

from datetime import datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_WEEKS = 10 * 52  # compared back from now, in addition to one year ahead


def time_zone(name: str) -> str:
    """The name, checked against the time zone database.

    Raises:
        ValueError: no such time zone exists.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected an IANA time zone, for example Europe/Berlin") from None
    return name


def most_alike(name: str, now: datetime) -> list[str]:
    """The other zones with the same time as this one, ordered by how long they have had it, longest first."""
    zone = ZoneInfo(name)
    moments = [now + timedelta(weeks=52 - week) for week in range(52 + _WEEKS)]
    weeks = {other: _weeks_alike(zone, ZoneInfo(other), moments) for other in available_timezones() - {name}}
    return sorted((other for other, alike in weeks.items() if alike), key=lambda other: (-weeks[other], other))


def _weeks_alike(zone: ZoneInfo, other: ZoneInfo, moments: list[datetime]) -> int:
    alike = (moment.astimezone(zone).utcoffset() == moment.astimezone(other).utcoffset() for moment in moments)
    return sum(1 for _ in takewhile(bool, alike))
