"""Owns the statistics of the server: migrations, running instances, connections, database."""

from datetime import datetime, time, timedelta

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import finite, number
from collector.statistics.reading import Absent, Cost, Statistic, Subject, Unit, Values
from collector.statistics.releases import before, since

server = Subject("server", "The server: migrations, running instances, connections, database.")

PEAK_DAYS = 30


@server.reads(
    "migration",
    Statistic("migration", "Version and lock of the server's database migrations.", Unit.DOCUMENT),
    source="migrations, the document control",
    cost=Cost.INDEXED,
)
def migration(sources: Sources) -> Values:
    return {"migration": sources.workspace.migration() or Absent("the server has not run migrations here")}


@server.reads(
    "instances",
    Statistic("instanceCount", "Running servers of this workspace, on all hosts.", Unit.SERVERS, moves=True),
    source="instances, rows renewed within a minute",
    cost=Cost.INDEXED,
)
def instances(sources: Sources) -> Values:
    return {"instanceCount": len(sources.workspace.instances(sources.now))}


@server.reads(
    "peaks",
    Statistic(
        "dailyPeakConnections",
        "The most connections at once since the server's last statistics.",
        Unit.NUMBER,
        releases=since("6.5"),
    ),
    Statistic(
        "maxMonthlyPeakConnections",
        "The highest such peak that the server stored in 30 days.",
        Unit.NUMBER,
        releases=since("6.5"),
    ),
    source="rocketchat_statistics, the highest dailyPeakConnections since local midnight 30 days ago",
    cost=Cost.INDEXED,
)
def peaks(sources: Sources) -> Values:
    midnight = datetime.combine(sources.today - timedelta(days=PEAK_DAYS), time(), sources.timezone)
    highest = {"$group": {"_id": None, "peak": {"$max": finite("$dailyPeakConnections", None)}}}
    rows = sources.workspace.aggregate(Collection.STATISTICS, [{"$match": {"createdAt": {"$gte": midnight}}}, highest])
    peak = rows[0]["peak"] if rows else None
    return {
        "dailyPeakConnections": Absent("the server keeps it only in memory"),
        "maxMonthlyPeakConnections": Absent("the server has not stored any in 30 days")
        if peak is None
        else number(peak),
    }


server.from_server_statistics(
    "modes",
    Statistic("msEnabled", "Whether the server runs as microservices.", Unit.FLAG),
    Statistic("oplogEnabled", "Whether the server follows the oplog.", Unit.FLAG, releases=before("8.0")),
)


server.always(
    "no_oplog",
    Statistic("oplogEnabled", "Always false: this server does not follow the oplog.", Unit.FLAG, releases=since("8.0")),
    value=False,
)


@server.reads(
    "mongo",
    Statistic("mongoVersion", "The release of MongoDB.", Unit.TEXT),
    Statistic("mongoStorageEngine", "MongoDB's storage engine.", Unit.TEXT),
    source="buildInfo and serverStatus",
    cost=Cost.METADATA,
)
def mongo(sources: Sources) -> Values:
    found = sources.workspace.server()
    denied = Absent("the login may not run serverStatus")
    return {"mongoVersion": found["version"], "mongoStorageEngine": found.get("engine") or denied}
