"""Owns the statistics of the server's processes and their connections."""

from datetime import datetime, time, timedelta
from typing import Any

from collector.key_paths import Document
from collector.numbers import is_figure, is_number
from collector.sources import Sources
from collector.sources import instances as source
from collector.sources.collections import Collection
from collector.sources.expressions import finite, number
from collector.sources.instances import Instance
from collector.sources.rocketchat import NO_SERVER_STATISTICS
from collector.statistics.reading import Cost, Sites, Statistic, Unit
from collector.statistics.releases import since
from collector.statistics.subject import Subject
from collector.statistics.values import Absent, Noted, Values

instances = Subject("instances", "The server's processes and their connections.")

PEAK_DAYS = 30

NOT_REPORTED = "no instance reports its connections"
NOT_SAMPLED = "no sample was taken: only the daemon takes samples between snapshots, once a minute"


@instances.reads(
    "instances",
    Statistic(
        "instanceCount", "Running instances of this workspace, on all hosts.", Unit.SERVERS, moves=True, sites=Sites.ADD
    ),
    Statistic(
        "collector.instances",
        "Each of them: kind, host, port, Node's release, pid, date of registration, uptime since then in seconds, "
        "processors, memory in bytes, open connections, and the date of its last renewal with the seconds since then.",
        Unit.LIST,
        moves=True,
    ),
    Statistic(
        "collector.connections.now", "Open websockets of all instances.", Unit.NUMBER, moves=True, sites=Sites.ADD
    ),
    source="instances, the rows renewed within the time to live of its index",
    cost=Cost.INDEXED,
    lists=1,
)
def rows(sources: Sources) -> Values:
    found = sources.instances()
    return {
        "instanceCount": len(found),
        "collector.instances": [described(instance) for instance in found],
        "collector.connections.now": _total(found),
    }


def described(instance: Instance) -> Document:
    """An instance as the document shows it, without what its row does not have."""
    cpus, memory = instance.system.get("cpus"), instance.system.get("totalmem")
    shown = {
        "id": instance.id,
        "kind": instance.kind,
        "host": instance.host,
        "port": instance.port,
        "nodeVersion": instance.node,
        "pid": instance.pid,
        "registeredAt": instance.registered_at,
        "uptime": instance.uptime,
        "cpus": cpus if is_figure(cpus) else None,
        "totalmem": memory if is_figure(memory) else None,
        "connections": instance.connections,
        "renewedAt": instance.renewed_at,
        "age": max(instance.age.total_seconds(), 0.0),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _total(found: list[Instance]) -> Any:
    total = source.connections(found)
    silent = sum(instance.connections is None for instance in found)
    if total is None:
        return Absent(NOT_REPORTED)
    return Noted(total, f"without {silent} of {len(found)} instances, which do not report any") if silent else total


@instances.reads(
    "connection_peaks",
    Statistic(
        "collector.connections.hourPeak",
        "The highest sample of open websockets in the last hour.",
        Unit.NUMBER,
        moves=True,
    ),
    Statistic("collector.connections.dayPeak", "The same in the last 24 hours.", Unit.NUMBER, moves=True),
    Statistic("collector.connections.sampledSince", "The first sample of these 24 hours.", Unit.DATE, moves=True),
    source="samples of the daemon, one a minute, of the connections that instances report",
    cost=Cost.FREE,
)
def sampled(sources: Sources) -> Values:
    peaks = sources.connections.peaks(sources.now)
    hour, day, first = (peaks.hour, peaks.day, peaks.since) if peaks else (None, None, None)
    values = {"hourPeak": hour, "dayPeak": day, "sampledSince": first}
    return {f"collector.connections.{key}": Absent(NOT_SAMPLED) if v is None else v for key, v in values.items()}


@instances.reads(
    "peaks",
    Statistic(
        "dailyPeakConnections",
        "The most connections at once before the server's newest statistics document, since the one before it.",
        Unit.NUMBER,
        releases=since("6.5"),
    ),
    Statistic(
        "maxMonthlyPeakConnections",
        "The highest such peak that the server stored in 30 days.",
        Unit.NUMBER,
        releases=since("6.5"),
    ),
    source="rocketchat_statistics, the newest document; the highest dailyPeakConnections since midnight 30 days ago",
    cost=Cost.INDEXED,
)
def peaks(sources: Sources) -> Values:
    midnight = datetime.combine(sources.today - timedelta(days=PEAK_DAYS), time(), sources.timezone)
    highest = {"$group": {"_id": None, "peak": {"$max": finite("$dailyPeakConnections", None)}}}
    rows = sources.workspace.aggregate(Collection.STATISTICS, [{"$match": {"createdAt": {"$gte": midnight}}}, highest])
    peak = rows[0]["peak"] if rows else None
    return {
        "dailyPeakConnections": _last_peak(sources.own_statistics()),
        "maxMonthlyPeakConnections": Absent("the server has not stored any in 30 days")
        if peak is None
        else number(peak),
    }


def _last_peak(own: Document) -> Any:
    """The server's own figure; it resets it each time that it computes a document."""
    peak, taken = own.get("dailyPeakConnections"), own.get("createdAt")
    if not is_number(peak):
        return Absent("the server's newest statistics document does not have it" if own else NO_SERVER_STATISTICS)
    return Noted(peak, f"as of {taken:%Y-%m-%d %H:%M} UTC") if isinstance(taken, datetime) else peak
