"""Owns the performance data of the check: figures of the newest snapshot, as monitoring plugins print them. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.diagnostics.checks.store import Ages
from collector.key_paths import Document, at
from collector.numbers import is_number


@dataclass(frozen=True)
class Figure:
    """A figure with its unit (s, or none for a number), and the values from which on it warns or is critical."""

    name: str
    value: float
    unit: str = ""
    warning: timedelta | None = None
    critical: timedelta | None = None

    def __str__(self) -> str:
        limits = (f"{limit.total_seconds():.0f}" if limit else "" for limit in (self.warning, self.critical))
        return f"{self.name}={self.value}{self.unit};{';'.join(limits)};0"


def performance(newest: Document | None, ages: Ages, now: datetime) -> Iterator[Figure]:
    """The age of the newest snapshot, how long it took, and how many of its readings failed."""
    if newest is None:
        return
    yield Figure("age", max(0, round((now - newest["createdAt"]).total_seconds())), "s", ages.warning, ages.critical)
    if is_number(seconds := at(newest, "collector.seconds")):
        yield Figure("seconds", seconds, "s")
    if isinstance(readings := at(newest, "collector.readings"), dict):
        is_right = [isinstance(record, dict) and bool(record.get("ok")) for record in readings.values()]
        yield Figure("failed", is_right.count(False))
