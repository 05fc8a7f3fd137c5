"""Owns the terminal output of a snapshot, and what every table looks like."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import humanize
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from collector import dates
from collector.key_paths import Document, at
from collector.statistics.reading import Statistic, Unit, of_release
from collector.statistics.releases import release_of
from collector.statistics.subject import Subject

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_KEY_WIDTH, _VALUE_WIDTH = 52, 26
_PARTS_OF_A_DATE = {"year", "month", "day"}
_LONGEST_TEXT = 40  # characters of a value in a cell
NO_VALUE = "Rocket.Chat itself has no value"


def snapshot(document: Document, subjects: Iterable[Subject], note: str, zone: str, *, whole: bool) -> None:
    """The document as a table, subject by subject, and the failed readings.

    Settings, and values that are zero, empty, off or absent, are included only if `whole`.
    """
    own = document["collector"]
    taken = dates.written(document["createdAt"], ZoneInfo(zone))
    out.print(f"[bold]Snapshot {document['_id']}[/] of workspace {escape(own['workspace'])}")
    readings = f"{len(own['readings'])} readings in {own['seconds']:.2f} s"
    out.print(f"[dim]{taken}, {readings}; {note}[/]")
    release = release_of(own.get("release"))
    left_out = 0
    for subject in subjects:
        statistics = [statistic for reading in of_release(subject, release) for statistic in reading.statistics]
        shown = [statistic for statistic in statistics if whole or _is_worth_showing(document, statistic)]
        left_out += len(statistics) - len(shown)
        if shown:
            out.print()
            out.print(_table(document, subject, shown))
    if left_out:
        out.print(f"\n[dim]{left_out} more are settings, or zero, empty, off or absent; --all shows them.[/]")
    for name, record in own["readings"].items():
        if not record["ok"]:
            err.print(f"[red]✗[/] {name}: {escape(record['error'])}")


def headed(left: Iterable[str]) -> Table:
    """An empty table with columns of texts."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in left:
        table.add_column(name, overflow="fold")
    return table


def show(left: Sequence[str], right: Sequence[str], rows: Iterable[Sequence[str]], last: Sequence[str] = ()) -> None:
    """Prints a table: columns of texts, of figures, and of texts again; tab-separated if it is not for a terminal.

    Cells are in rich's markup. Where a terminal is too narrow, texts are folded and figures are not.
    """
    if not out.is_terminal:
        plain = ([Text.from_markup(cell).plain for cell in row] for row in rows)
        tab_separated([(*left, *right, *last), *plain])
        return
    table = headed(left)
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    for name in last:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def tab_separated(rows: Iterable[Iterable[str]]) -> None:
    """Prints one line per row, whatever its cells hold."""
    for row in rows:
        sys.stdout.write("\t".join(" ".join(cell.split()) for cell in row) + "\n")


def cell(value: Any) -> str:
    """A value as the text of a cell: `figure` for a terminal, a number as it is for a program."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number and not out.is_terminal else figure(value)


def figure(value: Any) -> str:
    """A value for people: numbers with separators, None as a dash."""
    match value:
        case None:
            return "–"
        case bool():
            return str(value).lower()
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}"
        case _:
            text = str(value)
            return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


def quantity(value: float, unit: Unit | None) -> str:
    """A figure in its unit: bytes as 191.1 MiB, others with separators."""
    return humanize.naturalsize(value, binary=True) if unit is Unit.BYTES else figure(value)


def _is_worth_showing(document: Document, statistic: Statistic) -> bool:
    return bool(at(document, statistic.key)) and not statistic.is_setting


def _table(document: Document, subject: Subject, statistics: Iterable[Statistic]) -> Table:
    """One line per statistic: key, value and, if the terminal is wide enough, definition."""
    title = f"[bold cyan]{subject.name}[/]"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, show_header=False)
    table.add_column(width=_KEY_WIDTH, no_wrap=True)
    table.add_column(width=_VALUE_WIDTH, justify="right", no_wrap=True, overflow="ellipsis")
    room = out.width - _KEY_WIDTH - _VALUE_WIDTH - 4
    if room >= _VALUE_WIDTH:
        # `rcstats dictionary` prints it in full
        table.add_column(width=room, style="dim", no_wrap=True, overflow="ellipsis")
    for statistic in statistics:
        table.add_row(statistic.key, *_cells(document, statistic)[: len(table.columns) - 1])
    return table


def _cells(document: Document, statistic: Statistic) -> tuple[str, str]:
    """The value and its definition, or a dash and the reason for its absence; without one the server has no value."""
    value = at(document, statistic.key)
    if value is None:
        reason = at(document["collector"]["unavailable"], statistic.key)
        style = "yellow" if reason else "dim"
        return f"[{style}]–[/]", f"[{style}]{escape(str(reason or NO_VALUE))}[/]"
    return escape(readable(value, statistic.unit)), escape(statistic.meaning)


def readable(value: Any, unit: Unit) -> str:
    """A value in human-readable form: 1,234 or 23.5 GiB or 3 days ago."""
    try:
        return _WRITTEN.get(unit, str)(value)
    except (TypeError, ValueError, AttributeError):  # a setting can have a value of any kind
        return str(value)


def _duration(seconds: float) -> str:
    return humanize.naturaldelta(timedelta(seconds=seconds))


def ago(moment: datetime) -> str:
    return humanize.naturaltime(moment, when=datetime.now(UTC))


def _pairs(document: Document) -> str:
    """The plain values of a document and the lengths of its lists, or those of its only data; without its date."""
    data = document.get("data")
    if isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict):
        return _pairs(data[0])
    items = [(key, item) for key, item in document.items() if key not in _PARTS_OF_A_DATE]
    plain = [f"{key} {item}" for key, item in items if isinstance(item, str | int | float)]
    lists = [f"{key}: {len(item)}" for key, item in items if isinstance(item, list | dict)]
    return ", ".join([*plain, *lists])


def _listed(items: list[Any]) -> str:
    if items and isinstance(items[0], dict):
        return f"{len(items)} × {items[0]['model']}" if "model" in items[0] else f"{len(items)} items"
    return "  ".join(f"{item:.2f}" if isinstance(item, float) else str(item) for item in items)


def page(markup: str) -> None:
    """A text in rich's markup; long lines are not wrapped, so that commands can be pasted."""
    out.print(markup, soft_wrap=True)


_WRITTEN: dict[Unit, Callable[[Any], str]] = {
    **dict.fromkeys((Unit.USERS, Unit.ROOMS, Unit.MESSAGES, Unit.SERVERS), "{:,}".format),
    Unit.BYTES: partial(humanize.naturalsize, binary=True),
    Unit.SECONDS: _duration,
    Unit.DATE: ago,
    Unit.LIST: _listed,
    Unit.DOCUMENT: _pairs,
}
