"""Owns the statistics of the server: migrations and modes."""

from collector.sources import Sources
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.releases import before, since
from collector.statistics.subject import Subject
from collector.statistics.values import Absent, Values

server = Subject("server", "The server: migrations and modes.")


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
