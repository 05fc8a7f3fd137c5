"""The figures, for people and as JSON."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from tests.benchmarks.serving.runner import SAME, WARM, Figures, Result
from tests.benchmarks.serving.servers import BARE, EVES, NODE, OURS_COLD


def _short(value: float) -> str:
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _fine(milliseconds: float) -> str:
    return f"{milliseconds:.2f}" if milliseconds < 10 else _short(milliseconds)


_COLUMNS: dict[str, Callable[[Figures], str]] = {
    "requests\n/s": lambda figures: _short(figures.rate),
    "p50\nms": lambda figures: _short(figures.p50),
    "p99\nms": lambda figures: _short(figures.p99),
    "server\nms": lambda figures: _fine(figures.server),
    "MongoDB\nms": lambda figures: _fine(figures.mongodb),
    "kB": lambda figures: _short(figures.bytes / 1_000),
}
_RATIOS = ("cold\n/ this", "this\n/ base")
_EXPLAINED = (
    "requests/s, p50, p99: medians of the rounds. server, MongoDB: processor time for each request. kB: an answer's "
    "bytes. cold: every answer is made anew from MongoDB's documents. warm: the daemon's defaults, which keep the JSON "
    "of snapshots. base: baseline, the same HTTP server without an application."
)


def show(console: Console, result: Result) -> None:
    title = f"{result.name}: {result.documents} in each answer"
    table = Table(Column(no_wrap=True), *_COLUMNS, *_RATIOS, title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in table.columns[1:]:
        column.justify = "right"
    for names in ((OURS_COLD, NODE, EVES), (WARM, SAME, BARE)):
        for name in names:
            if figures := result.figures.get(name):
                table.add_row(name, *(shown(figures) for shown in _COLUMNS.values()), *_ratios(result, name))
        table.add_section()
    console.print(table)


def explain(console: Console, results: list[Result]) -> None:
    busiest = max(figures.client for result in results for figures in result.figures.values())
    console.print(f"{_EXPLAINED} The client took {busiest:.0%} of a processor at most.", style="dim")


def _ratios(result: Result, name: str) -> tuple[str, str]:
    rate = result.figures[name].rate
    to_it = f"{result.figures[OURS_COLD].rate / rate:.2f}" if name in (NODE, EVES) else ""
    share = rate / result.figures[BARE].rate
    of_it = f"{share:.2g}" if share >= 0.001 else "<0.001"
    return to_it, of_it if name in (OURS_COLD, WARM, SAME) else ""


def figures(result: Result) -> dict[str, Any]:
    """All that was measured, as JSON can hold it."""
    ways = {
        name: {"median": asdict(median), "rounds": [asdict(each) for each in result.rounds[name]]}
        for name, median in result.figures.items()
    }
    return {"ask": result.name, "documents": result.documents, "ways": ways}
