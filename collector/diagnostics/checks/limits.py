"""Owns the check of the limits: those of the newest snapshot that are near."""

from collector.diagnostics.checks.finding import Level, Result, worst
from collector.limits.newest import of_newest
from collector.limits.standing import Standing, State, Thresholds
from collector.store.snapshots import Store

_LEVELS = {State.OK: Level.OK, State.WARNING: Level.WARNING}
_ELSEWHERE = "mongodbSupport"  # the check of MongoDB reports it
_HARMLESS = "serverStatistics"  # the workspace works on


def limits(store: Store, workspace: str, zone: str, thresholds: Thresholds) -> Result:
    """The limits that are near or reached; if none is, the nearest one."""
    found = of_newest(store, workspace, zone, thresholds)
    shown = [one for one in found.standings if one.name != _ELSEWHERE]
    if near := [one for one in shown if one.state is not State.OK]:
        return worst([(_level(one), str(one)) for one in near])
    return Level.OK, f"none is near; the nearest: {shown[0]}" if shown else "none is known that applies"


def _level(one: Standing) -> Level:
    return Level.WARNING if one.name == _HARMLESS else _LEVELS.get(one.state, Level.CRITICAL)
