"""Recounts the collections that are plainly counted or summed, whole."""

from collector.sources.collections import Collection
from tests.oracle.documents import Counts, Stored, added, how_many, matches

WHOLE = {
    "totalLivechatVisitors": Collection.VISITORS,
    "departments": Collection.DEPARTMENTS,
    "totalTriggers": Collection.TRIGGERS,
    "totalCustomFields": Collection.CUSTOM_FIELDS,
    "emailInboxes": Collection.EMAIL_INBOXES,
    "BusinessHours.total": Collection.BUSINESS_HOURS,
    "contactVerification.totalContacts": Collection.CONTACTS,
    "totalLinkInvitation": Collection.INVITES,
    "uploadsTotal": Collection.UPLOADS,
    "pushQueue": Collection.NOTIFICATIONS,
    "integrations.totalIntegrations": Collection.INTEGRATIONS,
    "teams.totalTeams": Collection.TEAMS,
    "federatedServers": Collection.FEDERATION_SERVERS,
    "enterprise.livechatTags": Collection.LIVECHAT_TAGS,
    "enterprise.cannedResponses": Collection.CANNED_RESPONSES,
    "enterprise.slas": Collection.SERVICE_LEVELS,
    "abacTotalAttributes": Collection.ABAC_ATTRIBUTES,
}


def recounted(stored: Stored) -> Counts:
    roles = stored[Collection.ROLES]
    given = [attribute.get("values") for attribute in stored[Collection.ABAC_ATTRIBUTES]]
    return {
        **{key: len(stored[collection]) for key, collection in WHOLE.items()},
        "totalLinkInvitationUses": added(invite.get("uses") for invite in stored[Collection.INVITES]),
        "uploadsTotalSize": added(upload.get("size") for upload in stored[Collection.UPLOADS]),
        "totalSubscriptionRoles": how_many(roles, lambda role: matches(role, "scope", "Subscriptions")),
        "totalUserRoles": how_many(roles, lambda role: matches(role, "scope", "Users")),
        "totalCustomRoles": how_many(roles, lambda role: matches(role, "protected", wanted=False)),
        "abacTotalAttributeValues": sum(len(values) for values in given if isinstance(values, list)),
    }
