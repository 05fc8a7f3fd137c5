"""Owns the command `limits`, and its output."""

from datetime import UTC
from typing import TYPE_CHECKING, Any

import typer

from collector import dates
from collector.cli.components import opened
from collector.cli.panels import DAILY, JSON, example
from collector.limits.limit import CERTAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.limits.standing import Standing

app = typer.Typer()

# The columns, each with the width of a terminal from which on it is shown.
_COLUMNS = {"limit": 0, "used": 80, "allowed": 80, "left": 0, "reached": 0, "state": 0, "known from": 110}
_FIGURES = ("used", "allowed", "left")
_STYLES = {"ok": "green", "warning": "yellow", "critical": "red", "reached": "bold red"}


@app.command(rich_help_panel=DAILY, epilog=example("rcstats limits --json"))
def limits(*, json: JSON = False) -> None:
    """Show the limits of the workspace as of the newest snapshot, the nearest first."""
    from collector.limits.newest import of_newest
    from collector.statistics import snapshot

    with opened() as components:
        store, workspace, settings = components.store, components.workspace, components.settings
        found = of_newest(store, workspace, store.calendar(settings.timezone, snapshot.now()), settings.thresholds)
    if json:
        from collector.cli import json_output

        json_output.write(found.document)
    else:
        _print(found.standings, found.created)


def _print(found: "Sequence[Standing]", created: Any) -> None:
    from collector.cli.tables import out, show

    if created is None:
        out.print("[dim]No snapshot has been stored yet.[/]")
        return
    out.print(f"[dim]As of the newest snapshot, {dates.written(created, UTC)}[/]")
    if not found:
        out.print("No limit is known that applies to this workspace.")
        return
    wanted = [name for name, width in _COLUMNS.items() if not out.is_terminal or out.width >= width]
    figures, others = ([name for name in wanted if (name in _FIGURES) is is_figure] for is_figure in (True, False))
    rows = ([cells[name] for name in (others[0], *figures, *others[1:])] for cells in map(_cells, found))
    show(others[:1], figures, rows, others[1:])
    if any(one.reached for one in found):
        out.print("[dim]≈ if growth continues; --json has the 95 % interval.[/]")


def _cells(one: "Standing") -> dict[str, str]:
    """The cells of a limit by column, in rich's markup."""
    from rich.markup import escape

    from collector.limits.standing import figure

    numbers = {name: getattr(one, name) for name in _FIGURES}
    reached = f"≈ {one.reached.date:%Y-%m-%d}" if one.reached else f"{one.date:%Y-%m-%d}" if one.date else ""
    return {
        "limit": one.title,
        **{name: "" if value is None else figure(value, one.unit) for name, value in numbers.items()},
        "reached": reached,
        "state": f"[{_STYLES[one.state]}]{one.state}[/]",
        "known from": escape(one.source if one.certainty == CERTAIN else f"{one.source} ({one.certainty})"),
    }
