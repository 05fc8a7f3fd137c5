"""Owns the terminal output of the commands on the running workspace: progress, snapshot, costs, parity, findings."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import humanize
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from collector.diagnostics.checks.finding import Finding, Level, verdict
from collector.diagnostics.explain import ReadingCost
from collector.diagnostics.parity import Comparison, Verdict
from collector.key_paths import Document, at
from collector.statistics.reading import Reading, Statistic, Unit, of_release
from collector.statistics.releases import NEWEST, Release
from collector.statistics.snapshot import Outcome
from collector.statistics.subject import Subject

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_STYLES = {Verdict.EQUAL: "green", Verdict.EXPLAINED: "dim", Verdict.UNEXPLAINED: "bold red"}
_KEY_WIDTH, _VALUE_WIDTH = 52, 26
NO_VALUE = "Rocket.Chat itself has no value"
_BRIEF = 40  # characters of a value in a comparison
_MARKS = {Level.OK: "[green]✓[/]", Level.WARNING: "[yellow]![/]", Level.CRITICAL: "[red]✗[/]"}


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[..., None]]:
    """A progress bar on stderr, and the function that updates it; invisible if stderr is not a terminal."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        yield partial(bar.update, bar.add_task(what, total=total))


@contextmanager
def progress(readings: Sequence[Reading]) -> Iterator[Callable[[Outcome], None]]:
    """A progress bar on stderr that counts finished readings."""
    with counting("snapshot", len(readings)) as update:
        yield lambda outcome: update(advance=1, description=outcome.reading.name)


def snapshot(document: Document, subjects: Iterable[Subject], note: str, *, whole: bool) -> None:
    """The document as a table, subject by subject, and the failed readings.

    Settings, and values that are zero, empty, off or absent, are included only if `whole`.
    """
    own = document["collector"]
    local = document["createdAt"].astimezone()
    out.print(f"[bold]Snapshot {document['_id']}[/] of workspace {escape(own['workspace'])}")
    readings = f"{len(own['readings'])} readings in {own['seconds']:.2f} s"
    out.print(f"[dim]{local:%Y-%m-%d %H:%M:%S %Z}, {readings}; {note}[/]")
    release = Release.parse(own.get("release")) or NEWEST
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


def headed(left: Iterable[str], right: Iterable[str] = ()) -> Table:
    """An empty table: columns of texts, then columns of figures."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right", overflow="fold")
    return table


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


def costs(readings: Iterable[ReadingCost]) -> None:
    """What each reading costs MongoDB, and the total."""
    table = headed(["reading"], ("ms", "keys", "documents", "returned"))
    table.add_column("collections and plans", style="dim", overflow="fold")
    total = [0.0, 0, 0, 0]
    for one in readings:
        figures = [one.seconds * 1000, one.keys, one.documents, one.returned]
        total = [a + b for a, b in zip(total, figures, strict=True)]
        table.add_row(one.reading, *_figures(figures), _plans(one))
    table.add_section()
    table.add_row("total", *_figures(total), style="bold")
    out.print(table)


def _figures(figures: list[float]) -> list[str]:
    return [f"{figures[0]:,.1f}", *(f"{figure:,.0f}" for figure in figures[1:])]


def _plans(one: ReadingCost) -> str:
    """The queried collections, each with the stages of its plan; or the error."""
    if one.error:
        return f"[red]{escape(one.error)}[/]"
    plans = dict.fromkeys(f"{item.collection} {'+'.join(item.stages)}" for item in one.items)
    return ", ".join(plans)


def parity(compared: list[Comparison], taken: Any, *, whole: bool) -> None:
    """The unequal statistics with both values and the cause of the difference, then the number of each verdict.

    `taken` is the server's createdAt, which is not always a date.
    """
    table = headed(["statistic"], ("server", "rcstats", "difference"))
    table.add_column("cause", overflow="fold")
    for one in compared:
        if whole or one.verdict is not Verdict.EQUAL:
            cause = f"[{_STYLES[one.verdict]}]{escape(one.cause or one.verdict)}[/]"
            table.add_row(escape(one.key), _brief(one.server), _brief(one.ours), one.difference, cause)
    out.print(table)
    counts = Counter(one.verdict for one in compared)
    age = f"{taken:%Y-%m-%d %H:%M:%S} UTC ({_ago(taken)})" if isinstance(taken, datetime) else "an unknown time"
    out.print(f"\nThe server's document dates from {age}.")
    out.print(", ".join(f"[{_STYLES[v]}]{counts[v]} {v}[/]" for v in Verdict))


def _brief(value: Any) -> str:
    text = "" if value is None else str(value)
    return escape(text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…")


def _duration(seconds: float) -> str:
    return humanize.naturaldelta(timedelta(seconds=seconds))


def _ago(moment: datetime) -> str:
    return humanize.naturaltime(moment, when=datetime.now(UTC))


def _pairs(document: Document) -> str:
    """The plain values of a document, and the lengths of its lists."""
    plain = [f"{key} {item}" for key, item in document.items() if isinstance(item, str | int | float)]
    lists = [f"{key}: {len(item)}" for key, item in document.items() if isinstance(item, list | dict)]
    return ", ".join([*plain, *lists])


def _listed(items: list[Any]) -> str:
    if items and isinstance(items[0], dict):
        return f"{len(items)} × {items[0]['model']}" if "model" in items[0] else f"{len(items)} items"
    return "  ".join(f"{item:.2f}" if isinstance(item, float) else str(item) for item in items)


def page(markup: str) -> None:
    """A text in rich's markup; long lines are not wrapped, so that commands can be pasted."""
    out.print(markup, soft_wrap=True)


def findings(found: Sequence[Finding]) -> None:
    """The verdict in one line, then one line per finding: mark, name and text."""
    plainly = Console(highlight=False, emoji=False, force_terminal=sys.stdout.isatty())  # monitoring systems read it
    plainly.print(escape(verdict(found)), soft_wrap=True)
    for one in found:
        plainly.print(f"{_MARKS[one.level]} {one.name:<10} {escape(one.text)}", soft_wrap=True)


_WRITTEN: dict[Unit, Callable[[Any], str]] = {
    **dict.fromkeys((Unit.USERS, Unit.ROOMS, Unit.MESSAGES, Unit.SERVERS), "{:,}".format),
    Unit.BYTES: partial(humanize.naturalsize, binary=True),
    Unit.SECONDS: _duration,
    Unit.DATE: _ago,
    Unit.LIST: _listed,
    Unit.DOCUMENT: _pairs,
}
