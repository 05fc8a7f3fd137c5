"""What is said in the sample workspace: a stream of messages, room by room, however many."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from collector.demo.sample import words
from collector.demo.sample.blueprint import Plan, Room
from collector.demo.sample.randomness import Chance
from collector.key_paths import Document

_CALLS = ("started", "ended", "wrapup", "wrapup", "on-hold", "ended-unexpectedly")
# Notes that the server writes into a room of each type, and the share of the room's messages that they are.
_NOTES = {
    "c": (0.03, ("uj", "uj", "uj", "ul", "au", "ru", "room_changed_topic", "message_pinned", "videoconf")),
    "p": (0.03, ("au", "au", "ru", "ul", "room_changed_description", "videoconf")),
    "d": (0.005, ("videoconf", "message_pinned")),
    "l": (0.12, ("livechat-started", "command", "livechat-close", "omnichannel_placed_chat_on_hold", "uj")),
    "v": (0.5, tuple(f"voip-call-{what}" for what in _CALLS)),
}
_THREADS = 0.015
_MARKED = 0.2  # of the messages have one of the marks below
_FROM_PEOPLE = 12  # of one room at most talk within one slice


def messages(plan: Plan, numbers: range) -> Iterator[Document]:
    chance = plan.chance("messages", numbers.start)
    moments = iter(plan.working_hours.moments(chance, len(numbers)))
    for room, count in plan.talk(numbers):
        authors = [plan.person(member) for member in room.members[:_FROM_PEOPLE]]
        times = _soon_after(room.created, count, plan.now) if room.kind in "lv" else moments
        yield from _talk(chance, room, authors, times, count)


def _soon_after(start: datetime, count: int, now: datetime) -> Iterator[datetime]:
    """A conversation with a visitor is had at once."""
    return (min(start + timedelta(seconds=50 * place), now) for place in range(count))


def _talk(
    chance: Chance, room: Room, authors: list[Document], times: Iterator[datetime], count: int
) -> Iterator[Document]:
    share, notes = _NOTES[room.kind]
    while count:
        count -= 1
        message = _message(chance, room, authors, next(times))
        drawn = chance.random()
        if drawn < share:
            message |= {"t": chance.one(notes), "msg": message["u"]["username"], "groupable": False}
        elif room.encrypted:
            message |= {"t": "e2e", "msg": "", "content": {"algorithm": "rc.v1.aes-sha2", "ciphertext": chance.hex(96)}}
        elif drawn < share + _MARKED:
            message |= chance.one(_MARKS)(chance, message, authors)
        elif drawn > 1 - _THREADS and count and room.kind in "cpd":
            replies = list(_replies(chance, room, authors, message, [next(times) for _ in range(min(count, 3))]))
            count -= len(replies)
            yield from replies
        yield message


def _message(chance: Chance, room: Room, authors: list[Document], moment: datetime) -> Document:
    return {
        "_id": chance.id(),
        "rid": room.id,
        "msg": chance.one(words.SENTENCES),
        "ts": moment,
        "u": chance.one(authors),
        "urls": [],
        "mentions": [],
        "channels": [],
        "_updatedAt": moment,
    }


def _replies(
    chance: Chance, room: Room, authors: list[Document], parent: Document, moments: list[datetime]
) -> Iterator[Document]:
    """A thread; the parent learns of it. Replies may be older than the parent in a small share of threads: clocks."""
    latest = max(parent["ts"], *moments)
    parent |= {"tcount": len(moments), "tlm": latest, "replies": [author["_id"] for author in authors[:2]]}
    for moment in moments:
        yield _message(chance, room, authors, max(moment, parent["ts"])) | {"tmid": parent["_id"]}


def _pinned(_: Chance, message: Document, authors: list[Document]) -> Document:
    return {"pinned": True, "pinnedAt": message["ts"], "pinnedBy": authors[0]}


def _starred(_: Chance, __: Document, authors: list[Document]) -> Document:
    return {"starred": [{"_id": authors[-1]["_id"]}]}


def _edited(_: Chance, message: Document, __: list[Document]) -> Document:
    return {"editedAt": message["ts"], "editedBy": message["u"]}


def _earlier_copy(chance: Chance, message: Document, authors: list[Document]) -> Document:
    """The history of an edited message, kept hidden with all that it had."""
    copy = _edited(chance, message, authors) | {"_hidden": True, "parent": chance.id()}
    if chance.within(0.1):
        return copy | _pinned(chance, message, authors)
    return copy | (_starred(chance, message, authors) if chance.within(0.1) else {})


def _removed(chance: Chance, message: Document, authors: list[Document]) -> Document:
    return (_pinned(chance, message, authors) if chance.within(0.1) else {}) | {"t": "rm", "msg": ""}


def _with_file(chance: Chance, *_: object) -> Document:
    kind, __, ending = chance.one(words.FILES)
    file = {"_id": chance.hex(), "name": f"{chance.one(words.TOPICS)}.{ending}", "type": kind}
    return {"file": file, "files": [file], "attachments": [{"title": file["name"], "title_link_download": True}]}


# What marks add to a message; of a hundred, so many are of each sort.
_MARKS: tuple[Callable[[Chance, Document, list[Document]], Document], ...] = (
    *[_pinned] * 2,
    *[_starred] * 3,
    lambda *_: {"starred": []},  # no longer starred
    *[_edited] * 12,
    *[_earlier_copy] * 4,
    *[_removed] * 3,
    *[_with_file] * 15,
    *[lambda chance, _, authors: {"mentions": [chance.one(authors) | {"type": "user"}]}] * 20,
    *[lambda chance, _, authors: {"reactions": {chance.one(words.EMOJIS): _by(chance.one(authors))}}] * 25,
    *[lambda *_: {"unread": True}] * 15,
)


def _by(author: Document) -> Document:
    return {"usernames": [author["username"]]}
