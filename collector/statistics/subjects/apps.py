"""Owns the statistics of marketplace and private apps."""

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import among
from collector.statistics.reading import Cost, Statistic, Subject, Unit, Values

apps = Subject("apps", "Marketplace and private apps.")

ENABLED, DISABLED = ("auto_enabled", "manually_enabled"), "manually_disabled"
PRIVATE = "private"

apps.from_server_statistics(
    "apps_engine", Statistic("apps.engineVersion", "The release of the apps engine.", Unit.TEXT)
)


@apps.reads(
    "apps",
    Statistic("apps.totalInstalled", "Installed apps.", Unit.NUMBER),
    Statistic("apps.totalActive", "Enabled apps, by their stored status.", Unit.NUMBER),
    Statistic("apps.totalFailed", "Apps that are neither enabled nor manually disabled.", Unit.NUMBER),
    Statistic("apps.totalPrivateApps", "Apps that are not from the marketplace.", Unit.NUMBER),
    Statistic("apps.totalPrivateAppsEnabled", "Enabled apps that are not from the marketplace.", Unit.NUMBER),
    source="rocketchat_apps, one group over status and installationSource",
    cost=Cost.SCAN,
    reason="All apps are counted; a workspace has few.",
)
def totals(sources: Sources) -> Values:
    by = {"status": among("$status", (*ENABLED, DISABLED)), "source": among("$installationSource", (PRIVATE,))}
    rows = sources.workspace.groups(Collection.APPS, {}, by=by)
    private = [row for row in rows if row["_id"]["source"] == PRIVATE]
    return {
        "apps.totalInstalled": _sum(rows),
        "apps.totalActive": _sum(rows, *ENABLED),
        "apps.totalFailed": _sum(rows) - _sum(rows, *ENABLED, DISABLED),
        "apps.totalPrivateApps": _sum(private),
        "apps.totalPrivateAppsEnabled": _sum(private, *ENABLED),
    }


def _sum(rows: list[Document], *statuses: str) -> int:
    """The number of apps with one of these statuses, or of all if none is given."""
    return sum(row["documents"] for row in rows if not statuses or row["_id"]["status"] in statuses)
