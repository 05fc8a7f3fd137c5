"""Owns the import of the server's own statistics documents, which newer servers delete after a year.

Their format has changed over the years; values are converted to today's format if possible, else kept unchanged.
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
from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.sources.rocketchat import RocketChat
from collector.store import imported
from collector.store.snapshots import Store
from collector.workspace_key import owner

KIND = "imported"
BATCH = 100
REST = 0.05  # seconds of pause between two batches, for the workspace's other work
WITHIN = 15.0  # seconds for the ids of one batch, and for one document
NAMED = 10  # documents left out that are named

# Root keys of dates, which some releases stored as text or numbers.
DATES = ("createdAt", "_updatedAt", "installedAt", "lastLogin", "lastMessageSentAt", "lastSeenSubscription")

# Grants access to the vendor's cloud; not a statistic.
_SECRET = "statsToken"  # noqa: S105  a name

_EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)  # before the first release of Rocket.Chat

_MOST_BYTES = 16 * 2**20  # of a document that MongoDB stores
_BRIEF = 60  # characters of an id in a sentence

# Invalid UTF-8 is an error here, although the connection replaces it: a copy must be exact.
_STRICT: CodecOptions[Document] = CodecOptions(tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO)
_LENIENT: CodecOptions[Document] = CodecOptions(unicode_decode_error_handler="replace")


@dataclass(frozen=True)
class LeftOut:
    """A document that was not imported: its id as Python writes it, shortened, and the reason."""

    id: str
    reason: str


@dataclass
class Tally:
    """The progress of an import. `named` has the first documents left out."""

    read: int = 0
    added: int = 0
    left_out: int = 0
    named: list[LeftOut] = field(default_factory=list)

    def leave_out(self, document_id: Any, reason: str) -> None:
        self.left_out += 1
        if len(self.named) < NAMED:
            text = repr(document_id)
            self.named.append(LeftOut(text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…", reason))


def import_all(
    workspace: RocketChat,
    store: Store,
    name: str,
    progress: Callable[[Tally], None] = lambda _: None,
    rest: float = REST,
) -> Tally:
    """Adds all documents that the store does not have yet; may be interrupted and repeated at any time.

    A document that cannot be imported is left out.

    Raises:
        DatabaseError: workspace or store cannot be reached.
    """
    tally = Tally()
    for batch in _batches(workspace):
        new = imported.new(_readable(batch, tally), workspace, store, name)
        for found, own in new:
            try:
                tally.added += _copy(found, own, workspace, store, name)
            except UnacceptableError as error:
                tally.leave_out(found, str(error))
        tally.read += len(batch)
        progress(tally)
        time.sleep(rest if new else 0)
    return tally


def _batches(workspace: RocketChat) -> Iterator[list[bytes]]:
    """The ids of all documents, in order."""
    ids = workspace.server_statistics_ids(BATCH)
    while True:
        with time_limit(WITHIN):
            batch = list(islice(ids, BATCH))
        if not batch:
            return
        yield batch


def _readable(batch: Sequence[bytes], tally: Tally) -> list[Any]:
    """The decoded ids. Documents with an invalid id are left out, as they cannot be queried."""
    found = []
    for raw in batch:
        try:
            found.append(decode(raw, _STRICT)["_id"])
        except BSONError:
            tally.leave_out(decode(raw, _LENIENT)["_id"], "its id is not valid UTF-8")
    return found


def _copy(found: Any, own: str, workspace: RocketChat, store: Store, name: str) -> bool:
    """Adds one document as the snapshot with the id `own`; returns whether it was added.

    Raises:
        UnacceptableError: the document cannot be imported.
    """
    with time_limit(WITHIN):
        raw = workspace.server_statistics_by_id(found)
    if raw is None:  # deleted in the meantime
        return False
    try:
        snapshot = modern(decode(raw, _STRICT), name)
    except BSONError:
        raise UnacceptableError("its text is not valid UTF-8") from None
    if snapshot is None:
        raise UnacceptableError(f"it has no date from {_EARLIEST.year} on")
    snapshot["_id"] = own
    if len(encode(snapshot)) > _MOST_BYTES:
        raise UnacceptableError("with the fields that rcstats adds it is larger than MongoDB's limit of 16 MiB")
    return store.add(snapshot)


def modern(document: Document, workspace: str) -> Document | None:
    """A document of any release in today's format, as a snapshot of the workspace; None without a valid date."""
    found: Document = {key: _plain(value) for key, value in document.items() if key != _SECRET}
    for key in DATES:
        if (moment := _date(found.get(key))) is not None:
            found[key] = moment
    dates = (found.get("createdAt"), found.get("_updatedAt"), _id_date(document["_id"]))
    created = next((moment for moment in dates if _is_plausible(moment)), None)
    if created is None:
        return None
    _name_livechat(found)
    own = {"version": __version__, **owner(workspace), "kind": KIND, "readings": {}, "unavailable": {}}
    return found | {"_id": str(document["_id"]), "createdAt": created, "collector": own}


def _name_livechat(found: Document) -> None:
    """Until 2018 the key was misspelt; snapshots have both spellings."""
    for key, other in (("totalLivechat", "totlalLivechat"), ("totlalLivechat", "totalLivechat")):
        if key not in found and other in found:
            found[key] = found[other]


def _plain(value: Any) -> Any:
    """The value with integers for whole doubles, as which the server's driver stored large integers."""
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
    """The date of an ISO text or of milliseconds since 1970; None for anything else, dates included."""
    try:
        if isinstance(value, str):
            moment = dates.of_text(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            moment = dates.of_milliseconds(value)
        else:
            return None
    except ValueError:
        return None
    return moment if _is_plausible(moment) else None


def _is_plausible(value: Any) -> bool:
    """Whether a value is a date that Python can represent, since the first release of Rocket.Chat."""
    return isinstance(value, datetime) and value >= _EARLIEST


def _id_date(document_id: Any) -> datetime | None:
    """The creation time of an ObjectId, which newer servers store as a string; else None."""
    is_object_id = isinstance(document_id, str | ObjectId) and ObjectId.is_valid(document_id)
    return ObjectId(document_id).generation_time if is_object_id else None
