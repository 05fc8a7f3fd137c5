"""Owns the reading of what Rocket.Chat stores about itself: settings, servers, logins, and its own statistics."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from bson.regex import Regex
from pymongo import ASCENDING, ReadPreference
from pymongo.collection import Collection as MongoCollection
from pymongo.database import Database
from pymongo.errors import OperationFailure

from collector.errors import NotAWorkspaceError
from collector.key_paths import Document
from collector.mongodb.connection import asks, plainly
from collector.mongodb.unreachable import servers
from collector.sources.collections import Collection, Pipeline
from collector.sources.queries import DATES, Queries
from collector.workspace_key import workspace_key

_asks = asks("the workspace's")

# Sections of serverStatus that are large and not needed.
_SECTIONS_LEFT_OUT: Document = dict.fromkeys(
    ("wiredTiger", "metrics", "tcmalloc", "locks", "repl", "transactions", "electionMetrics", "opLatencies"), 0
)
_OF_A_SETTING = ("value", "packageValue", "createdAt", "enterprise", "modules", "invalidValue")

NO_SERVER_STATISTICS = "the server has not stored a statistics document yet"

_LONGEST_ID = 256  # bytes; the server's own ids of workspaces have 17 or 24


def hash_token(token: str) -> str:
    """A login token in the form stored in `users`: its SHA-256 in base64."""
    return b64encode(hashlib.sha256(token.encode()).digest()).decode()


class RocketChat(Queries):
    """What a workspace is asked for by name: its settings, servers, logins and own statistics.

    `site` is the name of the site whose database this is, if the workspace has several.
    """

    def __init__(
        self, database: Database[Document], comment: str = "rcstats", *, scans: bool = False, site: str = ""
    ) -> None:
        super().__init__(database, comment, scans=scans)
        self.site = site

    def _over(self, database: Database[Document], comment: str, *, scans: bool) -> Self:
        return type(self)(database, comment, scans=scans, site=self.site)

    @_asks
    def has_secondary(self) -> bool:
        """Whether reads can go to a secondary; on a sharded cluster MongoDB's router decides."""
        hello = self._database.command("hello", read_preference=ReadPreference.SECONDARY_PREFERRED)
        return bool(hello.get("secondary")) or hello.get("msg") == "isdbgrid"

    @_asks
    def server(self) -> Document:
        """MongoDB's version, and the name of its storage engine if this login may run serverStatus."""
        try:
            status = self._database.command({"serverStatus": 1} | _SECTIONS_LEFT_OUT)
        except OperationFailure:
            return {"version": self.client.server_info()["version"]}
        return {"version": status["version"], "engine": status.get("storageEngine", {}).get("name")}

    def server_statistics_ids(self, batch: int) -> Iterator[bytes]:
        """The ids of the server's own statistics documents, of any BSON type, in order: {_id} in BSON.

        Uses one cursor over the index, read in batches: a comparison with the last id would match only ids of its type.
        """
        with plainly("the workspace's", self.client):
            ids = self._server_statistics.find(
                {}, {"_id": 1}, sort=[("_id", ASCENDING)], batch_size=batch, comment=self._comment
            )
            yield from (bytes(row.raw) for row in ids)

    def server_statistics_among(self, ids: Iterable[Any]) -> list[Any]:
        """Those of the ids that exist among the server's own statistics documents."""
        pipeline: Pipeline = [{"$match": {"_id": {"$in": list(ids)}}}, {"$project": {"_id": 1}}]
        rows = self.aggregate(Collection.STATISTICS, pipeline)
        return [row["_id"] for row in rows]

    @_asks
    def server_statistics_by_id(self, document_id: Any) -> bytes | None:
        """One of the server's own statistics documents, in BSON as stored; None if it does not exist."""
        found = self._server_statistics.find_one({"_id": {"$eq": document_id}}, comment=self._comment)
        return None if found is None else bytes(found.raw)

    @property
    def _server_statistics(self) -> MongoCollection[RawBSONDocument]:
        raw: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
        return self._database[Collection.STATISTICS].with_options(codec_options=raw)

    def settings(self, *ids: str) -> dict[str, Document]:
        """The rows of the existing settings among these, by id; an id that ends in * stands for all that begin so.

        Each is {_id, value, packageValue, createdAt, enterprise, modules, invalidValue}, as far as they are stored.
        """
        wanted = [Regex(f"^{re.escape(id_[:-1])}") if id_.endswith("*") else id_ for id_ in ids]
        shown = dict.fromkeys(_OF_A_SETTING, 1)
        rows = self.aggregate(Collection.SETTINGS, [{"$match": {"_id": {"$in": wanted}}}, {"$project": shown}])
        return {row["_id"]: row for row in rows}

    def settings_where(self, **conditions: Any) -> set[str]:
        """The ids of the settings whose rows match."""
        rows = self.aggregate(Collection.SETTINGS, [{"$match": conditions}, {"$project": {"_id": 1}}])
        return {row["_id"] for row in rows}

    def values(self, *ids: str) -> Document:
        """The values of the settings that exist and have one, by id."""
        return {name: row["value"] for name, row in self.settings(*ids).items() if "value" in row}

    def identity(self) -> str:
        """The key of the workspace's snapshots, by its uniqueID, or its database's name if that is not a valid id.

        Raises:
            NotAWorkspaceError: the database has no such setting.
        """
        row = self.settings("uniqueID").get("uniqueID")
        if row is None:
            where = f"{self._database.name} on {servers(self.client)}"
            lacks = f"{where} has no setting uniqueID in {Collection.SETTINGS}"
            raise NotAWorkspaceError("the database is not a Rocket.Chat workspace", lacks)
        unique_id = row.get("value")
        is_proper = isinstance(unique_id, str) and 0 < len(unique_id.encode()) <= _LONGEST_ID
        return workspace_key(str(unique_id) if is_proper else self._database.name, self.site)

    def own_statistics(self, *paths: str) -> Document:
        """Some key paths of the server's own newest statistics document, or the whole of it; {} if none exists.

        Documents whose createdAt is not a date count only if there are no others, as some types sort above all dates.
        """
        shown: Pipeline = [{"$project": dict.fromkeys(paths, 1)}] if paths else []
        newest_first: Pipeline = [{"$sort": {"createdAt": -1}}, {"$limit": 1}, *shown]
        for where in ({"createdAt": DATES}, {}):
            if rows := self.aggregate(Collection.STATISTICS, [{"$match": where}, *newest_first]):
                return rows[0]
        return {}

    def release(self) -> str | None:
        """The server's release, from its own newest statistics document."""
        version = self.own_statistics("version").get("version")
        return version if isinstance(version, str) else None

    def migration(self) -> Document:
        """The control document of the server's database migrations, or {}."""
        rows = self.aggregate(Collection.MIGRATIONS, [{"$match": {"_id": "control"}}])
        return rows[0] if rows else {}

    def login_permissions(self, user_id: str, hashed_token: str, *permissions: str) -> frozenset[str] | None:
        """Those of the permissions that the user with this login token, hashed by `hash_token`, holds.

        None if no such user exists.
        """
        return self._held({"_id": user_id, "services.resume.loginTokens.hashedToken": hashed_token}, permissions)

    def active_user_permissions(self, user_id: str, *permissions: str) -> frozenset[str] | None:
        """Those of the permissions that an active user holds; None if no such user exists."""
        return self._held({"_id": user_id, "active": True}, permissions)

    @_asks
    def access_token_user(self, token: str) -> str | None:
        """The id of the user to whom an OAuth access token was issued; None if it does not exist or has expired."""
        valid = [{"expires": None}, {"expires": {"$gt": datetime.now(UTC)}}]
        row = self._current(Collection.OAUTH_TOKENS).find_one(
            {"accessToken": token, "$or": valid}, {"userId": 1}, comment=self._comment
        )
        user_id = row and row.get("userId")
        return user_id if isinstance(user_id, str) else None

    @_asks
    def _held(self, user: Document, permissions: Sequence[str]) -> frozenset[str] | None:
        """In one round trip: it is made for each request of the API."""
        known: Pipeline = [{"$match": {"_id": {"$in": list(permissions)}}}, {"$project": {"roles": 1}}]
        pipeline: Pipeline = [
            {"$match": user},
            {"$project": {"_id": 0, "roles": 1}},  # without an id, which tells it from the permissions
            {"$unionWith": {"coll": Collection.PERMISSIONS.value, "pipeline": known}},
        ]
        rows = list(self._current(Collection.USERS).aggregate(pipeline, comment=self._comment))
        if not rows or "_id" in rows[0]:
            return None
        roles = _strings(rows[0].get("roles"))
        return frozenset(row["_id"] for row in rows[1:] if roles & _strings(row.get("roles")))

    def _current(self, of: Collection) -> MongoCollection[Document]:
        """The collection on the primary: a secondary may lag, and a login must be valid or invalid at once."""
        return self._database[of].with_options(read_preference=ReadPreference.PRIMARY_PREFERRED)


def _strings(value: object) -> frozenset[str]:
    return frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
