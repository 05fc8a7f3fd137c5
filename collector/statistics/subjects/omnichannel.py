"""Owns the omnichannel statistics: visitors, agents, departments, sources and routing."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import MOST_KINDS, kinds, largest
from collector.statistics.bounds import listed
from collector.statistics.reading import Cost, Sites, Statistic, Unit
from collector.statistics.releases import since
from collector.statistics.subject import Setting, Subject, same
from collector.statistics.values import UNDEFINED, Values, noted

omnichannel = Subject("omnichannel", "Omnichannel: visitors, agents, departments, sources and routing.", Sites.ADD)

omnichannel.sizes(
    "omnichannel_sizes",
    totalLivechatVisitors=(Collection.VISITORS, "Omnichannel visitors.", Unit.NUMBER),
    departments=(Collection.DEPARTMENTS, "Departments and business units.", Unit.NUMBER),
    totalTriggers=(Collection.TRIGGERS, "Triggers of the livechat widget.", Unit.NUMBER),
    totalCustomFields=(Collection.CUSTOM_FIELDS, "Custom fields of visitors and conversations.", Unit.NUMBER),
    emailInboxes=(Collection.EMAIL_INBOXES, "E-mail inboxes.", Unit.NUMBER),
    **{"BusinessHours.total": (Collection.BUSINESS_HOURS, "Business hours.", Unit.NUMBER)},
)


@omnichannel.reads(
    "agents",
    Statistic("totalLivechatAgents", "Accounts with the role livechat-agent.", Unit.USERS, sites=Sites.DO_NOT_ADD),
    Statistic("totalLivechatManagers", "Accounts with the role livechat-manager.", Unit.USERS, sites=Sites.DO_NOT_ADD),
    source="users, counts over roles",
    cost=Cost.INDEX_SCAN,
)
def agents(sources: Sources) -> Values:
    agents, managers = sources.workspace.counts(
        (Collection.USERS, {"roles": "livechat-agent"}), (Collection.USERS, {"roles": "livechat-manager"})
    )
    return {"totalLivechatAgents": agents, "totalLivechatManagers": managers}


@omnichannel.reads(
    "sources",
    Statistic(
        "omnichannelSources",
        "Sources of conversations: id, alias, type and count; one row where the server has several that look alike.",
        Unit.LIST,
    ),
    source="rocketchat_room, omnichannel rooms grouped by id, alias and type of their source",
    cost=Cost.INDEX_SCAN,
    lists=1,
)
def conversation_sources(sources: Sources) -> Values:
    where = {"t": "l", "source": {"$exists": True}}
    by_source = kinds({name: f"$source.{name}" for name in ("id", "alias", "type")}, count={"$sum": 1})
    rows = sources.workspace.aggregate(Collection.ROOMS, [{"$match": where}, by_source, *largest("count")])
    found_sources = [{"id": UNDEFINED, "alias": UNDEFINED} | row["_id"] | {"count": row["count"]} for row in rows]
    found, note = listed(found_sources, more=len(rows) == MOST_KINDS)
    by_name = sorted(found, key=lambda row: [str(row.get(name)) for name in ("type", "id", "alias")])
    return {"omnichannelSources": noted(by_name, note)}


omnichannel.count(
    "totalLivechatRoomsWithDepartment",
    "Omnichannel rooms with a department.",
    Unit.ROOMS,
    of=Collection.ROOMS,
    where={"departmentId": {"$exists": True}},
    releases=since("7.0"),
)
omnichannel.count(
    "archivedDepartments",
    "Departments that were archived.",
    Unit.NUMBER,
    of=Collection.DEPARTMENTS,
    where={"archived": True},
)


@omnichannel.reads(
    "public_fields",
    Statistic("totalLivechatPublicCustomFields", "Custom fields that are visible to visitors.", Unit.NUMBER),
    source="rocketchat_livechat_custom_field, count over public",
    cost=Cost.SCAN,
    reason="Only _id and scope are indexed; a workspace has few custom fields.",
)
def public_fields(sources: Sources) -> Values:
    return {"totalLivechatPublicCustomFields": sources.workspace.count(Collection.CUSTOM_FIELDS, {"public": True})}


@omnichannel.reads(
    "on_hold",
    Statistic("chatsOnHold", "Conversations that were ever put on hold.", Unit.ROOMS),
    source="rocketchat_message, rooms of messages of type omnichannel_placed_chat_on_hold",
    cost=Cost.INDEX_SCAN,
    message_index="t",
)
def on_hold(sources: Sources) -> Values:
    where = {"t": "omnichannel_placed_chat_on_hold"}
    return {"chatsOnHold": sources.workspace.count_distinct(Collection.MESSAGES, where, "rid")}


_FLAGS = {
    "livechatEnabled": ("Whether omnichannel is enabled.", "Livechat_enabled"),
    "isDepartmentRemovalEnabled": ("Whether departments may be removed.", "Omnichannel_enable_department_removal"),
    "onHoldEnabled": ("Whether agents may put conversations on hold.", "Livechat_allow_manual_on_hold"),
    "lastChattedAgentPreferred": (
        "Whether a returning visitor is routed to the previous agent.",
        "Livechat_last_chatted_agent_routing",
    ),
    "assignNewConversationsToContactManager": (
        "Whether a contact's conversations are assigned to the contact's manager.",
        "Omnichannel_contact_manager_routing",
    ),
}
_TEXTS = {
    "routingAlgorithm": ("Algorithm that assigns conversations to agents.", "Livechat_Routing_Method"),
    "visitorAbandonment": ("Action on conversations that a visitor abandons.", "Livechat_abandoned_rooms_action"),
}

omnichannel.settings(
    *Setting.each(Unit.FLAG, _FLAGS),
    *Setting.each(Unit.TEXT, _TEXTS),
    Setting(
        "livechatAutomaticForwardingUnansweredChats",
        "Whether unanswered conversations are forwarded after a timeout.",
        Unit.FLAG,
        "Livechat_auto_transfer_chat_timeout",
        lambda row: not same(row.get("value"), 0),
        missing=True,
    ),
    Setting(
        "BusinessHours.strategy",
        "The type of business hours; empty without any.",
        Unit.TEXT,
        "Livechat_enable_business_hours",
        lambda row: row.get("value") or "",
        missing="",
    ),
)
