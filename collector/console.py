"""What a person sees in the terminal: a progress bar, a snapshot as a table, the findings of a check."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import humanize
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from collector.checks import Finding, Level
from collector.connection import Document
from collector.reading import Reading, Statistic, Subject, Unit
from collector.snapshot import Outcome

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_MARKS = {Level.OK: "[green]✓[/]", Level.WARNING: "[yellow]![/]", Level.CRITICAL: "[red]✗[/]"}


@contextmanager
def progress(readings: Iterable[Reading]) -> Iterator[Callable[[Outcome], None]]:
    """A bar on a terminal's stderr that grows by one for each reading; nothing where there is no terminal."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("snapshot", total=len(list(readings)))
        yield lambda outcome: bar.update(task, advance=1, description=outcome.reading.name)


def snapshot(document: Document, subjects: Iterable[Subject], note: str) -> None:
    """The document as a table, subject by subject, with the reasons for what is absent."""
    own = document["collector"]
    local = document["createdAt"].astimezone()
    out.print(f"[bold]Snapshot {document['_id']}[/] of workspace {escape(own['workspace'])}")
    out.print(
        f"[dim]{local:%Y-%m-%d %H:%M:%S %Z}, {len(own['readings'])} readings in {own['seconds']:.2f} s; {note}[/]"
    )
    for subject in subjects:
        out.print()
        out.print(_table(document, subject))
    failed = {name: record["error"] for name, record in own["readings"].items() if not record["ok"]}
    for name, error in failed.items():
        err.print(f"[red]✗[/] {name}: {escape(error)}")


def _table(document: Document, subject: Subject) -> Table:
    table = Table(
        title=f"[bold cyan]{subject.name}[/]", title_justify="left", box=None, pad_edge=False, show_header=False
    )
    table.add_column(min_width=26, no_wrap=True)
    table.add_column(min_width=24, justify="right", overflow="fold")
    table.add_column(style="dim", no_wrap=True, overflow="ellipsis")  # the dictionary has it whole
    for reading in subject:
        for statistic in reading.statistics:
            table.add_row(statistic.key, *_cells(document, statistic))
    return table


def _cells(document: Document, statistic: Statistic) -> tuple[str, str]:
    """The value and what it means; or a dash and why there is none."""
    value = _at(document, statistic.key)
    if value is None:
        reason = _at(document["collector"]["unavailable"], statistic.key)
        return "[yellow]–[/]", f"[yellow]{escape(str(reason))}[/]"
    return escape(readable(value, statistic.unit)), escape(statistic.meaning)


def readable(value: Any, unit: Unit) -> str:
    """A value as people write it: 1,234 or 23.5 GiB or 3 days ago."""
    return _WRITTEN.get(unit, str)(value)


def _duration(seconds: float) -> str:
    return humanize.naturaldelta(timedelta(seconds=seconds))


def _ago(moment: datetime) -> str:
    return humanize.naturaltime(moment, when=datetime.now(UTC))


def _pairs(document: Document) -> str:
    return ", ".join(f"{key} {item}" for key, item in document.items() if isinstance(item, str | int))


def _listed(items: list[Any]) -> str:
    if items and isinstance(items[0], dict):
        return f"{len(items)} × {items[0].get('model', 'item')}"
    return "  ".join(f"{item:.2f}" if isinstance(item, float) else str(item) for item in items)


def _at(document: Document, path: str) -> Any:
    value: Any = document
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def page(markup: str) -> None:
    """A text in rich's markup; long lines are left whole, so that commands in it can be pasted."""
    out.print(markup, soft_wrap=True)


def finding(found: Finding) -> None:
    """One line of a check: its mark, its name and its sentence."""
    out.print(f"{_MARKS[found.level]} {found.name:<10} {escape(found.text)}")


_WRITTEN: dict[Unit, Callable[[Any], str]] = {
    **dict.fromkeys((Unit.USERS, Unit.ROOMS, Unit.MESSAGES, Unit.SERVERS), "{:,}".format),
    Unit.BYTES: partial(humanize.naturalsize, binary=True),
    Unit.SECONDS: _duration,
    Unit.DATE: _ago,
    Unit.LIST: _listed,
    Unit.DOCUMENT: _pairs,
}
