"""Recounts what the messages themselves and the subscriptions say."""

from math import isnan
from typing import Any

from bson import Decimal128

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import (
    ABSENT,
    UNDEFINED,
    Allowed,
    Counts,
    Stored,
    either,
    has,
    how_many,
    is_true,
    matches,
    newest,
)


def recounted(stored: Stored) -> Counts:
    messages = stored[Collection.MESSAGES]
    return dates(stored) | {
        "totalThreads": threads(messages),
        "totalPinned": how_many(messages, lambda message: is_pinned(message) and is_shown(message)),
        "totalStarred": how_many(messages, lambda message: is_starred(message) and not is_hidden(message)),
        "totalRoomsWithPinned": rooms_of([message for message in messages if is_pinned(message)]),
        "totalRoomsWithStarred": rooms_of([message for message in messages if is_starred(message)]),
        "totalEncryptedMessages": len(of_type(messages, "e2e")),
        "chatsOnHold": rooms_of(of_type(messages, "omnichannel_placed_chat_on_hold")),
        "voipSuccessfulCalls": len(of_type(messages, "voip-call-wrapup")),
        "voipErrorCalls": len(of_type(messages, "voip-call-ended-unexpectedly")),
        "voipOnHoldCalls": rooms_of(of_type(messages, "voip-call-on-hold")),
    }


def dates(stored: Stored) -> Counts:
    """Ours are dates: what the server has in place of one is absent, as is the text that it has for none at all."""
    sent, seen = newest(stored[Collection.MESSAGES], "ts"), newest(stored[Collection.SUBSCRIPTIONS], "ls")
    return {
        "lastMessageSentAt": Allowed((None,)) if sent is ABSENT else sent,
        "lastSeenSubscription": ABSENT if seen is UNDEFINED else seen,
    }


def threads(messages: list[Document]) -> Any:
    """The server counts whatever stands in `tcount`; ours does not count what is neither a number nor null."""
    counts = [message["tcount"] for message in messages if has(message, "tcount")]
    return either(len(counts), sum(1 for count in counts if count is None or is_comparable(count)))


def is_comparable(count: Any) -> bool:
    is_number = isinstance(count, int | float | Decimal128) and not isinstance(count, bool)
    return is_number and not isnan(float(str(count)))


def is_pinned(message: Document) -> bool:
    return is_true(message, "pinned")


def is_starred(message: Document) -> bool:
    """Taking the last star away leaves an empty array, which is no star."""
    return has(message, "starred._id")


def is_hidden(message: Document) -> bool:
    return is_true(message, "_hidden")


def is_shown(message: Document) -> bool:
    return not is_hidden(message) and not matches(message, "t", "rm")


def of_type(messages: list[Document], kind: str) -> list[Document]:
    return [message for message in messages if matches(message, "t", kind)]


def rooms_of(messages: list[Document]) -> int:
    return len({message["rid"] for message in messages})
