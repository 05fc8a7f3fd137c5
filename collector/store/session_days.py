"""The collection of session days: a cache, which no number depends on, and which holds no ids and no names of users."""

import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from hashlib import blake2b
from hmac import compare_digest
from typing import Any, TypeVar

from bson import encode
from pymongo import ReadPreference
from pymongo.database import Database

from collector import logs
from collector.errors import DatabaseError
from collector.key_paths import Document
from collector.mongodb.connection import Client, ask, time_limit
from collector.sources.session_days import KeptDay

log = logging.getLogger(__name__)

COLLECTION = "session_days"

SPARE = timedelta(days=10)  # before and after the days that are needed; another daemon's zone or clock may differ

_KEY = "key"  # the id of the document with the key; that of a day is a document
_KEY_BYTES = 32
_LIMIT = 10.0  # seconds for each query; reading the sessions again takes about as long

T = TypeVar("T")


class SessionDayStore:
    """The days of all workspaces of a store. Daemons can share it: the last writer wins, and all write the same."""

    def __init__(self, database: Database[Document]) -> None:
        self._days = database[COLLECTION].with_options(read_preference=ReadPreference.PRIMARY)
        self._refusals = logs.Changes(log)
        self.client: Client = database.client

    def of(self, workspace: str) -> "WorkspaceDays":
        """The days of a workspace, for one snapshot."""
        return WorkspaceDays(self, workspace)

    def ask(self, step: str, call: Callable[[], T]) -> T | None:
        """The result; or None if the store refuses the call or is away, which is logged once."""
        try:
            with time_limit(_LIMIT):
                result = ask("the store's", self.client, call)
        except DatabaseError as error:
            self._refusals.tell(f"session days not {step}", str(error))
            return None
        self._refusals.tell(f"session days not {step}", "")
        return result

    def key(self) -> bytes:
        """The key of hashes and checksums, made at its first use."""
        if not _is_key(found := self._stored_key()):
            made = {_KEY: secrets.token_bytes(_KEY_BYTES)}
            self._days.replace_one({"_id": _KEY}, made, upsert=True)
            found = self._stored_key()  # another daemon's, if that was the last writer
        return bytes(found)

    def _stored_key(self) -> Any:
        return (self._days.find_one({"_id": _KEY}) or {}).get(_KEY)

    def find(self, ids: Sequence[Document]) -> list[Document]:
        return list(self._days.find({"_id": {"$in": list(ids)}}))

    def replace(self, day: Document) -> bool:
        return self._days.replace_one({"_id": day["_id"]}, day, upsert=True).acknowledged

    def confirm(self, ids: Sequence[Document], seen: datetime) -> bool:
        older = {"_id": {"$in": list(ids)}, "seen": {"$lt": seen}}
        return self._days.update_many(older, {"$set": {"seen": seen}}).acknowledged

    def remove(self, workspace: str) -> bool:
        return self._days.delete_many({"_id": {"$gte": _id(workspace, ""), "$lt": _id(workspace, "~")}}).acknowledged

    def remove_but(self, workspace: str, first: date, last: date) -> bool:
        """Removes the days before and after these; documents are in the order of their fields."""
        before = {"$gte": _id(workspace, ""), "$lt": _id(workspace, first)}
        after = {"$gt": _id(workspace, last), "$lt": _id(workspace, "~")}
        return self._days.delete_many({"$or": [{"_id": before}, {"_id": after}]}).acknowledged


class WorkspaceDays:
    """The days of one workspace during one snapshot: after a failure, the store is asked no more."""

    def __init__(self, store: SessionDayStore, workspace: str) -> None:
        self._store = store
        self._workspace = workspace
        self._key: bytes | None = None
        self._needed: Sequence[date] = ()

    def open(self, days: Sequence[date]) -> tuple[bytes, dict[date, KeptDay]] | None:
        """The key and the kept days. A damaged day, and one of another day, workspace or key, counts as not kept."""
        self._needed = days
        self._key = key = self._store.ask("read", self._store.key)
        ids = [_id(self._workspace, day) for day in days]
        rows = self._store.ask("read", lambda: self._store.find(ids)) if key else None
        if key is None or rows is None:
            self._key = None
            return None
        kept = {date.fromisoformat(row["_id"]["day"]): _kept(key, row) for row in rows}
        return key, {day: found for day, found in kept.items() if found}

    def keep(self, day: date, kept: KeptDay) -> None:
        if key := self._key:
            own = _id(self._workspace, day)
            checksum = _checksum(key, own, kept.content)
            row = {"_id": own, "seen": kept.seen, "content": kept.content, "checksum": checksum}
            self._write("kept", lambda: self._store.replace(row))

    def confirm(self, days: Sequence[date], seen: datetime) -> None:
        ids = [_id(self._workspace, day) for day in days]
        self._write("confirmed", lambda: self._store.confirm(ids, seen))
        first, last = min(self._needed) - SPARE, max(self._needed) + SPARE
        self._write("removed", lambda: self._store.remove_but(self._workspace, first, last))

    def discard(self) -> None:
        self._store.ask("removed", lambda: self._store.remove(self._workspace))

    def _write(self, step: str, call: Callable[[], bool]) -> None:
        if self._key and self._store.ask(step, call) is None:
            self._key = None


def _kept(key: bytes, row: Document) -> KeptDay | None:
    seen, content, checksum = (row.get(name) for name in ("seen", "content", "checksum"))
    if not (isinstance(seen, datetime) and isinstance(content, bytes) and isinstance(checksum, bytes)):
        return None
    is_whole = compare_digest(checksum, _checksum(key, row["_id"], content))
    return KeptDay(seen, content) if is_whole else None


def _id(workspace: str, day: date | str) -> Document:
    return {"workspace": workspace, "day": str(day)}


def _is_key(found: Any) -> bool:
    return isinstance(found, bytes) and len(found) == _KEY_BYTES


def _checksum(key: bytes, own: Document, content: bytes) -> bytes:
    return blake2b(encode(own) + content, key=key, digest_size=16).digest()
