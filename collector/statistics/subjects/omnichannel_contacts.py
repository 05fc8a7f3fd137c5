"""Owns the statistics of omnichannel contacts: known and unknown, blocked and verified."""

from typing import Any

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.statistics.reading import Cost, Setting, Statistic, Subject, Unit, Values

omnichannel_contacts = Subject("omnichannel_contacts", "Omnichannel contacts: known and unknown, blocked and verified.")

_BLOCKED = {"channels.blocked": True}
_FULLY_BLOCKED = _BLOCKED | {
    "channels": {"$not": {"$elemMatch": {"$or": [{"blocked": False}, {"blocked": {"$exists": False}}]}}}
}


@omnichannel_contacts.reads(
    "contacts",
    Statistic("contactVerification.totalContacts", "Contacts.", Unit.NUMBER, estimated=True),
    Statistic("contactVerification.totalConflicts", "Fields of contacts with values that conflict.", Unit.NUMBER),
    Statistic("contactVerification.avgChannelsPerContact", "Channels of a contact, on average.", Unit.NUMBER),
    Statistic(
        "contactVerification.totalContactsWithoutChannels", "Contacts with an empty list of channels.", Unit.NUMBER
    ),
    source="rocketchat_livechat_contact, metadata and one group over all",
    cost=Cost.SCAN,
    reason="No index covers the lengths of lists; one pass yields all of them.",
)
def lists(sources: Sources) -> Values:
    rows = sources.workspace.groups(
        Collection.CONTACTS,
        {},
        by=None,
        conflicts=_length("$conflictingFields"),
        channels=_length("$channels"),
        without={"$cond": [{"$eq": ["$channels", []]}, 1, 0]},
    )
    row = rows[0] if rows else {"conflicts": 0, "channels": 0, "without": 0, "documents": 1}
    return {
        "contactVerification.totalContacts": sources.workspace.estimate(Collection.CONTACTS),
        "contactVerification.totalConflicts": row["conflicts"],
        "contactVerification.avgChannelsPerContact": row["channels"] / row["documents"],
        "contactVerification.totalContactsWithoutChannels": row["without"],
    }


@omnichannel_contacts.reads(
    "verification",
    Statistic("contactVerification.totalUnknownContacts", "Contacts that are marked as unknown.", Unit.NUMBER),
    Statistic("contactVerification.totalBlockedContacts", "Contacts with a blocked channel.", Unit.NUMBER),
    Statistic("contactVerification.totalFullyBlockedContacts", "Contacts whose channels are all blocked.", Unit.NUMBER),
    Statistic(
        "contactVerification.totalPartiallyBlockedContacts", "Contacts with blocked and other channels.", Unit.NUMBER
    ),
    Statistic("contactVerification.totalVerifiedContacts", "Contacts with a verified channel.", Unit.NUMBER),
    source="rocketchat_livechat_contact, counts over unknown, channels.blocked and channels.verified",
    cost=Cost.INDEXED,
)
def verification(sources: Sources) -> Values:
    blocked, fully = _count(sources, _BLOCKED), _count(sources, _FULLY_BLOCKED)
    return {
        "contactVerification.totalUnknownContacts": _count(sources, {"unknown": True}),
        "contactVerification.totalBlockedContacts": blocked,
        "contactVerification.totalFullyBlockedContacts": fully,
        "contactVerification.totalPartiallyBlockedContacts": blocked - fully,
        "contactVerification.totalVerifiedContacts": _count(sources, {"channels.verified": True}),
    }


_COUNTERS = {
    "totalMergedContacts": ("Contacts that were merged.", "Merged_Contacts_Count"),
    "totalResolvedConflicts": ("Conflicts that were resolved.", "Resolved_Conflicts_Count"),
    "totalImportedContacts": ("Contacts that were imported.", "Contacts_Importer_Count"),
    "totalUpsellViews": ("Views of the offer of contact verification.", "Advanced_Contact_Upsell_Views_Count"),
    "totalUpsellClicks": ("Clicks on the offer of contact verification.", "Advanced_Contact_Upsell_Clicks_Count"),
}

omnichannel_contacts.settings(
    *Setting.each(Unit.NUMBER, {f"contactVerification.{key}": setting for key, setting in _COUNTERS.items()})
)


def _length(field: str) -> Any:
    return {"$cond": [{"$isArray": field}, {"$size": field}, 0]}


def _count(sources: Sources, where: Document) -> int:
    return sources.workspace.count(Collection.CONTACTS, where)
