"""Owns the statistics of invitations."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.subject import Setting, Subject
from collector.statistics.values import Values

invitations = Subject("invitations", "Invitations.")


@invitations.reads(
    "invites",
    Statistic("totalLinkInvitation", "Invitation links.", Unit.NUMBER, estimated=True),
    Statistic("totalLinkInvitationUses", "How often invitation links were used.", Unit.NUMBER),
    source="rocketchat_invites, metadata and the sum of uses",
    cost=Cost.SCAN,
    reason="No index covers uses; a workspace has few invitation links.",
)
def invites(sources: Sources) -> Values:
    return {
        "totalLinkInvitation": sources.workspace.estimate(Collection.INVITES),
        "totalLinkInvitationUses": sources.workspace.total(Collection.INVITES, "uses"),
    }


invitations.settings(
    Setting("totalEmailInvitation", "Invitations by e-mail.", Unit.NUMBER, "Invitation_Email_Count"),
)
