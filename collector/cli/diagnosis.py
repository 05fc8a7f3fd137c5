"""Owns the commands that examine the running workspace: parity and check, and the costs of readings."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from collector.cli.components import opened
from collector.cli.exits import FINDINGS
from collector.cli.panels import JSON, OPERATION, example, options
from collector.cli.plugin import Plugin
from collector.errors import RcstatsError

if TYPE_CHECKING:
    from collector.diagnostics.checks.finding import Finding
    from collector.diagnostics.checks.performance import Figure
    from collector.diagnostics.explain import ReadingCost
    from collector.diagnostics.parity import Settings
    from collector.sources.rocketchat import RocketChat

app = typer.Typer()


def show_costs(*, json: bool) -> None:
    """Runs and explains the queries of each reading, one by one."""
    from collector.diagnostics.explain import Recorder, costs
    from collector.statistics import snapshot
    from collector.statistics.reading import of_release

    recorder = Recorder()
    with opened(recorder) as components:
        sources, about = components.collector.prepared()
        readings = of_release(components.collector.readings, about.definitions)
        found = costs(readings, sources.at(snapshot.now()), recorder)
        if json:
            from collector.cli import json_output

            json_output.write({"readings": [_cost(one) for one in found]})
        else:
            from collector.cli import diagnosis_tables

            diagnosis_tables.costs(found)


def _cost(one: "ReadingCost") -> dict[str, Any]:
    figures = {"keys": one.keys, "documents": one.documents, "returned": one.returned}
    queries = [asdict(item) for item in one.items]
    error = {"error": one.error} if one.error else {}
    return {"reading": one.reading, "seconds": one.seconds} | figures | {"queries": queries} | error


@app.command(rich_help_panel=OPERATION, epilog=example("rcstats parity"))
def parity(
    *,
    whole: Annotated[bool, typer.Option("--all", help="Include equal statistics.")] = False,
    json: JSON = False,
) -> None:
    """Compare a fresh snapshot with the server's own newest statistics document.

    Each difference is shown with its cause. The exit code is 1 if the cause of one is not known.
    """
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
        zone = ZoneInfo(components.settings.timezone)
    compared = list(compare(ours, own, catalog.READINGS, settings))
    if json:
        from collector.cli import json_output

        shown = [asdict(one) for one in compared if whole or one.verdict is not Verdict.EQUAL]
        json_output.write({"serverCreatedAt": own.get("createdAt"), "statistics": shown})
    else:
        from collector.cli import diagnosis_tables

        diagnosis_tables.parity(compared, own.get("createdAt"), zone, whole=whole)
    if any(comparison.verdict is Verdict.UNEXPLAINED for comparison in compared):
        raise typer.Exit(FINDINGS)


def _settings(workspace: "RocketChat", taken: Any) -> "Settings":
    """The settings that explain differences from a document; the server computes one within a minute."""
    from collector.diagnostics.parity import Settings

    since = {"$gt": taken - timedelta(minutes=1)} if isinstance(taken, datetime) else {"$exists": True}
    return Settings(workspace.settings_where(_updatedAt=since), workspace.settings_where(enterprise=True))


@app.command(cls=Plugin, rich_help_panel=OPERATION, epilog=example("rcstats check --warning 2h --critical 6h"))
@options()
def check(
    *,
    warning: Annotated[
        str | None,
        typer.Option(metavar="AGE", help="Warn of a newest snapshot older than this, such as 2h, not by the schedule."),
    ] = None,
    critical: Annotated[str | None, typer.Option(metavar="AGE", help="The same, critical.")] = None,
    roles: Annotated[
        bool, typer.Option("--roles", help="Print the minimal MongoDB roles as mongosh commands.")
    ] = False,
    json: JSON = False,
) -> None:
    """Check settings, connections, privileges, MongoDB, time zone, indexes, limits and freshness.

    It is a plugin for Nagios and Icinga. The exit code is 0 (ok), 1 (warning), 2 (critical) or 3 (it could not run).
    """
    from collector.diagnostics import privileges
    from collector.diagnostics.checks import every
    from collector.diagnostics.checks.performance import performance
    from collector.diagnostics.checks.store import Ages
    from collector.scheduling.slots import Slots
    from collector.settings import load

    if roles:
        sys.stdout.write(privileges.commands(load()))
        return
    ages = Ages(_age("warning", warning), _age("critical", critical))
    with opened() as components:
        settings, now = components.settings, datetime.now(UTC)
        slots = Slots(settings.schedule, settings.timezone)
        given = every.Given(settings.timezone, settings.timezone_is_set, settings.daily_scan, settings.thresholds, ages)
        access = partial(privileges.access, settings)
        found = list(every.findings(components.sources, components.store, access, slots, now, given))
        is_read = any(finding.name == "freshness" for finding in found)
        newest = components.store.newest(components.workspace) if is_read else None
    _show_findings(found, list(performance(newest, ages, now)), json=json)
    raise typer.Exit(max(finding.level for finding in found))


def _age(option: str, raw: str | None) -> timedelta | None:
    """An age such as 90m.

    Raises:
        ParameterError: it is none.
    """
    from collector.series.parameters import checked
    from collector.series.widths import width

    if raw is None:
        return None
    size, unit = checked(option, raw, width)
    return size * unit.length


def _show_findings(found: "list[Finding]", figures: "list[Figure]", *, json: bool) -> None:
    if json:
        from collector.cli import json_output

        checks = [{"name": one.name, "state": one.level.name.lower(), "text": one.text} for one in found]
        state = max(one.level for one in found).name.lower()
        performance = {figure.name: figure.value for figure in figures}
        json_output.write({"state": state, "checks": checks, "performance": performance})
    else:
        from collector.cli import diagnosis_tables

        diagnosis_tables.findings(found, figures)
