"""Brings the server's own statistics documents, which newer servers remove after a year, into the store.

Their shapes changed over the years; what has another form today is given today's, and what can't be is kept as it is.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from bson import Int64, ObjectId, decode, encode
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError

from collector import __version__, dates
from collector.errors import UnacceptableError
from collector.history.backfill.plan import derived_id
from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store

ORIGIN = "imported"
BATCH = 100
REST = 0.05  # seconds between two batches, for the workspace's other work
WITHIN = 15.0  # seconds for the ids of one batch, and for one document
NAMED = 10  # documents that are left out are named up to this many

# Root keys whose values are dates, in some eras as text or as a number.
DATES = ("createdAt", "_updatedAt", "installedAt", "lastLogin", "lastMessageSentAt", "lastSeenSubscription")

# Grants access to the vendor's cloud; no part of statistics.
_SECRET = "statsToken"  # noqa: S105  a name

_EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)  # before Rocket.Chat was there

_MOST_BYTES = 16 * 2**20  # of a document that MongoDB stores
_BRIEF = 60  # characters of an id in a sentence

# Broken text is an error here, also where the connection replaces it: a copy is faithful, or it is not made.
_STRICT: CodecOptions[Document] = CodecOptions(tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO)
_LENIENT: CodecOptions[Document] = CodecOptions(unicode_decode_error_handler="replace")


class UnfitError(Exception):
    """A document that cannot be imported; the text is the reason."""


@dataclass(frozen=True)
class LeftOut:
    """A document that was not imported: its id as Python writes it, shortened, and the reason."""

    id: str
    reason: str


@dataclass
class Tally:
    """How far an import has come. `named` has the first of the documents that were left out."""

    read: int = 0
    added: int = 0
    left_out: int = 0
    named: list[LeftOut] = field(default_factory=list)

    def leave_out(self, document_id: Any, reason: str) -> None:
        self.left_out += 1
        if len(self.named) < NAMED:
            text = repr(document_id)
            self.named.append(LeftOut(text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…", reason))


def bring(
    workspace: RocketChat,
    store: Store,
    name: str,
    progress: Callable[[Tally], None] = lambda _: None,
    rest: float = REST,
) -> Tally:
    """Adds all documents that the store does not have yet; may be ended and begun again at any time.

    A document that cannot be imported costs only itself.

    Raises:
        DatabaseError: workspace or store can't be reached.
    """
    tally = Tally()
    for batch in _batches(workspace):
        new = _new(_readable(batch, tally), workspace, store, name)
        for found, own in new:
            try:
                tally.added += _copy(found, own, workspace, store, name)
            except (UnfitError, UnacceptableError) as error:
                tally.leave_out(found, str(error))
        tally.read += len(batch)
        progress(tally)
        time.sleep(rest if new else 0)
    return tally


def _batches(workspace: RocketChat) -> Iterator[list[bytes]]:
    """The ids of all documents, in their order."""
    ids = workspace.server_statistics_ids(BATCH)
    while True:
        with time_limit(WITHIN):
            batch = list(islice(ids, BATCH))
        if not batch:
            return
        yield batch


def _readable(batch: Sequence[bytes], tally: Tally) -> list[Any]:
    """The ids as Python has them. A document with a broken id is left out, as it can't be asked for."""
    found = []
    for raw in batch:
        try:
            found.append(decode(raw, _STRICT)["_id"])
        except BSONError:
            tally.leave_out(decode(raw, _LENIENT)["_id"], "its id is not valid UTF-8")
    return found


