"""Owns the terminal output of differences, of figures over time and of forecasts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from rich.markup import escape

from collector import dates
from collector.cli.tables import cell, err, out, quantity, show
from collector.history.diff import Change
from collector.key_paths import Document
from collector.numbers import is_figure
from collector.series.forecast import FEWEST_WEEKS, Forecast
from collector.series.pipeline import SeriesQuery
from collector.statistics.key_names import unit
from collector.statistics.reading import Unit

_BARS, _BARS_IN_ASCII = "▁▂▃▄▅▆▇█", "_.-~=+*#"
_WIDTH = 60  # of a sparkline
_SMALL = 0.01  # smaller relative changes are hidden unless all are shown


def differences(before: Document, after: Document, changes: Sequence[Change], zone: tzinfo, *, whole: bool) -> None:
    """The changes as a table; small ones and values that are not numbers only if `whole`."""
    if not changes:
        err.print(f"No change from {_named(before, zone)} to {_named(after, zone)}.")
        return
    shown = [change for change in changes if whole or (change.difference and change.weight >= _SMALL)]
    if out.is_terminal:
        out.print(f"[dim]before: {_named(before, zone)}\nafter:  {_named(after, zone)}[/]")
    show(["statistic"], ("before", "after", "change"), map(_cells, shown))
    if out.is_terminal and (left_out := len(changes) - len(shown)):
        out.print(f"[dim]{left_out} more changed by less than 1% or are not numbers; --all shows them.[/]")


def _named(snapshot: Document, zone: tzinfo) -> str:
    taken = snapshot.get("createdAt")
    when = dates.written(taken, zone) if isinstance(taken, datetime) else cell(taken)
    return f"{escape(str(snapshot.get('_id')))} ({escape(when)})"


def _cells(change: Change) -> tuple[str, str, str, str]:
    of = unit(change.path)
    before, after = (_value(value, of) for value in (change.before, change.after))
    return escape(change.path), before, after, _difference(change, of)


def _value(value: Any, of: Unit | None) -> str:
    """A value in its unit for a terminal, as it is for a program."""
    return quantity(value, of) if out.is_terminal and of is Unit.BYTES and is_figure(value) else escape(cell(value))


def _difference(change: Change, of: Unit | None) -> str:
    if change.difference is None:
        return ""
    share = f" ({change.difference / abs(change.before):+.0%})" if change.before else ""
    return f"{'+' if change.difference > 0 else ''}{_value(change.difference, of)}{share}"


def trends(query: SeriesQuery, rows: Sequence[Mapping[str, Any]]) -> None:
    """One sparkline per field, with its lowest, highest and last value."""
    for number, path in enumerate(query.fields):
        values = [row.get(f"v{number}") for row in rows]
        known = [value for value in values if is_figure(value)]
        out.print(f"[bold]{escape(path)}[/]")
        if known:
            low, high, last = (quantity(value, unit(path)) for value in (min(known), max(known), known[-1]))
            bars = _BARS if out.encoding.startswith("utf") else _BARS_IN_ASCII
            out.print(f"{escape(spark(values, bars=bars))}  [dim]{low} to {high}, now[/] {last}", soft_wrap=True)
        else:
            out.print("[dim]no numbers in this period[/]")
    if rows:
        first, last = (dates.written(rows[end]["_id"], ZoneInfo(query.zone)) for end in (0, -1))
        out.print(f"[dim]{first} to {last}, {len(rows)} buckets[/]")


def forecast(found: Forecast) -> None:
    """Growth per week with its predictions, then the anomalies; one sentence if the history is too short."""
    if not found.growth:
        out.print(f"[dim]Not enough history for a forecast: {FEWEST_WEEKS} full weeks are needed.[/]")
    for one in found.growth:
        now, weekly = _rounded(one.now, one.key), _rounded(one.weekly, one.key)
        sign = "+" if one.weekly > 0 else ""
        grows = f"{sign}{weekly} per week over {one.weeks} weeks"
        out.print(f"[bold]{one.key}[/] {now} at the end of yesterday, {grows}")
        for ahead in one.expected:
            low, middle, high = (_rounded(value, one.key) for value in (ahead.low, ahead.middle, ahead.high))
            out.print(f"  in {ahead.days} days {middle} [dim]({low} to {high})[/]")
    if found.growth:
        out.print("[dim]In parentheses: the 95 % prediction interval, if the trend continues.[/]")
    for anomaly in found.anomalies:
        out.print(f"[yellow]anomaly:[/] {escape(str(anomaly))}")
    if found.growth and not found.anomalies:
        out.print("[dim]No anomalies.[/]")


def _rounded(value: float, path: str) -> str:
    return quantity(round(value), unit(path))


def spark(values: Sequence[Any], width: int = _WIDTH, bars: str = _BARS) -> str:
    """A sparkline with one bar per value, averaged to at most `width` bars; missing values are gaps."""
    size = max(1, -(-len(values) // width))
    groups = [values[start : start + size] for start in range(0, len(values), size)]
    means = [_mean([value for value in group if is_figure(value)]) for group in groups]
    known = [mean for mean in means if mean is not None]
    low, span = min(known, default=0), (max(known, default=0) - min(known, default=0)) or 1
    return "".join(" " if mean is None else bars[int((mean - low) / span * (len(bars) - 1))] for mean in means)


def _mean(numbers: Sequence[float]) -> float | None:
    return sum(numbers) / len(numbers) if numbers else None
