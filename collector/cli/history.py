"""Owns the commands on the stored history: import, backfill, list, diff, trend and forecast."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from collector.cli import events
from collector.cli.components import opened
from collector.errors import ParameterError, RcstatsError
from collector.key_paths import Document

if TYPE_CHECKING:
    from collector.bootstrap import Components
    from collector.history.backfill.run import Backfill

app = typer.Typer()

_FINDINGS = 1  # the exit code of a command that completed with findings
_LONGEST_LIST = 10_000  # snapshots
_OPTIONS = {"fields": "paths", "start": "--since", "end": "--until"}  # by the parameter, if named differently


@contextmanager
def _options() -> Iterator[None]:
    """Names the option whose parameter cannot be served.

    Raises:
        RcstatsError: a parameter is invalid; the text names its option.
    """
    try:
        yield
    except ParameterError as error:
        raise RcstatsError(f"{_OPTIONS.get(error.parameter, f'--{error.parameter}')}: {error.reason}") from None


@app.command("import")
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
        raise typer.Exit(_FINDINGS)


@app.command()
@_options()
def backfill(
    since: Annotated[str, typer.Option(help="Start of the period: a time such as 2023-03-01 or -2y.")],
    until: Annotated[str, typer.Option(help="End of the period, in the same form.")] = "now",
    every: Annotated[str, typer.Option(help="Interval: a number and one of h, d, w, mo.")] = "1d",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only estimate the cost; store nothing.")] = False,
) -> None:
    """Reconstruct past snapshots from the dates of users, rooms, files, messages and sessions."""
    from collector.cli.progress import counting
    from collector.history.backfill.run import Backfill
    from collector.series.calendar import CalendarGrid
    from collector.series.parameters import checked, moment

    with opened(log_level="warning") as components:
        grid = CalendarGrid.parse(every, ZoneInfo(components.settings.timezone))
        now = datetime.now(UTC)
        start = checked("since", since, lambda raw: moment(raw, grid.zone, now))
        end = checked("until", until, lambda raw: moment(raw, grid.zone, now))
        if start >= end:
            raise RcstatsError("--since must be earlier than --until")
        filling = Backfill(components.sources.at(now), components.store, components.workspace)
        filling.aim(grid, start, end)
        if dry_run:
            _show_plan(filling, grid.zone)
        else:
            components.store.prepare()
            with counting("days of history", filling.days) as update:
                added = filling.run(lambda _, days: update(completed=days))
            typer.echo(f"{_snapshots(added)} reconstructed{_remainder(filling)}")


def _show_plan(filling: "Backfill", zone: ZoneInfo) -> None:
    """Which snapshots a backfill would make, and the most that it would examine."""
    costs, wanted = filling.costs(), filling.plan.wanted
    ends = [f"{bucket.last.astimezone(zone):%Y-%m-%d %H:%M}" for bucket in (*wanted[:1], *wanted[-1:])]
    span = f" from {ends[0]} to {ends[-1]}" if wanted else ""
    typer.echo(f"{_snapshots(len(wanted))} would be reconstructed{span}{_remainder(filling)}")
    for cost in costs:
        typer.echo(f"{cost.collection}: at most {cost.keys:,} keys and {cost.documents:,} documents examined")


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


@app.command("list")
@_options()
def list_(
    *,
    query: Annotated[str, typer.Option(help="Filter in MongoDB's query language, as in the API.")] = "",
    sort: Annotated[str, typer.Option(help='Order, such as {"totalUsers":-1}; by default the newest first.')] = "",
    count: Annotated[str, typer.Option(help="Number of snapshots to list.")] = "20",
    offset: Annotated[str, typer.Option(help="Number of snapshots to skip.")] = "0",
) -> None:
    """List stored snapshots."""
    from collector.cli import charts
    from collector.store.parameters import list_query

    given = {"query": query, "sort": sort, "count": count, "offset": offset}
    chosen = list_query(given, lambda asked: min(asked or 0, _LONGEST_LIST))
    with opened() as components:
        snapshots = list(components.store.snapshots(components.workspace, chosen))
        charts.listing(
            snapshots,
            components.store.count(components.workspace, chosen.where),
            ZoneInfo(components.settings.timezone),
        )


@app.command(context_settings={"ignore_unknown_options": True})  # -7d is a time
def diff(
    before: Annotated[
        str, typer.Argument(help="An id, or a time such as 2024-03-01 or -7d for the last snapshot until then.")
    ],
    after: Annotated[str, typer.Argument(help="The same; by default the newest snapshot.")] = "now",
    *,
    whole: Annotated[
        bool, typer.Option("--all", help="Include small changes, and values that are not numbers.")
    ] = False,
) -> None:
    """Show what changed between two snapshots, the largest relative changes first, and the events between them."""
    from collector.cli import charts
    from collector.history.diff import changes

    with opened() as components:
        old, new = _snapshot(components, before), _snapshot(components, after)
        between = events.between(components, old.get("createdAt"), new.get("createdAt"))
    charts.differences(old, new, changes(old, new), whole=whole)
    if between:
        typer.echo("\nBetween them:")
        events.print_some(between, ZoneInfo(components.settings.timezone))


@app.command()
@_options()
def trend(
    paths: Annotated[list[str], typer.Argument(help="Key paths, such as totalUsers or os.freemem.")],
    since: Annotated[str, typer.Option(help="Start of the period: a time such as 2024-03-01 or -90d.")] = "-90d",
    until: Annotated[str, typer.Option(help="End of the period, in the same form.")] = "now",
    every: Annotated[str, typer.Option(help="Width of a bucket: a number and one of m, h, d, w, mo, q, y.")] = "1d",
    how: Annotated[
        str, typer.Option(help="Value of a bucket: last, min, max, mean or delta of its snapshots.")
    ] = "last",
) -> None:
    """Plot figures over time."""
    from collector.cli import charts
    from collector.series.parameters import series_query

    given = {"fields": ",".join(paths), "start": since, "end": until, "every": every, "how": how}
    with opened() as components:
        now = datetime.now(UTC)
        query = series_query(given, components.settings.timezone, now)
        workspace = components.workspace
        query = replace(query, zone=components.store.calendar(query.zone, now))
        charts.trends(query, list(components.store.series(workspace, query)))


@app.command()
def forecast() -> None:
    """Forecast users, messages and uploads, and report anomalies among the newest figures."""
    from collector.cli import charts
    from collector.series import forecast as forecasting

    now = datetime.now(UTC)
    with opened() as components:
        workspace = components.workspace
        zone = ZoneInfo(components.store.calendar(components.settings.timezone, now))
        found = forecasting.forecast(lambda query: list(components.store.series(workspace, query)), now, zone)
    charts.forecast(found)


def _snapshot(components: "Components", which: str) -> Document:
    """The snapshot with this id, or the last one until this time.

    Raises:
        RcstatsError: no such snapshot exists; this also refuses unknown options, since -7d must pass as a time.
    """
    from bson import ObjectId

    from collector.series.parameters import moment
    from collector.store.parameters import ListQuery

    try:
        until = moment(which, ZoneInfo(components.settings.timezone), datetime.now(UTC))
        where: Document = {"createdAt": {"$lte": until, "$not": {"$type": "array"}}}
    except ValueError:
        where = {"_id": {"$in": [which, ObjectId(which)]} if ObjectId.is_valid(which) else which}
    found = next(components.store.snapshots(components.workspace, ListQuery(where, count=1)), None)
    if found is None:
        option = " or option" if which.startswith("-") and "_id" in where else ""
        raise RcstatsError(f"no such snapshot{option}: {which}")
    return found
