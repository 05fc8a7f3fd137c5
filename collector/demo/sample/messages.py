"""What is said in the sample workspace: a stream of messages, room by room, however many."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from collector.demo.sample import words
from collector.demo.sample.blueprint import Plan, Room
from collector.demo.sample.randomness import Chance
from collector.key_paths import Document

# Notes that the server writes into a room of each type, and the share of the room's messages that they are.
_NOTES = {
    "c": (0.03, ("uj", "uj", "uj", "ul", "au", "ru", "room_changed_topic", "message_pinned", "videoconf")),
    "p": (0.03, ("au", "au", "ru", "ul", "room_changed_description", "videoconf")),
    "d": (0.005, ("videoconf", "message_pinned")),
    "l": (0.12, ("livechat-started", "command", "livechat-close", "omnichannel_placed_chat_on_hold", "uj")),
    "v": (
        0.5,
        (
            *("voip-call-started", "voip-call-ended", "voip-call-wrapup", "voip-call-wrapup"),
            *("voip-call-on-hold", "voip-call-ended-unexpectedly"),
        ),
    ),
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
            _mark(chance, message, authors)
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


def _pinned(_: Chance, message: Document, authors: list[Document]) -> None:
    message |= {"pinned": True, "pinnedAt": message["ts"], "pinnedBy": authors[0]}


def _starred(_: Chance, message: Document, authors: list[Document]) -> None:
    message["starred"] = [{"_id": authors[-1]["_id"]}]


def _no_longer_starred(_: Chance, message: Document, authors: list[Document]) -> None:  # noqa: ARG001  one of many
    message["starred"] = []


def _edited(_: Chance, message: Document, authors: list[Document]) -> None:  # noqa: ARG001  one of many
    message |= {"editedAt": message["ts"], "editedBy": message["u"]}


def _earlier_copy(chance: Chance, message: Document, authors: list[Document]) -> None:
    """The history of an edited message, kept hidden with all that it had."""
    _edited(chance, message, authors)
    message |= {"_hidden": True, "parent": chance.id()}
    if chance.within(0.1):
        _pinned(chance, message, authors)
    elif chance.within(0.1):
        _starred(chance, message, authors)


def _removed(chance: Chance, message: Document, authors: list[Document]) -> None:
    if chance.within(0.1):
        _pinned(chance, message, authors)
    message |= {"t": "rm", "msg": ""}


def _with_file(chance: Chance, message: Document, authors: list[Document]) -> None:  # noqa: ARG001  one of many
    kind, _, ending = chance.one(words.FILES)
    file = {"_id": chance.hex(), "name": f"{chance.one(words.TOPICS)}.{ending}", "type": kind}
    message |= {"file": file, "files": [file], "attachments": [{"title": file["name"], "title_link_download": True}]}


def _mentioning(chance: Chance, message: Document, authors: list[Document]) -> None:
    message["mentions"] = [chance.one(authors) | {"type": "user"}]


def _liked(chance: Chance, message: Document, authors: list[Document]) -> None:
    message["reactions"] = {chance.one(words.EMOJIS): {"usernames": [chance.one(authors)["username"]]}}


def _not_read_by_all(_: Chance, message: Document, authors: list[Document]) -> None:  # noqa: ARG001  one of many
    message["unread"] = True


# Of a hundred marks, so many are of each sort.
_MARKS: tuple[Callable[[Chance, Document, list[Document]], None], ...] = (
    *[_pinned] * 2,
    *[_starred] * 3,
    *[_no_longer_starred] * 1,
    *[_edited] * 12,
    *[_earlier_copy] * 4,
    *[_removed] * 3,
    *[_with_file] * 15,
    *[_mentioning] * 20,
    *[_liked] * 25,
    *[_not_read_by_all] * 15,
)


def _mark(chance: Chance, message: Document, authors: list[Document]) -> None:
    chance.one(_MARKS)(chance, message, authors)
