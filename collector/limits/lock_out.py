"""Owns the date on which a workspace that does not report to the vendor becomes read-only. Pure."""

from datetime import datetime, time, timedelta, tzinfo

QUIET_DAYS = 10  # calendar days of the server after its last report


def lock_out(reported: datetime, zone: tzinfo) -> datetime:
    """The midnight at which it begins."""
    return datetime.combine(reported.astimezone(zone).date() + timedelta(days=QUIET_DAYS), time(), zone)


def days_left(date: datetime, now: datetime, zone: tzinfo) -> int:
    """The days until then by the server's calendar, at least 0."""
    return max((date.astimezone(zone).date() - now.astimezone(zone).date()).days, 0)
