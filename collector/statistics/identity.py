"""Which workspace this is, and which release of the server runs it."""

from datetime import datetime

from collector.reading import Absent, Cost, Statistic, Subject, Unit, Values
from collector.sources import Sources

identity = Subject("identity", "Which workspace this is, and which release of the server runs it.")


@identity.reads(
    "workspace",
    Statistic("uniqueId", "The workspace's own 17-character id.", Unit.TEXT),
    Statistic("installedAt", "When the workspace was set up: when its id was made.", Unit.DATE),
    source="rocketchat_settings, row uniqueID: value and createdAt",
    cost=Cost.INDEXED,
)
def workspace(sources: Sources) -> Values:
    row = sources.workspace.settings("uniqueID").get("uniqueID", {})
    missing = Absent("the workspace has no setting uniqueID")
    created = row.get("createdAt")
    return {
        "uniqueId": row.get("value") or missing,
        "installedAt": created if isinstance(created, datetime) else missing,
    }


@identity.reads(
    "build",
    Statistic("version", "The server's release.", Unit.TEXT),
    Statistic("tag", "The git tag that the server was built from.", Unit.TEXT),
    Statistic("branch", "The git branch that the server was built from.", Unit.TEXT),
    source="rocketchat_statistics, the server's own newest document",
    cost=Cost.INDEXED,
)
def build(sources: Sources) -> Values:
    own = sources.workspace.build()
    missing = Absent(
        "the newest statistics document of the server does not say"
        if own
        else "the server has stored no statistics document yet"
    )
    return {key: own.get(key, missing) for key in ("version", "tag", "branch")}
