"""Owns the commands that examine the running workspace: parity and check, and the costs of readings."""

import sys
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from collector.bootstrap import open_components
from collector.errors import RcstatsError
from collector.key_paths import at
from collector.settings import load
from collector.statistics import catalog, snapshot
from collector.statistics.reading import of_release
from collector.statistics.releases import NEWEST, Release

app = typer.Typer()

_FINDINGS = 1  # the exit code of a command that completed with findings


def show_costs() -> None:
    """Runs and explains the queries of each reading, one by one."""
    from collector.cli import tables
    from collector.diagnostics.explain import Recorder, costs

    recorder = Recorder()
    with open_components(load(), recorder) as components:
        workspace = components.sources.workspace
        workspace.identity()
        readings = of_release(catalog.READINGS, Release.parse(workspace.release()) or NEWEST)
        tables.costs(costs(readings, components.sources.at(snapshot.now()), recorder))


@app.command()
def parity(
    *,
    whole: Annotated[
        bool, typer.Option("--all", help="Include equal statistics, and those that only rcstats has.")
    ] = False,
) -> None:
    """Compare a fresh snapshot with the server's own newest statistics document.

    The exit code is 1 if values differ.
    """
    from collector.cli import tables
    from collector.diagnostics.parity import Verdict, compare

    with open_components(load()) as components:
        own = components.sources.workspace.server_statistics_newest()
        if own is None:
            raise RcstatsError(
                "the server has not stored a statistics document yet; its administration page creates one"
            )
        with tables.progress(catalog.READINGS) as progress:
            ours = components.collector.collect(fresh=True, progress=progress)
    readings = of_release(catalog.READINGS, Release.parse(at(ours, "collector.release")) or NEWEST)
    compared = list(compare(ours, own, [statistic for reading in readings for statistic in reading.statistics]))
    tables.parity(compared, own.get("createdAt"), whole=whole)
    if any(comparison.verdict is Verdict.DIFFERS for comparison in compared):
        raise typer.Exit(_FINDINGS)


@app.command()
def check(
    *,
    roles: Annotated[
        bool, typer.Option("--roles", help="Print the minimal MongoDB roles as mongosh commands.")
    ] = False,
) -> None:
    """Check settings, connections, privileges, time zone, indexes and freshness.

    The exit code is 0 (ok), 1 (warning) or 2 (critical), as monitoring systems expect.
    """
    from collector.cli import tables
    from collector.diagnostics import checks, privileges
    from collector.scheduling.slots import Slots

    settings = load()
    if roles:
        sys.stdout.write(privileges.commands(settings))
        return
    with open_components(settings) as components:
        slots = Slots(settings.schedule, settings.timezone)
        workspace, store = components.sources.workspace, components.store
        given = checks.Given(settings.timezone, settings.timezone_is_set, settings.daily_scan)
        access = partial(privileges.access, settings)
        found = list(checks.findings(workspace, store, access, slots, datetime.now(UTC), given))
    tables.findings(found)
    raise typer.Exit(max(finding.level for finding in found))
