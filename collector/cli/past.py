"""Owns the commands that fill the time before the first snapshot: import and backfill."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from collector.cli.components import opened
from collector.cli.exits import FINDINGS
from collector.cli.panels import HISTORY, JSON, example, options, period

if TYPE_CHECKING:
    from collector.history.backfill.run import Backfill

app = typer.Typer()


@app.command("import", rich_help_panel=HISTORY, epilog=example("rcstats import"))
def import_() -> None:
    """Import the server's own statistics documents.

    Snapshots that are already stored are left unchanged. The exit code is 1 if documents were left out.
    """
    from collector.cli.progress import counting
    from collector.history.importing import import_all
    from collector.sources.collections import Collection

    with opened(log_level="warning") as components:
        source, workspace = components.sources.workspace, components.workspace
        components.store.prepare()
        with counting("documents", source.estimate(Collection.STATISTICS)) as update:
            tally = import_all(source, components.store, workspace, lambda tally: update(completed=tally.read))
    left_out = f", {tally.left_out} left out" if tally.left_out else ""
    typer.echo(f"{tally.added} of {tally.read} documents imported{left_out}")
    for one in tally.named:
        typer.echo(f"left out: {one.id}: {one.reason}", err=True)
    if more := tally.left_out - len(tally.named):
        typer.echo(f"and {more} more", err=True)
    if tally.left_out:
        raise typer.Exit(FINDINGS)


@app.command(rich_help_panel=HISTORY, epilog=example("rcstats backfill --since 2023-03-01 --every 1w --dry-run"))
@options()
def backfill(
    since: Annotated[str, typer.Option(metavar="TIME", help="Start of the period, such as 2023-03-01 or -2y.")],
    until: Annotated[str, typer.Option(metavar="TIME", help="End of the period.")] = "now",
    every: Annotated[str, typer.Option(metavar="WIDTH", help="Interval: a number and one of h, d, w, mo.")] = "1d",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only estimate the cost; store nothing.")] = False,
    json: JSON = False,
) -> None:
    """Reconstruct past snapshots from the dates of users, rooms, files, messages and sessions."""
    from collector.cli.progress import counting
    from collector.history.backfill.run import Backfill
    from collector.series.calendar import CalendarGrid

    with opened(log_level="warning") as components:
        grid = CalendarGrid.parse(every, ZoneInfo(components.settings.timezone))
        now = datetime.now(UTC)
        start, end = period(since, until, grid.zone, now)
        filling = Backfill(components.sources.at(now), components.store, components.workspace)
        filling.aim(grid, start, end)
        if dry_run:
            _show_plan(filling, grid.zone, json=json)
            return
        components.store.prepare()
        with counting("days of history", filling.days) as update:
            added = filling.run(lambda _, days: update(completed=days))
    _show_result(filling, added, json=json)


def _show_result(filling: "Backfill", added: int, *, json: bool) -> None:
    from collector.cli.json_output import write

    if json:
        write({"reconstructed": added} | _left(filling))
    else:
        typer.echo(f"{_snapshots(added)} reconstructed{_remainder(filling)}")


def _show_plan(filling: "Backfill", zone: ZoneInfo, *, json: bool) -> None:
    """Which snapshots a backfill would make, and the most that it would examine."""
    from collector import dates
    from collector.cli.json_output import write

    costs, wanted = filling.costs(), filling.plan.wanted
    if json:
        examined = [{"collection": one.collection, "keys": one.keys, "documents": one.documents} for one in costs]
        write({"wouldReconstruct": len(wanted)} | _left(filling) | {"examinedAtMost": examined})
        return
    ends = [dates.written(bucket.last, zone) for bucket in (*wanted[:1], *wanted[-1:])]
    span = f" from {ends[0]} to {ends[-1]}" if wanted else ""
    typer.echo(f"{_snapshots(len(wanted))} would be reconstructed{span}{_remainder(filling)}")
    for cost in costs:
        typer.echo(f"{cost.collection}: at most {cost.keys:,} keys and {cost.documents:,} documents examined")


def _left(filling: "Backfill") -> dict[str, Any]:
    """What a backfill leaves alone, for programs."""
    plan = filling.plan
    without = [{"collection": collection, "reason": reason} for collection, reason in filling.left_out.items()]
    return {"alreadyReconstructed": plan.there, "takenOrImported": plan.taken, "without": without}


def _remainder(filling: "Backfill") -> str:
    plan = filling.plan
    return "".join(
        (
            f", {plan.there} were there already" if plan.there else "",
            f", {plan.taken} left out for snapshots that were taken or imported" if plan.taken else "",
            *(f"\nwithout {collection}: {reason}" for collection, reason in filling.left_out.items()),
        )
    )


def _snapshots(count: int) -> str:
    return f"{count:,} snapshot{'' if count == 1 else 's'}"
