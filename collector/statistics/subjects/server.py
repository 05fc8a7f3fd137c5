"""Owns the statistics of the server: migrations, modes, database."""

from collector.sources import Sources
from collector.statistics.reading import Absent, Cost, Statistic, Subject, Unit, Values
from collector.statistics.releases import before, since

server = Subject("server", "The server: migrations, modes, database.")


@server.reads(
    "migration",
    Statistic("migration", "Version and lock of the server's database migrations.", Unit.DOCUMENT),
    source="migrations, the document control",
    cost=Cost.INDEXED,
)
def migration(sources: Sources) -> Values:
    return {"migration": sources.workspace.migration() or Absent("the server has not run migrations here")}


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
