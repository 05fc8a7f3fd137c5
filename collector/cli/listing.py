"""Owns the list of snapshots: one line for each, which is whole on a terminal of any width."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.markup import escape

from collector import dates
from collector.cli import tables
from collector.key_paths import Document, at

_PATHS = {
    "users": "totalUsers",
    "active": "activeUsers",
    "online": "onlineUsers",
    "rooms": "totalRooms",
    "messages": "totalMessages",
    "seconds": "collector.seconds",
}
_HEADINGS = ("id", "taken", "kind", *_PATHS, "failed")
_TEXTS = ("id", "taken", "kind", "failed")
# The first are left out first on a narrow terminal; a snapshot is always known by its id and its time.
_LEFT_OUT_FIRST = ("seconds", "rooms", "active", "kind", "online", "messages", "users", "failed")
_GAP = 2  # columns of the terminal between two cells
_LEAST = 10  # the width that the names of failed readings claim; they take what is left


def show(snapshots: Sequence[Document], total: int, zone: ZoneInfo) -> None:
    """One line per snapshot: its id, time, kind, main figures, and failed readings."""
    rows = [dict(zip(_HEADINGS, _row(snapshot, zone), strict=True)) for snapshot in snapshots]
    if not tables.out.is_terminal:
        tables.tab_separated([_HEADINGS, *(row.values() for row in rows)])
        return
    shown = _fitting(rows, tables.out.width)
    table = tables.headed(())
    for heading, width in shown.items():
        table.add_column(heading, justify="left" if heading in _TEXTS else "right", no_wrap=True, width=width)
    for row in rows:
        table.add_row(*(escape(row[heading]) for heading in shown))
    tables.out.print(table)
    tables.out.print(f"[dim]{len(snapshots):,} of {total:,}[/]")


def _fitting(rows: Sequence[dict[str, str]], width: int) -> dict[str, int]:
    """The widths of those columns that fit into a width; without failures there is no column for them."""
    needed = {heading: max(len(heading), *(len(row[heading]) for row in rows)) for heading in _HEADINGS}
    needed["failed"] = min(needed["failed"], _LEAST)
    if not any(row["failed"] for row in rows):
        del needed["failed"]
    for heading in _LEFT_OUT_FIRST:
        if _whole(needed) > width:
            needed.pop(heading, None)
    if "failed" in needed:
        needed["failed"] += max(0, width - _whole(needed))
    return needed


def _whole(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)


def _row(snapshot: Document, zone: ZoneInfo) -> Iterator[str]:
    """The cells of a document, which may be foreign: a dash for each missing value."""
    yield str(snapshot.get("_id"))
    taken = snapshot.get("createdAt")
    yield dates.written(taken, zone) if isinstance(taken, datetime) else tables.cell(taken)
    yield str(at(snapshot, "collector.kind") or "")
    for path in _PATHS.values():
        yield tables.cell(at(snapshot, path))
    yield ", ".join(_failed(at(snapshot, "collector.readings")))


def _failed(readings: Any) -> list[str]:
    records = readings.items() if isinstance(readings, dict) else ()
    return [name for name, record in records if not (isinstance(record, dict) and record.get("ok"))]
