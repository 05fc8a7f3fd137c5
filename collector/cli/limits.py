"""Owns the command `limits`, and its output."""

from datetime import UTC
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from collector.cli.components import opened
from collector.cli.panels import DAILY, JSON, example

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.limits.standing import Standing

app = typer.Typer()

_STYLES = {"ok": "green", "warning": "yellow", "critical": "red", "reached": "bold red"}


@app.command(rich_help_panel=DAILY, epilog=example("rcstats limits --json"))
def limits(*, json: JSON = False) -> None:
    """Show the limits of the workspace as of the newest snapshot, the nearest first."""
    from collector.limits.standing import standings
    from collector.statistics import snapshot

    with opened() as components:
        store, workspace, settings = components.store, components.workspace, components.settings
        newest = store.newest(workspace)
        zone = ZoneInfo(store.calendar(settings.timezone, snapshot.now()))
        found = standings(newest, lambda query: list(store.series(workspace, query)), zone, settings.thresholds)
    created = newest and newest["createdAt"]
    if json:
        from collector.cli import json_output

        json_output.write({"createdAt": created, "limits": [one.document for one in found]})
    else:
        _print(found, created)


def _print(found: "Sequence[Standing]", created: Any) -> None:
    from collector.cli.tables import out, show

    if created is None:
        out.print("[dim]No snapshot has been stored yet.[/]")
        return
    out.print(f"[dim]As of the newest snapshot, {created.astimezone(UTC):%Y-%m-%d %H:%M} UTC[/]")
    if not found:
        out.print("No limit is known that applies to this workspace.")
        return
    show(["limit"], ("used", "allowed", "left"), map(_row, found), ("reached", "state", "known from"))
    if any(one.reached for one in found):
        out.print("[dim]About: if growth continues; in parentheses the 95 % interval.[/]")


def _row(one: "Standing") -> list[str]:
    from rich.markup import escape

    from collector.limits.standing import figure

    figures = ("" if value is None else figure(value, one.unit) for value in (one.used, one.allowed, one.left))
    source = escape(one.source) + ("" if one.certainty == "certain" else f" ({escape(one.certainty)})")
    return [one.title, *figures, one.when, f"[{_STYLES[one.state]}]{one.state}[/]", source]
