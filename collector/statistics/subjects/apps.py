"""Owns the statistics of marketplace and private apps."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import among, total
from collector.statistics.reading import Cost, Sites, Statistic, Unit
from collector.statistics.releases import since
from collector.statistics.subject import Subject
from collector.statistics.values import Values

apps = Subject("apps", "Marketplace and private apps.", Sites.ADD)

ENABLED, DISABLED = ("auto_enabled", "manually_enabled"), "manually_disabled"
PRIVATE = "private"
_PRIVATE_SINCE = since("7.5")  # the first release is not known for sure

apps.from_server_statistics(
    "apps_engine", Statistic("apps.engineVersion", "The release of the apps engine.", Unit.TEXT)
)


@apps.reads(
    "apps",
    Statistic("apps.totalInstalled", "Installed apps.", Unit.NUMBER),
    Statistic("apps.totalActive", "Enabled apps, by their stored status.", Unit.NUMBER),
    Statistic("apps.totalFailed", "Apps that are neither enabled nor manually disabled.", Unit.NUMBER),
    Statistic("apps.totalPrivateApps", "Apps that are not from the marketplace.", Unit.NUMBER, releases=_PRIVATE_SINCE),
    Statistic(
        "apps.totalPrivateAppsEnabled",
        "Enabled apps that are not from the marketplace.",
        Unit.NUMBER,
        releases=_PRIVATE_SINCE,
    ),
    source="rocketchat_apps, one group over status and installationSource",
    cost=Cost.SCAN,
    reason="All apps are counted; a workspace has few.",
)
def totals(sources: Sources) -> Values:
    by = {"status": among("$status", (*ENABLED, DISABLED)), "source": among("$installationSource", (PRIVATE,))}
    rows = sources.workspace.groups(Collection.APPS, {}, by=by)
    active = sum(total(rows, status=status) for status in ENABLED)
    return {
        "apps.totalInstalled": total(rows),
        "apps.totalActive": active,
        "apps.totalFailed": total(rows) - active - total(rows, status=DISABLED),
        "apps.totalPrivateApps": total(rows, source=PRIVATE),
        "apps.totalPrivateAppsEnabled": sum(total(rows, source=PRIVATE, status=status) for status in ENABLED),
    }
