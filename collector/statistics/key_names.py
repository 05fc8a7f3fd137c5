"""Owns the key paths of the dictionary: the unit of one, and which one a misspelt path means. Pure."""

from collections.abc import Iterator

from collector.series.misspellings import meant
from collector.statistics.catalog import STATISTICS
from collector.statistics.reading import Unit

_BY_KEY = {statistic.key: statistic for statistic in STATISTICS}
_OPEN = {Unit.DOCUMENT, Unit.LIST}  # with entries that the dictionary does not name


def unit(path: str) -> Unit | None:
    """The unit of a statistic; None if there is no statistic at this path."""
    return _BY_KEY[path].unit if path in _BY_KEY else None


def is_known(path: str) -> bool:
    """Whether a snapshot may have a value here by the dictionary: of a statistic, within one, or of the collector."""
    is_within = any(above in _BY_KEY and _BY_KEY[above].unit in _OPEN for above in _above(path))
    return path in _BY_KEY or is_within or path.startswith("collector.")


def suggestion(path: str) -> str:
    """What to say after the name of an unknown path."""
    nearest = meant(path, _BY_KEY)
    return f"did you mean {nearest}?" if nearest else "rcstats dictionary lists all statistics"


def _above(path: str) -> Iterator[str]:
    parts = path.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))
