"""Owns the limits of made-up snapshots, by those of the first real one. Pure."""

from datetime import datetime, timedelta
from math import ceil

from collector.key_paths import Document, at

# The statistic that counts what is used, by the name of a limit; of the others, as much is used as today.
_COUNTED_BY = {
    "connections": "collector.connections.now",
    "seats": "activeUsers",
    "guests": "activeGuests",
    "uploads": "uploadsTotalSize",
}
_DAY = timedelta(days=1)


def earlier(limits: list[Document], moment: datetime, snapshot: Document) -> list[Document]:
    """The same limits as a snapshot of an earlier moment had them."""
    return [_dated(limit, moment) if "date" in limit else _counted(limit, snapshot) for limit in limits]


def _dated(limit: Document, moment: datetime) -> Document:
    return limit | {"left": max(ceil((limit["date"] - moment) / _DAY), 0)}


def _counted(limit: Document, snapshot: Document) -> Document:
    used = at(snapshot, _COUNTED_BY.get(limit["name"], ""))
    return limit if used is None else limit | {"used": used, "left": max(limit["allowed"] - used, 0)}
