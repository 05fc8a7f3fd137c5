"""Owns the check for another site or copy of the workspace whose snapshots get mixed with the workspace's own."""

from datetime import datetime, timedelta

from collector.diagnostics.checks.finding import Level, Result
from collector.errors import NotAuthorizedError
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import CLOCKS_DIFFER, Store

_DAY = timedelta(days=1)
# The server computes it of its URL and that of its MongoDB, and stores it again when it starts with another one.
_FINGERPRINT, _IN_SNAPSHOTS = "Deployment_FingerPrint_Hash", "deploymentFingerprintHash"


def sites(workspace: RocketChat, store: Store, now: datetime) -> Result:
    """What mixes the snapshots of two sites or copies, if anything is known to.

    Raises:
        DatabaseError: workspace or store do not answer.
    """
    if others := _of_others(workspace, store, now):
        text = (
            f"another server with the same uniqueID has {others} of the last day's snapshots: set RCSTATS_SITE to a "
            "different name at each site, and use another store for a copy of the workspace"
        )
        return Level.WARNING, text
    if not workspace.site and _is_replicated(workspace):
        replicated = f"{Collection.SITE_REPLICATION} has documents: set RCSTATS_SITE to a different name at each site"
        return Level.WARNING, replicated
    return Level.OK, "no snapshot is known to be of another site or copy of the workspace"


def _of_others(workspace: RocketChat, store: Store, now: datetime) -> int:
    """The number of snapshots with another fingerprint than the workspace has had since before they were begun."""
    shown = {"$project": {"value": 1, "_updatedAt": 1}}
    for row in workspace.aggregate(Collection.SETTINGS, [{"$match": {"_id": _FINGERPRINT}}, shown]):
        fingerprint, changed = row.get("value"), row.get("_updatedAt")
        if fingerprint and isinstance(changed, datetime):
            since = {"$gt": max(min(changed, now) + CLOCKS_DIFFER, now - _DAY)}
            is_another = {"$type": "string", "$nin": [fingerprint, ""]}
            where = {"createdAt": since, "collector.startedAt": since, _IN_SNAPSHOTS: is_another}
            return store.count(workspace.identity(), where)
    return 0


def _is_replicated(workspace: RocketChat) -> bool:
    """Whether Rocket.Chat replicates the workspace between sites; False if this login may not know."""
    try:
        return workspace.estimate(Collection.SITE_REPLICATION) > 0
    except NotAuthorizedError:
        return False
