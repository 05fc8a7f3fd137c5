"""Dates that are written as texts or numbers, as aware dates in UTC; and how rcstats writes a date. Pure."""

from contextlib import suppress
from datetime import UTC, datetime, tzinfo

_JAVASCRIPT = "%a %b %d %Y %H:%M:%S GMT%z"


def of_text(text: str, zone: tzinfo = UTC) -> datetime:
    """An ISO 8601 date or time; without a zone of its own it is one of `zone`.

    Raises:
        ValueError: it is neither, or beyond the calendar.
    """
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error


def of_javascript(value: object) -> datetime | None:
    """A date such as "Fri Mar 15 2024 13:30:00 GMT+0100 (Central European Standard Time)", in the zone of the text.

    None if the value is not such a text.
    """
    try:
        return datetime.strptime(str(value).partition(" (")[0], _JAVASCRIPT)  # noqa: DTZ007  it has %z
    except (ValueError, OverflowError):
        return None


def of_milliseconds(number: float) -> datetime:
    """So many milliseconds after 1970 began.

    Raises:
        ValueError: that is beyond the calendar.
    """
    try:
        return datetime.fromtimestamp(number / 1000, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(str(error)) from error


def written(moment: datetime, zone: tzinfo) -> str:
    """A date to the minute, such as "2026-11-24 16:16 CET"; as it is where the zone's time is beyond the calendar."""
    with suppress(OverflowError, ValueError):
        moment = moment.astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M %Z}"
