"""Owns the state of replication: which member of a replica set is read, and how far it is behind the primary."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pymongo import ReadPreference
from pymongo.errors import ServerSelectionTimeoutError

from collector.key_paths import Document, at
from collector.mongodb.connection import Client, ask

PRIMARY, SECONDARY, STANDALONE, ROUTER = "the primary", "a secondary", "a standalone server", "a sharded cluster"

NO_PRIMARY = "the replica set has no primary at the moment"
DIRECT = "the URL connects to this member only, and the primary cannot be asked"
SHARDED = "the router of a sharded cluster chooses the members that are read"
UNKNOWN = "MongoDB does not report its last write"


@dataclass(frozen=True)
class Member:
    """A member that is read: its role, and its lag in seconds, or the `reason` why it is not known."""

    role: str
    lag: int | None = 0
    reason: str = ""
    is_direct: bool = False
    """Whether the URL connects to this member only."""


def read_member(client: Client) -> Member:
    """One of the members that queries read by the URL's readPreference; `hello` needs no privilege.

    Raises:
        DatabaseError: no such member can be reached.
    """
    is_direct = bool(client.options.direct_connection)
    primary, member = ask("the workspace's", client, lambda: _replies(client))
    if member.get("msg") == "isdbgrid":
        return Member(ROUTER, None, SHARDED)
    if not member.get("secondary"):
        return Member(PRIMARY if "setName" in member else STANDALONE, is_direct=is_direct)
    return Member(SECONDARY, *_lag(primary, member), is_direct=is_direct)


def _replies(client: Client) -> tuple[Document, Document]:
    """The primary's, and that of a member that is read; the primary's twice if the set has no other member.

    The primary is asked first: the time in between must not count as lag.
    """
    primary = _primary(client)
    is_alone = len(primary.get("hosts", ())) == 1 and not primary.get("passives")
    return primary, primary if is_alone else _member(client)


def _primary(client: Client) -> Document:
    """The primary's reply, or that of the only server of a direct connection; {} without a primary."""
    with suppress(ServerSelectionTimeoutError):
        return client.admin.command("hello", read_preference=ReadPreference.PRIMARY)
    return {}


def _member(client: Client) -> Document:
    return client.admin.command("hello", read_preference=client.read_preference)


def _lag(primary: Document, member: Document) -> tuple[int | None, str]:
    """Whole seconds, the resolution of the dates of writes; or None and the reason."""
    if not primary:
        return None, NO_PRIMARY
    if not primary.get("isWritablePrimary"):
        return None, DIRECT
    newest, applied = (at(reply, "lastWrite.lastWriteDate") for reply in (primary, member))
    if not (isinstance(newest, datetime) and isinstance(applied, datetime)):
        return None, UNKNOWN
    return max(0, round((newest - applied).total_seconds())), ""
