"""Owns the statistics of incoming and outgoing webhooks."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import among, total
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.subject import Subject
from collector.statistics.values import Values

integrations = Subject("integrations", "Incoming and outgoing webhooks.")

INCOMING, OUTGOING = "webhook-incoming", "webhook-outgoing"


@integrations.reads(
    "integrations",
    Statistic("integrations.totalIntegrations", "All integrations.", Unit.NUMBER),
    Statistic("integrations.totalIncoming", "Incoming webhooks.", Unit.NUMBER),
    Statistic("integrations.totalIncomingActive", "Incoming webhooks that are enabled.", Unit.NUMBER),
    Statistic("integrations.totalOutgoing", "Outgoing webhooks.", Unit.NUMBER),
    Statistic("integrations.totalOutgoingActive", "Outgoing webhooks that are enabled.", Unit.NUMBER),
    Statistic("integrations.totalWithScriptEnabled", "Integrations with a script that is enabled.", Unit.NUMBER),
    source="rocketchat_integrations, one group over type, enabled and scriptEnabled",
    cost=Cost.SCAN,
    reason="All integrations are counted; a workspace has few.",
)
def totals(sources: Sources) -> Values:
    by = {"type": among("$type", (INCOMING, OUTGOING))}
    by |= {flag: among(f"${flag}", (True,)) for flag in ("enabled", "scriptEnabled")}
    rows = sources.workspace.groups(Collection.INTEGRATIONS, {}, by=by)
    return {
        "integrations.totalIntegrations": total(rows),
        "integrations.totalIncoming": total(rows, type=INCOMING),
        "integrations.totalIncomingActive": total(rows, type=INCOMING, enabled=True),
        "integrations.totalOutgoing": total(rows, type=OUTGOING),
        "integrations.totalOutgoingActive": total(rows, type=OUTGOING, enabled=True),
        "integrations.totalWithScriptEnabled": total(rows, scriptEnabled=True),
    }
