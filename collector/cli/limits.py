"""Owns the command `limits`, and its output."""

import sys
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from collector.cli.components import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.limits.standing import Standing

app = typer.Typer()

_STYLES = {"ok": "green", "warning": "yellow", "critical": "red", "reached": "bold red"}


@app.command()
def limits(
    *, json: Annotated[bool, typer.Option("--json", help="Print the JSON that the API would serve.")] = False
) -> None:
    """Show the limits of the workspace as of the newest snapshot, the nearest first.

    Example: rcstats limits --json
    """
    from api.rendering import bson_json
    from collector.limits.standing import standings
    from collector.statistics import snapshot

    with opened() as components:
        store, workspace, settings = components.store, components.workspace, components.settings
        newest = store.newest(workspace)
        zone = ZoneInfo(store.calendar(settings.timezone, snapshot.now()))
        found = standings(newest, lambda query: list(store.series(workspace, query)), zone, settings.thresholds)
    created = newest and newest["createdAt"]
    if json:
        body = bson_json.document({"createdAt": created, "limits": [one.document for one in found]})
        sys.stdout.buffer.write(body + b"\n")
    else:
        _print(found, created)


def _print(found: "Sequence[Standing]", created: Any) -> None:
    from rich.markup import escape

    from collector.cli.tables import headed, out
    from collector.limits.standing import figure

    if created is None:
        out.print("[dim]No snapshot has been stored yet.[/]")
        return
    out.print(f"[dim]As of the newest snapshot, {created.astimezone(UTC):%Y-%m-%d %H:%M} UTC[/]")
    if not found:
        out.print("No limit is known that applies to this workspace.")
        return
    table = headed(["limit"], ("used", "allowed", "left"))
    for name in ("reached", "state", "known from"):
        table.add_column(name, overflow="fold")
    for one in found:
        figures = ["" if value is None else figure(value, one.unit) for value in (one.used, one.allowed, one.left)]
        source = escape(one.source) + ("" if one.certainty == "certain" else f" ({escape(one.certainty)})")
        state = f"[{_STYLES[one.state]}]{one.state}[/]"
        table.add_row(one.title, *figures, one.when, state, source)
    out.print(table)
    if any(one.reached for one in found):
        out.print("[dim]About: if growth continues; in parentheses the 95 % interval.[/]")
