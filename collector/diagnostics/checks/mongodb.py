"""Owns the check of the workspace's MongoDB: whether its release is supported, and which member is read."""

from collector.diagnostics.checks.finding import Level, Result, worst
from collector.sources.replication import Member, read_member
from collector.sources.rocketchat import RocketChat
from collector.statistics.mongodb_support import Support, support
from collector.statistics.releases import Release

LAG_LIMIT = 60  # seconds of replication lag


def mongodb(workspace: RocketChat, lag_limit: int = LAG_LIMIT) -> Result:
    """The release of MongoDB, its support by this Rocket.Chat, and the replication lag of the member that is read."""
    version = str(workspace.server()["version"])
    supported, clause = support(Release.parse(workspace.release()), version)
    release = Level.WARNING if supported is Support.NO else Level.OK, f"release {version}, {clause}"
    return worst([release, _replication(read_member(workspace.client), lag_limit)])


def _replication(member: Member, lag_limit: int) -> Result:
    text = f"{member.role} is read{' (directConnection)' if member.is_direct else ''}"
    if member.lag is None:
        return Level.OK, f"{text}; its replication lag is not known: {member.reason}"
    if not member.lag:
        return Level.OK, text
    return Level.WARNING if member.lag > lag_limit else Level.OK, f"{text}, {member.lag} s behind the primary"
