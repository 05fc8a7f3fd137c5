"""Recounts how far the contacts of livechat are known, verified and blocked."""

from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.statistics.releases import Release
from tests.oracle.documents import Counts, Stored, how_many, is_true, matches, under


def recounted(stored: Stored, release: Release) -> Counts:
    contacts = stored[Collection.CONTACTS]
    blocked = [contact for contact in contacts if is_true(contact, "channels.blocked")]
    fully = how_many(blocked, lambda contact: not has_open_channel(contact))
    counts = {
        "totalUnknownContacts": how_many(contacts, lambda contact: is_true(contact, "unknown")),
        "totalConflicts": sum(length(contact, "conflictingFields") for contact in contacts),
        "avgChannelsPerContact": average([length(contact, "channels") for contact in contacts]),
        "totalBlockedContacts": len(blocked),
        "totalFullyBlockedContacts": fully,
        "totalPartiallyBlockedContacts": len(blocked) - fully,
        "totalVerifiedContacts": how_many(contacts, is_verified if release >= Release(8) else is_known),
        "totalContactsWithoutChannels": how_many(contacts, has_none if release >= Release(8) else lacks_any),
    }
    return under("contactVerification", counts)


def is_verified(contact: Document) -> bool:
    return is_true(contact, "channels.verified")


def is_known(contact: Document) -> bool:
    """What counted as verified before 8.0."""
    return matches(contact, "unknown", wanted=False)


def has_none(contact: Document) -> bool:
    return contact.get("channels") == []


def lacks_any(contact: Document) -> bool:
    """Before 8.0: the driver sends an undefined value as null, which a missing field equals."""
    return contact.get("channels") in (None, [])


def has_open_channel(contact: Document) -> bool:
    """Whether an element of the array is said not to be blocked, or is not said to be anything."""
    channels = contact["channels"] if isinstance(contact["channels"], list) else []
    return any(channel.get("blocked", False) is False for channel in channels if isinstance(channel, dict))


def length(contact: Document, key: str) -> int:
    value = contact.get(key)
    return len(value) if isinstance(value, list) else 0


def average(lengths: list[int]) -> float:
    return sum(lengths) / len(lengths) if lengths else 0
