"""Owns the command on events, and the lines that it prints."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from collector.cli.components import opened
from collector.cli.panels import DAILY, JSON, example, period
from collector.errors import RcstatsError

if TYPE_CHECKING:
    from collector.bootstrap import Components
    from collector.history.events import Event

app = typer.Typer()

_SOME = 20  # events beside the table of differences


@app.command(rich_help_panel=DAILY, epilog=example("rcstats events --since -90d --kind upgrade"))
def events(
    since: Annotated[str, typer.Option(metavar="TIME", help="Start of the period, such as 2024-03-01.")] = "-30d",
    until: Annotated[str, typer.Option(metavar="TIME", help="End of the period.")] = "now",
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Only events of this kind, such as upgrade or note; can be repeated."),
    ] = None,
    *,
    json: JSON = False,
) -> None:
    """List what happened: upgrades, restarts, changed settings, gaps, anomalies, notes; the newest first."""
    kinds = _known(kind or [])
    with opened() as components:
        zone = ZoneInfo(components.settings.timezone)
        start, end = period(since, until, zone, datetime.now(UTC))
        happened = _happened(components, start, end)
    found = [event for event in happened if not kinds or event.kind in kinds]
    if json:
        from collector.cli import json_output

        json_output.write({"events": shown(found)})
    else:
        print_lines(found, zone)


def between(components: "Components", before: Any, after: Any) -> list["Event"]:
    """What happened after one snapshot and until another, in any order of these moments.

    Nothing if they are no dates, or too far apart.
    """
    from collector.errors import TooLargeError
    from collector.series.calendar import TICK

    if not (isinstance(before, datetime) and isinstance(after, datetime)):
        return []
    try:
        start, end = min(before, after) + TICK, max(before, after) + TICK
        return _happened(components, start, end)
    except (TooLargeError, OverflowError):  # the last moment of the calendar has none after it
        return []


def _happened(components: "Components", start: datetime, end: datetime) -> list["Event"]:
    from collector.history.events.timeline import Timeline

    line = Timeline(components.store, components.retention, components.notes)
    return line.between(components.workspace, start, end)


def print_lines(found: Iterable["Event"], zone: ZoneInfo) -> None:
    """One line for each event, in a pipe too: its time, kind and text, and the id of a note."""
    for event in found:
        own = f" ({event.id})" if event.id else ""
        typer.echo(f"{event.at.astimezone(zone):%Y-%m-%d %H:%M}  {event.kind:<10}  {event.text}{own}")


def print_some(found: Sequence["Event"], zone: ZoneInfo) -> None:
    """The newest ones, and how many more there are."""
    print_lines(found[:_SOME], zone)
    if (more := len(found) - _SOME) > 0:
        typer.echo(f"and {more:,} more; rcstats events lists them")


def _known(kinds: list[str]) -> set[str]:
    from collector.history.events import Kind

    if unknown := set(kinds) - set(Kind):
        raise RcstatsError(f"--kind: {min(unknown)} is not one of {', '.join(Kind)}")
    return set(kinds)


def shown(found: Iterable["Event"]) -> list[dict[str, Any]]:
    """The events as the API has them."""
    from api.routes import events as route

    return [route.shown(event) for event in found]
