"""The figures, for people and as JSON."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from tests.benchmarks.profiler import Work
from tests.benchmarks.runner import EVER, FIRST, FOLLOWING, OURS, REUSING, SERVER, WAYS, Result

_TITLES = {SERVER: "server", EVER: "ours, first ever", FIRST: "ours, first of a day"}
_TITLES |= {FOLLOWING: "ours, following", REUSING: "ours, with RCSTATS_SCAN_INTERVAL"}
_TOP = 15


def show(console: Console, result: Result) -> None:
    counts = {name: f"{result.counts[of]:,}" for name, of in _MAIN.items()}
    title = ", ".join(f"{count} {name}" for name, count in counts.items())
    console.print(_whole(result, f"{result.name}: {title}"))
    for way in OURS:
        console.print(_top(f"Longest readings: {_TITLES[way]}", result.readings_of(way), result.work[way].by_name))
    console.print(_top("Longest queries of the server, one by one", result.queries, {}))
    for name, error in result.failed.items():
        console.print(f"[red]The reading {name} failed: {error}[/]")
    differing = "; ".join(result.differing) or "all the same"
    console.print(f"{result.compared} numbers of both ways compared: {differing}\n")


_MAIN = {"users": "users", "rooms": "rocketchat_room", "messages": "rocketchat_message"}


def _whole(result: Result, title: str) -> Table:
    """Each figure of ours with its share of the server's."""
    table = Table("", *_TITLES.values(), title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    seconds = {way: result.median(way) for way in WAYS}
    table.add_row("seconds (median)", *_shared(seconds, "{:.3f}".format))
    for name in ("commands", "keys", "documents", "bytes"):
        work = {way: getattr(result.work[way].total, name) for way in WAYS}
        table.add_row(_ROWS[name], *_shared(work, decimal if name == "bytes" else "{:,}".format))
    return table


_ROWS = {
    "commands": "commands",
    "keys": "keys examined",
    "documents": "documents examined",
    "bytes": "sent by MongoDB",
}


def _shared(values: dict[str, Any], shown: Callable[[Any], str]) -> Iterator[str]:
    whole = values[SERVER]
    for way in WAYS:
        yield shown(values[way]) + (f" ({values[way] / whole:.3f})" if way != SERVER and whole else "")


def _top(title: str, seconds: dict[str, float], work: dict[str, Work]) -> Table:
    table = Table("name", "seconds", "share", *(("keys", "documents") if work else ()), title=title)
    whole = sum(seconds.values())
    for name, value in sorted(seconds.items(), key=lambda item: -item[1])[:_TOP]:
        took = work.get(f"rcstats {name}", Work())
        cells = (f"{took.keys:,}", f"{took.documents:,}") if work else ()
        table.add_row(name, f"{value:.4f}", f"{value / whole:.0%}", *cells)
    return table


def figures(result: Result) -> dict[str, Any]:
    """All that was measured, as JSON can hold it."""
    return {
        "size": result.name,
        "counts": result.counts,
        "seconds": {way: {"median": result.median(way), "rounds": result.seconds[way]} for way in WAYS},
        "work": {way: asdict(result.work[way].total) for way in WAYS},
        "readings": {way: result.readings_of(way) for way in OURS},
        "readingsWork": {way: {name: asdict(work) for name, work in result.work[way].by_name.items()} for way in OURS},
        "serverQueries": result.queries,
        "failed": result.failed,
        "compared": result.compared,
        "differing": result.differing,
    }
