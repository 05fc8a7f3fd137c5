"""Recounts how far the contacts of livechat are known, verified and blocked."""

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import Counts, Stored, how_many, is_true, under


def recounted(stored: Stored) -> Counts:
    contacts = stored[Collection.CONTACTS]
    blocked = [contact for contact in contacts if is_true(contact, "channels.blocked")]
    fully = how_many(blocked, lambda contact: not has_open_channel(contact))
    counts = {
        "totalUnknownContacts": how_many(contacts, lambda contact: contact.get("unknown") is True),
        "totalConflicts": sum(length(contact, "conflictingFields") for contact in contacts),
        "avgChannelsPerContact": average([length(contact, "channels") for contact in contacts]),
        "totalBlockedContacts": len(blocked),
        "totalFullyBlockedContacts": fully,
        "totalPartiallyBlockedContacts": len(blocked) - fully,
        "totalVerifiedContacts": how_many(contacts, lambda contact: is_true(contact, "channels.verified")),
        "totalContactsWithoutChannels": how_many(contacts, lambda contact: contact.get("channels") == []),
    }
    return under("contactVerification", counts)


def has_open_channel(contact: Document) -> bool:
    """Whether a channel is said not to be blocked, or is not said to be anything."""
    return any(channel.get("blocked", False) is False for channel in contact["channels"])


def length(contact: Document, key: str) -> int:
    value = contact.get(key)
    return len(value) if isinstance(value, list) else 0


def average(lengths: list[int]) -> float:
    return sum(lengths) / len(lengths) if lengths else 0
