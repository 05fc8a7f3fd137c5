"""Owns the statistics of push notifications."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.subject import Setting, Subject, changed
from collector.statistics.values import Values

push = Subject("push", "Push notifications.")

_GATEWAY = ("Push_enable", "Push_enable_gateway", "Push_gateway")


@push.reads(
    "push_queue",
    Statistic("pushQueue", "Notifications that wait to be sent.", Unit.NUMBER, estimated=True, moves=True),
    source="rocketchat_notification_queue, metadata",
    cost=Cost.METADATA,
)
def queue(sources: Sources) -> Values:
    return {"pushQueue": sources.workspace.estimate(Collection.NOTIFICATIONS)}


@push.reads(
    "push_gateway",
    Statistic("push", "Bits: 1 push is on, 2 by a gateway, 4 by another gateway than the vendor's.", Unit.NUMBER),
    source=f"settings {', '.join(_GATEWAY)}",
    cost=Cost.INDEXED,
    settings=_GATEWAY,
)
def gateway(sources: Sources) -> Values:
    rows = sources.settings(*_GATEWAY)
    bits = (
        bool(rows.get("Push_enable", {}).get("value")),
        bool(rows.get("Push_enable_gateway", {}).get("value")),
        changed(rows.get("Push_gateway", {})),
    )
    return {"push": sum(bit << place for place, bit in enumerate(bits))}


push.settings(
    Setting(
        "pushSecured",
        "Whether devices fetch a message's text from the server.",
        Unit.FLAG,
        "Push_request_content_from_server",
    ),
)
