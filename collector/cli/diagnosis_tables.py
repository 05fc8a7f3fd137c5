"""Owns the terminal output of the commands that examine the running workspace: costs, parity, findings."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from collector.cli.tables import ago, headed, out
from collector.diagnostics.checks.finding import Finding, Level, verdict
from collector.diagnostics.explain import ReadingCost
from collector.diagnostics.parity import Comparison, Verdict

_STYLES = {Verdict.EQUAL: "green", Verdict.EXPLAINED: "dim", Verdict.UNEXPLAINED: "bold red"}
_BRIEF = 40  # characters of a value in a comparison
_MARKS = {Level.OK: "[green]✓[/]", Level.WARNING: "[yellow]![/]", Level.CRITICAL: "[red]✗[/]"}


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
    age = f"{taken:%Y-%m-%d %H:%M:%S} UTC ({ago(taken)})" if isinstance(taken, datetime) else "an unknown time"
    out.print(f"\nThe server's document dates from {age}.")
    out.print(", ".join(f"[{_STYLES[v]}]{counts[v]} {v}[/]" for v in Verdict))


def _brief(value: Any) -> str:
    text = "" if value is None else str(value)
    return escape(text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…")


def findings(found: Sequence[Finding]) -> None:
    """The verdict in one line, then one line per finding: mark, name and text."""
    plainly = Console(highlight=False, emoji=False, force_terminal=sys.stdout.isatty())  # monitoring systems read it
    plainly.print(escape(verdict(found)), soft_wrap=True)
    for one in found:
        plainly.print(f"{_MARKS[one.level]} {one.name:<10} {escape(one.text)}", soft_wrap=True)
