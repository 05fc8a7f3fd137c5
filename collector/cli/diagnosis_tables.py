"""Owns the terminal output of the commands that examine the running workspace: costs, parity, findings."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from collector import dates
from collector.cli.tables import ago, out, show
from collector.diagnostics.checks.finding import Finding, Level, verdict
from collector.diagnostics.checks.performance import Figure
from collector.diagnostics.explain import ReadingCost
from collector.diagnostics.parity import Comparison, Verdict

_STYLES = {Verdict.EQUAL: "green", Verdict.EXPLAINED: "dim", Verdict.UNEXPLAINED: "bold red"}
_BRIEF = 40  # characters of a value in a comparison
_COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.CRITICAL: "red"}


def costs(readings: Iterable[ReadingCost]) -> None:
    """What each reading costs MongoDB, and the total."""
    rows, total = [], [0.0, 0, 0, 0]
    for one in readings:
        figures = [one.seconds * 1000, one.keys, one.documents, one.returned]
        total = [a + b for a, b in zip(total, figures, strict=True)]
        rows.append([one.reading, *_figures(figures), _plans(one)])
    rows.append(["total", *_figures(total), ""])
    show(["reading"], ("ms", "keys", "documents", "returned"), rows, ["collections and plans"])


def _figures(figures: list[float]) -> list[str]:
    return [f"{figures[0]:,.1f}", *(f"{figure:,.0f}" for figure in figures[1:])]


def _plans(one: ReadingCost) -> str:
    """The queried collections, each with the stages of its plan; or the error."""
    if one.error:
        return f"[red]{escape(one.error)}[/]"
    plans: dict[str, dict[str, None]] = {}
    for item in one.items:
        plans.setdefault(item.collection, {}).update(dict.fromkeys(item.stages))
    return ", ".join(" ".join((collection, *stages)) for collection, stages in plans.items())


def parity(compared: list[Comparison], taken: Any, zone: ZoneInfo, *, whole: bool) -> None:
    """The unequal statistics with both values and the cause of the difference, then the number of each verdict.

    `taken` is the server's createdAt, which is not always a date.
    """
    shown = [one for one in compared if whole or one.verdict is not Verdict.EQUAL]
    show(("statistic", "server", "rcstats"), ["difference"], map(_compared, shown), ["cause"])
    counts = Counter(one.verdict for one in compared)
    age = f"{dates.written(taken, zone)} ({ago(taken)})" if isinstance(taken, datetime) else "an unknown time"
    out.print(f"\nThe server's document dates from {age}.")
    out.print(", ".join(f"[{_STYLES[v]}]{counts[v]} {v}[/]" for v in Verdict))


def _compared(one: Comparison) -> tuple[str, ...]:
    cause = f"[{_STYLES[one.verdict]}]{escape(one.cause or one.verdict)}[/]"
    return escape(one.key), _brief(one.server), _brief(one.ours), one.difference, cause


def _brief(value: Any) -> str:
    text = "" if value is None else str(value)
    return escape(text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…")


def findings(found: Sequence[Finding], figures: Sequence[Figure]) -> None:
    """The verdict in one line with performance data, then one line per finding: level, name and text."""
    plainly = Console(highlight=False, emoji=False, force_terminal=sys.stdout.isatty())  # monitoring systems read it
    performance = f" | {' '.join(map(str, figures))}" if figures else ""
    plainly.print(escape(f"{verdict(found)}{performance}"), soft_wrap=True)
    for one in found:
        level = f"[{_COLOURS[one.level]}]{one.level.name.lower():<8}[/]"
        plainly.print(f"{level} {one.name:<10} {escape(one.text)}", soft_wrap=True)
