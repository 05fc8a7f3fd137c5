"""Owns the commands on the stored history: list, diff, trend and forecast."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from collector.cli import events
from collector.cli.ages import TakesAges
from collector.cli.components import opened
from collector.cli.panels import DAILY, JSON, example, options
from collector.errors import RcstatsError
from collector.key_paths import Document

if TYPE_CHECKING:
    from collector.bootstrap import Components
    from collector.series.pipeline import SeriesQuery

app = typer.Typer()

_HOWS = "last|min|max|mean|delta"
_LONGEST_LIST = 10_000  # snapshots
_A_DATE: Document = {"$not": {"$type": "array"}}  # a list of dates matches a range of dates too


@app.command(
    "list", rich_help_panel=DAILY, epilog=example("""rcstats list -n 5 --query '{"totalUsers":{"$gt":100}}'""")
)
@options()
def list_(
    *,
    query: Annotated[str, typer.Option(metavar="JSON", help="Filter in MongoDB's query language, as in the API.")] = "",
    sort: Annotated[
        str, typer.Option(metavar="JSON", help='Order, such as {"totalUsers":-1}; by default the newest first.')
    ] = "",
    count: Annotated[
        str, typer.Option("--count", "-n", metavar="NUMBER", help="Number of snapshots to list; 0 lists all.")
    ] = "20",
    offset: Annotated[str, typer.Option(metavar="NUMBER", help="Number of snapshots to skip.")] = "0",
    json: JSON = False,
) -> None:
    """List stored snapshots, one a line; tab-separated if the output is not a terminal."""
    from collector.store.parameters import list_query

    given = {"query": query, "sort": sort, "count": count, "offset": offset}
    chosen = list_query(given, lambda asked: min(asked or 0, _LONGEST_LIST))
    with opened() as components:
        snapshots = list(components.store.snapshots(components.workspace, chosen))
        total = components.store.count(components.workspace, chosen.where)
        zone = ZoneInfo(components.settings.timezone)
    if json:
        from collector.cli import json_output

        json_output.write_list(snapshots, chosen.offset, total)
    elif snapshots:
        from collector.cli import listing

        listing.show(snapshots, total, zone)
    else:
        is_chosen = chosen.where or chosen.offset
        typer.echo("No snapshot matches." if is_chosen else "No snapshots yet: rcstats snapshot takes one.", err=True)


@app.command(cls=TakesAges, rich_help_panel=DAILY, epilog=example("rcstats diff -7d"))
def diff(
    before: Annotated[
        str, typer.Argument(help="An ID, or a time such as 2024-03-01 or -7d for the last snapshot until then.")
    ],
    after: Annotated[str, typer.Argument(help="The same.")] = "now",
    *,
    whole: Annotated[
        bool, typer.Option("--all", help="Include small changes, and values that are not numbers.")
    ] = False,
    json: JSON = False,
) -> None:
    """Show what changed between two snapshots, the largest relative changes first, and the events between them."""
    from collector.history.diff import changes

    with opened() as components:
        old, new = _snapshot(components, before), _snapshot(components, after)
        between = events.between(components, old.get("createdAt"), new.get("createdAt"))
        zone = ZoneInfo(components.settings.timezone)
    found = changes(old, new)
    if json:
        from collector.cli import json_output

        all_of_them = [asdict(change) | {"difference": change.difference} for change in found]
        happened = events.shown(between)
        json_output.write({"before": _about(old), "after": _about(new), "changes": all_of_them, "events": happened})
    else:
        from collector.cli import charts

        charts.differences(old, new, found, zone, whole=whole)
        if between:
            typer.echo("\nBetween them:")
            events.print_some(between, zone)


def _about(snapshot: Document) -> Document:
    return {"_id": snapshot.get("_id"), "createdAt": snapshot.get("createdAt")}


@app.command(rich_help_panel=DAILY, epilog=example("rcstats trend totalUsers os.freemem --since -90d --every 1w"))
@options()
def trend(
    paths: Annotated[list[str], typer.Argument(metavar="KEY...", help="Key paths, such as totalUsers or os.freemem.")],
    since: Annotated[str, typer.Option(metavar="TIME", help="Start of the period, such as 2024-03-01.")] = "-90d",
    until: Annotated[str, typer.Option(metavar="TIME", help="End of the period.")] = "now",
    every: Annotated[
        str, typer.Option(metavar="WIDTH", help="Width of a bucket: a number and one of m, h, d, w, mo, q, y.")
    ] = "1d",
    how: Annotated[
        str,
        typer.Option(
            metavar=_HOWS, autocompletion=lambda: _HOWS.split("|"), help="Value of a bucket, of its snapshots."
        ),
    ] = "last",
    *,
    json: JSON = False,
) -> None:
    """Plot figures over time."""
    from collector.series.parameters import series_query

    given = {"fields": ",".join(paths), "start": since, "end": until, "every": every, "how": how}
    with opened() as components:
        now = datetime.now(UTC)
        query = series_query(given, components.settings.timezone, now)
        workspace = components.workspace
        query = replace(query, zone=components.store.calendar(query.zone, now))
        rows = list(components.store.series(workspace, query))
    _refuse_misspelt(query, rows)
    if json:
        from api.query.series import columns
        from collector.cli import json_output

        json_output.write_parts(columns(query, rows))
    else:
        from collector.cli import charts

        charts.trends(query, rows)


def _refuse_misspelt(query: "SeriesQuery", rows: list[Document]) -> None:
    """A key that no dictionary and no snapshot of the period knows would look like a figure without history.

    Raises:
        RcstatsError: there is one.
    """
    from collector.statistics.key_names import is_known, suggestion

    for number, path in enumerate(query.fields):
        if not is_known(path) and all(row.get(f"v{number}") is None for row in rows):
            raise RcstatsError(f"KEY: there is no statistic {path}; {suggestion(path)}")


@app.command(rich_help_panel=DAILY, epilog=example("rcstats forecast"))
def forecast(*, json: JSON = False) -> None:
    """Forecast users, messages and uploads, and report anomalies among the newest figures."""
    from collector.series import forecast as forecasting

    now = datetime.now(UTC)
    with opened() as components:
        workspace = components.workspace
        zone = ZoneInfo(components.store.calendar(components.settings.timezone, now))
        found = forecasting.forecast(lambda query: list(components.store.series(workspace, query)), now, zone)
    if json:
        from api.rendering import forecast as rendered
        from collector.cli import json_output

        json_output.write(rendered.document(found))
    else:
        from collector.cli import charts

        charts.forecast(found)


def _snapshot(components: "Components", which: str) -> Document:
    """The snapshot with this id, or the last one until this time.

    Raises:
        RcstatsError: no such snapshot exists.
    """
    from bson import ObjectId

    from collector.series.parameters import moment

    zone = ZoneInfo(components.settings.timezone)
    try:
        until = moment(which, zone, datetime.now(UTC))
    except ValueError:
        where: Document = {"_id": {"$in": [which, ObjectId(which)]} if ObjectId.is_valid(which) else which}
        if found := _first(components, where, {"createdAt": -1}):
            return found
        raise RcstatsError(f"no such snapshot: {which}") from None
    if found := _first(components, {"createdAt": {"$lte": until} | _A_DATE}, {"createdAt": -1}):
        return found
    raise RcstatsError(f"no snapshot is as old as {which}{_oldest(components, zone)}")


def _oldest(components: "Components", zone: ZoneInfo) -> str:
    from collector import dates

    oldest = _first(components, {"createdAt": {"$type": "date"} | _A_DATE}, {"createdAt": 1})
    taken = oldest and oldest["createdAt"]
    return f": the oldest was taken at {dates.written(taken, zone)}" if isinstance(taken, datetime) else ""


def _first(components: "Components", where: Document, sort: Mapping[str, int]) -> Document | None:
    from collector.store.parameters import ListQuery

    return next(components.store.snapshots(components.workspace, ListQuery(where, sort, count=1)), None)
