"""Owns the scan that takes the place of a missing index: once a day, on a secondary, under its own time limit."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from collector.errors import DatabaseTimeoutError, MissingIndexError
from collector.sources import Sources
from collector.statistics.reading import Cost, Reading
from collector.statistics.values import UNDEFINED, Absent, Noted, Values

_DAY = timedelta(hours=25)  # the longest


def daily_scan(reading: Reading, missing: MissingIndexError) -> Reading:
    """The reading without its index; on the other snapshots of the day its values are reused."""

    def read(sources: Sources) -> Values:
        workspace = sources.workspace.scanning()
        where = "a secondary" if workspace.has_secondary() else "the primary, as no secondary is available"
        try:
            values = reading.read(replace(sources, workspace=workspace))
        except DatabaseTimeoutError:  # a repetition on each snapshot would cost more than the index
            late = Absent(f"{missing}, and today's scan did not end in time")
            return {statistic.key: late for statistic in reading.statistics}
        return {key: _noted(value, f"scanned once a day on {where}: {missing}") for key, value in values.items()}

    return replace(reading, read=read, limit=Cost.SCAN.limit, interval=_DAY)


def _noted(value: Any, note: str) -> Any:
    return value if value is UNDEFINED or isinstance(value, Absent | Noted) else Noted(value, note)
