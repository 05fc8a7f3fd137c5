"""Owns the commands that examine the running workspace: parity and check, and the costs of readings."""

import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.components import opened
from collector.errors import RcstatsError

if TYPE_CHECKING:
    from collector.diagnostics.parity import Settings
    from collector.sources.rocketchat import RocketChat

app = typer.Typer()

_FINDINGS = 1  # the exit code of a command that completed with findings


def show_costs() -> None:
    """Runs and explains the queries of each reading, one by one."""
    from collector.cli import diagnosis_tables
    from collector.diagnostics.explain import Recorder, costs
    from collector.statistics import snapshot
    from collector.statistics.reading import of_release

    recorder = Recorder()
    with opened(recorder) as components:
        sources, about = components.collector.prepared()
        readings = of_release(components.collector.readings, about.definitions)
        diagnosis_tables.costs(costs(readings, sources.at(snapshot.now()), recorder))


@app.command()
def parity(
    *,
    whole: Annotated[bool, typer.Option("--all", help="Include equal statistics.")] = False,
) -> None:
    """Compare a fresh snapshot with the server's own newest statistics document.

    Each difference is shown with its cause. The exit code is 1 if the cause of one is not known.
    """
    from collector.cli import diagnosis_tables
    from collector.cli.progress import progress
    from collector.diagnostics.parity import Verdict, compare
    from collector.sources.identification import identified
    from collector.sources.rocketchat import NO_SERVER_STATISTICS
    from collector.statistics import catalog

    with opened() as components:
        identified(components.sources.workspace)
        own = components.sources.workspace.own_statistics()
        if not own:
            raise RcstatsError(f"{NO_SERVER_STATISTICS}; its administration page creates one")
        with progress(components.collector.readings) as update:
            ours = components.collector.collect(fresh=True, progress=update)
        settings = _settings(components.sources.workspace, own.get("createdAt"))
    compared = list(compare(ours, own, catalog.READINGS, settings))
    diagnosis_tables.parity(compared, own.get("createdAt"), whole=whole)
    if any(comparison.verdict is Verdict.UNEXPLAINED for comparison in compared):
        raise typer.Exit(_FINDINGS)


def _settings(workspace: "RocketChat", taken: Any) -> "Settings":
    """The settings that explain differences from a document; the server computes one within a minute."""
    from collector.diagnostics.parity import Settings

    since = {"$gt": taken - timedelta(minutes=1)} if isinstance(taken, datetime) else {"$exists": True}
    return Settings(workspace.settings_where(_updatedAt=since), workspace.settings_where(enterprise=True))


@app.command()
def check(
    *,
    roles: Annotated[
        bool, typer.Option("--roles", help="Print the minimal MongoDB roles as mongosh commands.")
    ] = False,
) -> None:
    """Check settings, connections, privileges, MongoDB, time zone, indexes, limits and freshness.

    The exit code is 0 (ok), 1 (warning) or 2 (critical), as monitoring systems expect.
    """
    from collector.cli import diagnosis_tables
    from collector.diagnostics import privileges
    from collector.diagnostics.checks import every
    from collector.scheduling.slots import Slots
    from collector.settings import load

    if roles:
        sys.stdout.write(privileges.commands(load()))
        return
    with opened() as components:
        settings = components.settings
        slots = Slots(settings.schedule, settings.timezone)
        given = every.Given(settings.timezone, settings.timezone_is_set, settings.daily_scan, settings.thresholds)
        access = partial(privileges.access, settings)
        found = list(every.findings(components.sources, components.store, access, slots, datetime.now(UTC), given))
    diagnosis_tables.findings(found)
    raise typer.Exit(max(finding.level for finding in found))
