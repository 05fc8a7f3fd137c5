"""Owns the statistics of omnichannel contacts: known and unknown, blocked and verified."""

from typing import Any

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import each
from collector.statistics.reading import Cost, Sites, Statistic, Unit
from collector.statistics.releases import Span, since
from collector.statistics.subject import Setting, Subject
from collector.statistics.values import Values

omnichannel_contacts = Subject(
    "omnichannel_contacts", "Omnichannel contacts: known and unknown, blocked and verified.", Sites.ADD
)

_RELEASES, _EARLIER, _NOW = since("7.2"), since("7.2", before="8.0"), since("8.0")

_BLOCKED = {"channels.blocked": True}
_FULLY_BLOCKED = _BLOCKED | {
    "channels": {"$not": {"$elemMatch": {"$or": [{"blocked": False}, {"blocked": {"$exists": False}}]}}}
}


def _lists(name: str, releases: Span, without_channels: str, is_without: Document) -> None:
    """Declares what one pass over all contacts yields; releases define a contact without channels differently."""
    statistics = {
        "totalContacts": "Contacts.",
        "totalConflicts": "Fields of contacts with values that conflict.",
        "avgChannelsPerContact": "Channels of a contact, on average.",
        "totalContactsWithoutChannels": without_channels,
    }

    def read(sources: Sources) -> Values:
        sums = {
            "conflicts": _length("$conflictingFields"),
            "channels": _length("$channels"),
            "without": each(is_without),
        }
        rows = sources.workspace.groups(Collection.CONTACTS, {}, by=None, **sums)
        row = rows[0] if rows else {"conflicts": 0, "channels": 0, "without": 0, "documents": 1}
        return {
            "contactVerification.totalContacts": sources.workspace.estimate(Collection.CONTACTS),
            "contactVerification.totalConflicts": row["conflicts"],
            "contactVerification.avgChannelsPerContact": row["channels"] / row["documents"],
            "contactVerification.totalContactsWithoutChannels": row["without"],
        }

    omnichannel_contacts.reads(
        name,
        *(
            Statistic(
                f"contactVerification.{key}",
                meaning,
                Unit.NUMBER,
                estimated=key == "totalContacts",
                releases=releases,
                sites=Sites.DO_NOT_ADD if key == "avgChannelsPerContact" else None,
            )
            for key, meaning in statistics.items()
        ),
        source="rocketchat_livechat_contact, metadata and one group over all",
        cost=Cost.SCAN,
        reason="No index covers the lengths of lists; one pass yields all of them.",
    )(read)


_IS_EMPTY: Document = {"$eq": ["$channels", []]}
_lists("contacts_until_7", _EARLIER, "Contacts without channels.", {"$or": [{"$lte": ["$channels", None]}, _IS_EMPTY]})
_lists("contacts", _NOW, "Contacts with an empty list of channels.", _IS_EMPTY)


@omnichannel_contacts.reads(
    "verification",
    *(
        Statistic(f"contactVerification.{key}", meaning, Unit.NUMBER, releases=_RELEASES)
        for key, meaning in (
            ("totalUnknownContacts", "Contacts that are marked as unknown."),
            ("totalBlockedContacts", "Contacts with a blocked channel."),
            ("totalFullyBlockedContacts", "Contacts whose channels are all blocked."),
            ("totalPartiallyBlockedContacts", "Contacts with blocked and other channels."),
        )
    ),
    source="rocketchat_livechat_contact, counts over unknown and channels.blocked",
    cost=Cost.INDEX_SCAN,
)
def verification(sources: Sources) -> Values:
    kinds: tuple[Document, ...] = ({"unknown": True}, _BLOCKED, _FULLY_BLOCKED)
    unknown, blocked, fully = sources.workspace.counts(*((Collection.CONTACTS, kind) for kind in kinds))
    return {
        "contactVerification.totalUnknownContacts": unknown,
        "contactVerification.totalBlockedContacts": blocked,
        "contactVerification.totalFullyBlockedContacts": fully,
        "contactVerification.totalPartiallyBlockedContacts": blocked - fully,
    }


def _redefined(key: str, meaning: str, where: Document, releases: Span) -> None:
    omnichannel_contacts.count(
        f"contactVerification.{key}", meaning, Unit.NUMBER, of=Collection.CONTACTS, where=where, releases=releases
    )


_redefined("totalVerifiedContacts", "Contacts that are marked as known.", {"unknown": False}, _EARLIER)
_redefined("totalVerifiedContacts", "Contacts with a verified channel.", {"channels.verified": True}, _NOW)

_COUNTERS = {
    "totalMergedContacts": ("Contacts that were merged.", "Merged_Contacts_Count"),
    "totalResolvedConflicts": ("Conflicts that were resolved.", "Resolved_Conflicts_Count"),
    "totalImportedContacts": ("Contacts that were imported.", "Contacts_Importer_Count"),
    "totalUpsellViews": ("Views of the offer of contact verification.", "Advanced_Contact_Upsell_Views_Count"),
    "totalUpsellClicks": ("Clicks on the offer of contact verification.", "Advanced_Contact_Upsell_Clicks_Count"),
}

omnichannel_contacts.settings(
    *Setting.each(
        Unit.NUMBER, {f"contactVerification.{key}": setting for key, setting in _COUNTERS.items()}, releases=_RELEASES
    )
)


def _length(field: str) -> Any:
    return {"$cond": [{"$isArray": field}, {"$size": field}, 0]}
