"""Owns the terminal output of the commands on the stored history: lists, differences, figures over time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from rich.markup import escape

from collector.cli.tables import headed, out
from collector.history.diff import Change
from collector.key_paths import Document, at
from collector.numbers import is_figure
from collector.series.forecast import FEWEST_WEEKS, Forecast
from collector.series.pipeline import SeriesQuery

_COLUMNS = ("totalUsers", "activeUsers", "onlineUsers", "totalRooms", "totalMessages")
_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 60  # of a sparkline
_SMALL = 0.01  # smaller relative changes are hidden unless all are shown


def listing(snapshots: Sequence[Document], total: int, zone: ZoneInfo) -> None:
    """One line per snapshot: time, kind, main figures, failed readings."""
    table = headed(("id", "taken", "kind"), (*_COLUMNS, "seconds"))
    table.add_column("failed", overflow="fold")
    for snapshot in snapshots:
        table.add_row(*_row(snapshot, zone))
    out.print(table)
    out.print(f"[dim]{len(snapshots)} of {total:,}[/]")


def _row(snapshot: Document, zone: ZoneInfo) -> Iterator[str]:
    """The cells of a document, which may be foreign: a dash for each missing value."""
    yield escape(str(snapshot.get("_id")))
    yield _when(snapshot.get("createdAt"), zone)
    yield escape(str(at(snapshot, "collector.kind") or ""))
    for path in _COLUMNS:
        yield figure(at(snapshot, path))
    yield figure(at(snapshot, "collector.seconds"))
    failed = _failed(at(snapshot, "collector.readings"))
    yield f"[red]{escape(', '.join(failed))}[/]" if failed else ""


def _when(moment: Any, zone: tzinfo) -> str:
    """A date to the minute, marked if it is in UTC; any other value unchanged."""
    if not isinstance(moment, datetime):
        return figure(moment)
    with suppress(OverflowError, ValueError):  # the zone's time may lie beyond the calendar
        moment = moment.astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M}{' UTC' if zone is UTC else ''}"


def _failed(readings: Any) -> list[str]:
    records = readings.items() if isinstance(readings, dict) else ()
    return [name for name, record in records if not (isinstance(record, dict) and record.get("ok"))]


def differences(before: Document, after: Document, changes: Sequence[Change], *, whole: bool) -> None:
    """The changes as a table; small ones and values that are not numbers only if `whole`."""
    shown = [change for change in changes if whole or (change.difference and change.weight >= _SMALL)]
    taken = (_when(snapshot.get("createdAt"), UTC) for snapshot in (before, after))
    table = headed(["statistic"], (*taken, "change"))
    for change in shown:
        table.add_row(escape(change.path), figure(change.before), figure(change.after), _difference(change))
    out.print(table)
    if left_out := len(changes) - len(shown):
        out.print(f"[dim]{left_out} more changed by less than 1% or are not numbers; --all shows them.[/]")


def _difference(change: Change) -> str:
    if change.difference is None:
        return ""
    share = f" ({change.difference / abs(change.before):+.0%})" if change.before else ""
    return f"{'+' if change.difference > 0 else ''}{figure(change.difference)}{share}"


def trends(query: SeriesQuery, rows: Sequence[Mapping[str, Any]]) -> None:
    """One sparkline per field, with its lowest, highest and last value."""
    for number, path in enumerate(query.fields):
        values = [row.get(f"v{number}") for row in rows]
        known = [value for value in values if is_figure(value)]
        out.print(f"[bold]{escape(path)}[/]")
        if known:
            low, high = figure(min(known)), figure(max(known))
            out.print(f"{spark(values)}  [dim]{low} to {high}, now[/] {figure(known[-1])}", soft_wrap=True)
        else:
            out.print("[dim]no numbers in this period[/]")
    if rows:
        first, last = (f"{rows[end]['_id']:%Y-%m-%d %H:%M}" for end in (0, -1))
        out.print(f"[dim]{first} to {last} UTC, {len(rows)} buckets[/]")


def forecast(found: Forecast) -> None:
    """Growth per week with its predictions, then the anomalies; one sentence if the history is too short."""
    if not found.growth:
        out.print(f"[dim]Not enough history for a forecast: {FEWEST_WEEKS} full weeks are needed.[/]")
    for one in found.growth:
        out.print(f"[bold]{one.key}[/] {figure(round(one.now))}, {one.weekly:+,.0f} per week over {one.weeks} weeks")
        for ahead in one.expected:
            low, middle, high = (figure(round(value)) for value in (ahead.low, ahead.middle, ahead.high))
            out.print(f"  in {ahead.days} days {middle} [dim]({low} to {high})[/]")
    if found.growth:
        out.print("[dim]In parentheses: the 95 % prediction interval, if the trend continues.[/]")
    for anomaly in found.anomalies:
        out.print(f"[yellow]anomaly:[/] {escape(str(anomaly))}")


def spark(values: Sequence[Any], width: int = _WIDTH) -> str:
    """A sparkline with one bar per value, averaged to at most `width` bars; missing values are gaps."""
    size = max(1, -(-len(values) // width))
    groups = [values[start : start + size] for start in range(0, len(values), size)]
    means = [_mean([value for value in group if is_figure(value)]) for group in groups]
    known = [mean for mean in means if mean is not None]
    low, span = min(known, default=0), (max(known, default=0) - min(known, default=0)) or 1
    return "".join(" " if mean is None else _BARS[int((mean - low) / span * (len(_BARS) - 1))] for mean in means)


def _mean(numbers: Sequence[float]) -> float | None:
    return sum(numbers) / len(numbers) if numbers else None


def figure(value: Any) -> str:
    """A value as the text of a cell: numbers with separators, None as a dash."""
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
            text = escape(str(value))
            return text if len(text) <= 40 else f"{text[:39]}…"
