"""Apps from the marketplace and private ones."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import among, total
from collector.statistics.reading import Cost, Statistic, Subject, Unit, Values

apps = Subject("apps", "Apps from the marketplace and private ones.")

ENABLED, DISABLED = ("auto_enabled", "manually_enabled"), "manually_disabled"
PRIVATE = "private"

apps.told("apps_engine", Statistic("apps.engineVersion", "The release of the apps engine.", Unit.TEXT))


@apps.reads(
    "apps",
    Statistic("apps.totalInstalled", "Installed apps.", Unit.NUMBER),
    Statistic("apps.totalActive", "Apps that are enabled, by the status that is stored.", Unit.NUMBER),
    Statistic("apps.totalFailed", "Apps that are not enabled, though nobody disabled them.", Unit.NUMBER),
    Statistic("apps.totalPrivateApps", "Apps that are not from the marketplace.", Unit.NUMBER),
    Statistic("apps.totalPrivateAppsEnabled", "Those of them that are enabled.", Unit.NUMBER),
    source="rocketchat_apps, one group over status and installationSource",
    cost=Cost.SCAN,
    reason="All of them are counted; there are a handful of apps.",
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
