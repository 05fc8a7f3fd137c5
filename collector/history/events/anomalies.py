"""Owns the events of figures that begin to stand out. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from collector.history.events import Event, Kind
from collector.numbers import is_figure
from collector.series.forecast import MOST_WEEKS, WATCHED, Anomaly, hour_of_week, outlier


def anomalies(rows: Iterable[Mapping[str, Any]], zone: ZoneInfo) -> Iterator[Event]:
    """The first of each run of anomalies, from the hourly rows of a series of WATCHED."""
    lines = {key: _Line(key) for key in WATCHED}
    since: datetime | None = None
    for row in rows:
        at = row["_id"]
        hour, day = hour_of_week(at, zone), at.date()
        for number, line in enumerate(lines.values()):
            if is_figure(value := row.get(f"v{number}")) and (found := line.begun(hour, day, float(value))):
                yield Event(at, since, Kind.ANOMALY, str(found))
        since = at


class _Line:
    """One figure: its values by hour of the week, and whether its last one was an anomaly."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._past: dict[tuple[int, int], dict[date, float]] = defaultdict(dict)
        self._is_odd = False

    def begun(self, hour: tuple[int, int], day: date, value: float) -> Anomaly | None:
        """The value as an anomaly, if the one before was none."""
        past = self._past[hour]
        found, was_odd = outlier(self._key, value, list(past.values())[-MOST_WEEKS:]), self._is_odd
        past[day] = value
        self._is_odd = found is not None
        return None if was_odd else found
