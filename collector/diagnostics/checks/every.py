"""Owns the order of the checks; each yields one finding."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from collector import logs
from collector.diagnostics.checks.deployment import deployment
from collector.diagnostics.checks.finding import Finding, Level, Result, one_line
from collector.diagnostics.checks.limits import limits
from collector.diagnostics.checks.mongodb import mongodb
from collector.diagnostics.checks.sites import sites
from collector.diagnostics.checks.store import BY_SCHEDULE, Ages, freshness, usability
from collector.diagnostics.checks.workspace import identity, indexes, privileges, timezone
from collector.diagnostics.privileges import Access
from collector.limits.standing import DEFAULT_THRESHOLDS, Thresholds
from collector.scheduling.slots import Slots
from collector.sources import Sources
from collector.store.snapshots import Store


@dataclass(frozen=True)
class Given:
    """The settings that the checks compare with the databases, see `Settings`; and the ages of the command line."""

    timezone: str = "UTC"
    timezone_is_set: bool = False
    daily_scan: bool = False
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    ages: Ages = BY_SCHEDULE


DEFAULTS = Given()


def findings(
    sources: Sources,
    store: Store,
    access: Callable[[], Access],
    slots: Slots,
    now: datetime,
    given: Given = DEFAULTS,
) -> Iterator[Finding]:
    """All findings up to the first critical one on which the later checks depend, as they do not on limits.

    `access` returns the privileges of the logins.
    """
    workspace = sources.workspace
    checks: dict[str, Callable[[], Result]] = {
        "workspace": lambda: identity(workspace),
        "privileges": lambda: privileges(workspace, access()),
        "deployment": lambda: deployment(sources.at(now), given.timezone),
        "mongodb": lambda: mongodb(workspace),
        "timezone": lambda: timezone(workspace, given.timezone, now, is_set=given.timezone_is_set),
        "indexes": lambda: indexes(workspace, may_scan=given.daily_scan),
        "store": lambda: usability(store, given.timezone, now),
        "sites": lambda: sites(workspace, store, now),
        "limits": lambda: limits(store, workspace.identity(), store.calendar(given.timezone, now), given.thresholds),
        "freshness": lambda: freshness(store, workspace.identity(), slots, now, given.timezone, given.ages),
    }
    for name, check in checks.items():
        try:
            level, text = check()
        except Exception as error:  # noqa: BLE001  an unforeseen error is a finding too
            level, text = Level.CRITICAL, logs.described(error)
        yield Finding(name, level, one_line(text))
        if level is Level.CRITICAL and name != "limits":
            return