def _new(ids: Sequence[Any], workspace: RocketChat, store: Store, name: str) -> list[tuple[Any, str]]:
    """The ids of the documents that the store does not have, each with the id of its snapshot.

    The snapshot keeps an id that is a text, and an ObjectId as text unless a document has that very text as its id.
    Ids of other types are replaced by a derived one, so that 1 and "1" stay two, and so are ids that the store holds
    for another workspace.
    """
    hexadecimal = [str(found) for found in ids if isinstance(found, ObjectId)]
    texts = set(workspace.server_statistics_among(hexadecimal)) if hexadecimal else set()
    plain = [_plain_id(found, texts) for found in ids]
    derived = [derived_id(encode({"workspace": name, "_id": found})) for found in ids]
    owners = store.owners([own for own in (*plain, *derived) if own is not None])
    return [
        (found, other if own is None or own in owners else own)
        for found, own, other in zip(ids, plain, derived, strict=True)
        if other not in owners and (own is None or owners.get(own) != name)
    ]


def _plain_id(found: Any, texts: set[Any]) -> str | None:
    if isinstance(found, ObjectId) and str(found) not in texts:
        return str(found)
    return found if isinstance(found, str) else None


def _copy(found: Any, own: str, workspace: RocketChat, store: Store, name: str) -> bool:
    """Adds one document as the snapshot with the id `own`; whether it is in the store now.

    Raises:
        UnfitError, UnacceptableError: it can't be.
    """
    with time_limit(WITHIN):
        raw = workspace.told(found)
    if raw is None:  # removed meanwhile
        return False
    try:
        snapshot = modern(decode(raw, _STRICT), name)
    except BSONError:
        raise UnfitError("its text is not valid UTF-8") from None
    if snapshot is None:
        raise UnfitError(f"it has no date from {_EARLIEST.year} on")
    snapshot["_id"] = own
    if len(encode(snapshot)) > _MOST_BYTES:
        raise UnfitError("with the fields that rcstats adds it is larger than MongoDB's limit of 16 MiB")
    return store.add(snapshot)


def modern(document: Document, workspace: str) -> Document | None:
    """A document of any era in today's form, as a snapshot of the workspace; None if no date gives it a place."""
    found: Document = {key: _plain(value) for key, value in document.items() if key != _SECRET}
    for key in DATES:
        if (moment := _date(found.get(key))) is not None:
            found[key] = moment
    dates = (found.get("createdAt"), found.get("_updatedAt"), _made(document["_id"]))
    created = next((moment for moment in dates if _has_a_place(moment)), None)
    if created is None:
        return None
    _name_livechat(found)
    own = {"version": __version__, "workspace": workspace, "origin": ORIGIN, "readings": {}, "unavailable": {}}
    return found | {"_id": str(document["_id"]), "createdAt": created, "collector": own}


def _name_livechat(found: Document) -> None:
    """Until 2018 the key was misspelt; both are there, as in our own snapshots."""
    for key, other in (("totalLivechat", "totlalLivechat"), ("totlalLivechat", "totalLivechat")):
        if key not in found and other in found:
            found[key] = found[other]


def _plain(value: Any) -> Any:
    """Numbers that are whole as whole numbers: the server's driver stored large ones as doubles."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case float() if value.is_integer() and abs(value) < 2**53:
            return Int64(value) if abs(value) >= 2**31 else int(value)
        case _:
            return value


def _date(value: Any) -> datetime | None:
    """A date that is none yet: an ISO text, or milliseconds since 1970; None if it is neither, or is one already."""
    try:
        if isinstance(value, str):
            moment = dates.of_text(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            moment = dates.of_milliseconds(value)
        else:
            return None
    except ValueError:
        return None
    return moment if _has_a_place(moment) else None


def _has_a_place(value: Any) -> bool:
    """Whether it is a date on which Rocket.Chat was there; those that Python's calendar lacks are none."""
    return isinstance(value, datetime) and value >= _EARLIEST


def _made(document_id: Any) -> datetime | None:
    """When MongoDB's own kind of id was made; newer servers' ids are of that kind, as text."""
    is_of_that_kind = isinstance(document_id, str | ObjectId) and ObjectId.is_valid(document_id)
    return ObjectId(document_id).generation_time if is_of_that_kind else None
