"""Owns the statistics of the database: MongoDB's release, storage engine and replication lag."""

from collector.sources import Sources
from collector.sources.replication import read_member
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.subject import Subject
from collector.statistics.values import Absent, Values

database = Subject("database", "The database: MongoDB's release, storage engine and replication lag.")


@database.reads(
    "mongo",
    Statistic("mongoVersion", "The release of MongoDB.", Unit.TEXT),
    Statistic("mongoStorageEngine", "MongoDB's storage engine.", Unit.TEXT),
    source="buildInfo and serverStatus",
    cost=Cost.METADATA,
)
def mongo(sources: Sources) -> Values:
    found = sources.server()
    denied = Absent("the login may not run serverStatus")
    return {"mongoVersion": found["version"], "mongoStorageEngine": found.get("engine") or denied}


@database.reads(
    "replication",
    Statistic(
        "collector.replicationLag",
        "How far a member that is read is behind the primary; 0 if the primary is read.",
        Unit.SECONDS,
    ),
    source="hello of the primary and of a member that is read: lastWrite.lastWriteDate",
    cost=Cost.METADATA,
)
def replication(sources: Sources) -> Values:
    member = read_member(sources.workspace.client)
    return {"collector.replicationLag": Absent(member.reason) if member.lag is None else member.lag}
