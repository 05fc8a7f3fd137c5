"""Recounts what the server itself wrote down of its load: seats asked for, connections at their peak."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from collector.sources.collections import Collection
from tests.oracle.documents import Allowed, Counts, Stored, either, is_number


def recounted(stored: Stored, now: datetime, zone: ZoneInfo) -> Counts:
    return {"enterprise.seatRequests": seat_requests(stored)} | peak(stored, now, zone)


def seat_requests(stored: Stored) -> Any:
    """Of several rows any one."""
    counts = [row.get("count", 0) for row in stored[Collection.ANALYTICS] if row.get("type") == "seat-request"]
    return either(*counts or [0])


def peak(stored: Stored, now: datetime, zone: ZoneInfo) -> Counts:
    """The highest daily peak in the server's own documents of the last 30 days."""
    first_day = now.astimezone(zone).date() - timedelta(days=30)
    start = datetime.combine(first_day, time(), zone)
    recent = [row for row in stored[Collection.STATISTICS] if is_since(row.get("createdAt"), start)]
    peaks = [row["dailyPeakConnections"] for row in recent if is_number(row.get("dailyPeakConnections"))]
    return {"maxMonthlyPeakConnections": max(peaks) if peaks else Allowed((0,))}


def is_since(value: object, start: datetime) -> bool:
    return isinstance(value, datetime) and value >= start
