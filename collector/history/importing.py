"""Brings the server's own statistics documents, which newer servers remove after a year, into the store.

Their shapes changed over the years; what has another form today is given today's, and what can't be is kept as it is.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bson import Int64, ObjectId

from collector import __version__
from collector.connection import Document, time_limit
from collector.sources.rocketchat import RocketChat
from collector.store import Store

ORIGIN = "imported"
BATCH = 100
REST = 0.05  # seconds between two batches, for the workspace's other work
WITHIN = 15.0  # seconds for the questions of one batch

# Root keys whose values are dates, in some eras as text or as a number.
DATES = ("createdAt", "_updatedAt", "installedAt", "lastLogin", "lastMessageSentAt", "lastSeenSubscription")

# Grants access to the vendor's cloud; no part of statistics.
_SECRET = "statsToken"  # noqa: S105  a name

_EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)  # before Rocket.Chat was there


@dataclass
class Tally:
    """How far an import has come."""

    read: int = 0
    added: int = 0
    undated: int = 0
    """Documents without any date, which can have no place in a history."""


def bring(
    workspace: RocketChat,
    store: Store,
    name: str,
    progress: Callable[[Tally], None] = lambda _: None,
    rest: float = REST,
) -> Tally:
    """Adds all documents that the store does not have yet; may be ended and begun again at any time.

    Raises:
        DatabaseError: workspace or store can't be reached.
    """
    tally = Tally()
    for ids in _batches(workspace):
        known = store.known(ids)
        new = [found for found in ids if str(found) not in known]
        documents = workspace.told(new) if new else []
        for document in documents:
            snapshot = modern(document, name)
            if snapshot is None:
                tally.undated += 1
            else:
                tally.added += store.add(snapshot)
        tally.read += len(ids)
        progress(tally)
        time.sleep(rest if new else 0)
    return tally


def _batches(workspace: RocketChat) -> Iterator[list[Any]]:
    """The ids of all documents, in their order; an index has them."""
    last: Any = None
    while True:
        with time_limit(WITHIN):
            ids = workspace.told_ids(last, BATCH)
        if not ids:
            return
        yield ids
        last = ids[-1]


def modern(document: Document, workspace: str) -> Document | None:
    """A document of any era in today's form, as a snapshot of the workspace; None if it has no date at all."""
    found: Document = {key: _plain(value) for key, value in document.items() if key != _SECRET}
    for key in DATES:
        if (moment := _date(found.get(key))) is not None:
            found[key] = moment
    created = next((found[key] for key in ("createdAt", "_updatedAt") if _is_date(found.get(key))), _made(document))
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
            parsed = datetime.fromisoformat(value)
            moment = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        elif isinstance(value, int) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value / 1000, UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return moment.astimezone(UTC) if moment >= _EARLIEST else None


def _is_date(value: Any) -> bool:
    return isinstance(value, datetime)


def _made(document: Document) -> datetime | None:
    """When MongoDB's own kind of id was made; newer servers' ids are of that kind, as text."""
    made = document["_id"] if ObjectId.is_valid(document["_id"]) else None
    return ObjectId(made).generation_time if made else None
