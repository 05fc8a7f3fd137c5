"""Owns the MongoDB privileges: the minimal roles, the commands that create them, and the privileges of a login."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ReadPreference

from collector.key_paths import Document
from collector.mongodb.connection import Client, ask, connect, database_name, hosts
from collector.settings import Settings
from collector.sources.collections import Collection
from collector.store import leases, notes, session_days, snapshots

USER = "rcstats"
ADMIN = "admin"  # MongoDB's own database, the only one whose roles can grant privileges on the server

# Counts, aggregations, hints and explain need no more than this.
_READING = ("find",)
# Times to live lie in an index. Without these privileges the usual one of a server's row is assumed, and it is not
# known when the server's own statistics are deleted.
_MORE_READING: Mapping[Collection, Sequence[str]] = {
    Collection.INSTANCES: ("listIndexes",),
    Collection.STATISTICS: ("listIndexes",),
}
_WRITING: Mapping[str, Sequence[str]] = {
    snapshots.COLLECTION: ("find", "insert", "update", "remove", "createIndex", "listIndexes"),
    leases.COLLECTION: ("find", "insert", "update", "remove", "createIndex"),
}
# Without these, a month of sessions is read whole.
_CACHING: Mapping[str, Sequence[str]] = {session_days.COLLECTION: ("find", "insert", "update", "remove")}
# Without these, nobody can write notes.
_NOTING: Mapping[str, Sequence[str]] = {notes.COLLECTION: ("find", "insert", "remove")}

# Actions that change a database or its access control; all others of MongoDB only read.
CHANGES = frozenset(
    """
    insert update remove bypassDocumentValidation
    createCollection dropCollection renameCollectionSameDB collMod convertToCapped dropDatabase
    createIndex dropIndex reIndex createSearchIndexes updateSearchIndex dropSearchIndex
    compact compactStructuredEncryptionData cleanupStructuredEncryptionData enableProfiler
    enableSharding moveChunk moveCollection refineCollectionShardKey reshardCollection splitChunk unshardCollection
    createUser updateUser dropUser changePassword changeCustomData setAuthenticationRestriction
    createRole updateRole dropRole grantRole revokeRole
    anyAction internal
    """.split()
)


@dataclass(frozen=True)
class Role:
    """A role of a database; its privileges are {resource, actions}, the form of MongoDB's createRole."""

    name: str
    database: str
    privileges: Sequence[Document]


SERVER_STATUS = Role("rcstatsServerStatus", ADMIN, [{"resource": {"cluster": True}, "actions": ["serverStatus"]}])
"""Optional: for the storage engine's name only."""


def reader(database: str) -> Role:
    """The minimal role for the workspace."""
    privileges = [_privilege(database, c, [*_READING, *_MORE_READING.get(c, ())]) for c in sorted(Collection)]
    return Role("rcstatsReader", database, privileges)


def writer(database: str) -> Role:
    """The minimal role for the store, with the optional privileges."""
    return _writer(database, _WRITING, _CACHING, _NOTING)


def _writer(database: str, *granted: Mapping[str, Sequence[str]]) -> Role:
    privileges = [_privilege(database, name, does) for some in granted for name, does in some.items()]
    return Role("rcstatsWriter", database, privileges)


def _privilege(database: str, collection: str, actions: Sequence[str]) -> Document:
    return {"resource": {"db": database, "collection": str(collection)}, "actions": list(actions)}


def commands(settings: Settings) -> str:
    """The mongosh commands that create the roles and a user with them, for each server.

    createUser comes last: any text pasted after it would be read as the password.
    """
    reads, writes = reader(database_name(settings.workspace_url)), writer(settings.store_database)
    if _hosts(settings.store_mongo_url) & _hosts(settings.workspace_url):
        return _block("", reads, writes, SERVER_STATUS)
    return _block(" on the workspace's MongoDB", reads, SERVER_STATUS) + _block(" on the store's MongoDB", writes)


def _hosts(url: str) -> set[str]:
    return {host.lower().removesuffix(":27017") for host in hosts(url)}


def _block(where: str, *roles: Role) -> str:
    granted = [{"role": role.name, "db": role.database} for role in roles]
    user = [f'"user": {json.dumps(USER)}', '"pwd": passwordPrompt()', f'"roles": {_rows(granted)}']
    lines = [f"// In mongosh{where}, as an administrator:\n", *map(_role, roles), _command(ADMIN, "createUser", user)]
    return "".join(lines)


def _role(role: Role) -> str:
    note = "// Only for the name of the storage engine; can be left out, here and below.\n"
    parts = [f'"role": {json.dumps(role.name)}', f'"privileges": {_rows(role.privileges)}', '"roles": []']
    return (note if role is SERVER_STATUS else "") + _command(role.database, "createRole", parts)


def _command(database: str, name: str, parts: Sequence[str]) -> str:
    return f"db.getSiblingDB({json.dumps(database)}).{name}({{\n  " + ",\n  ".join(parts) + "\n})\n"


def _rows(rows: Sequence[Document]) -> str:
    return "[\n    " + ",\n    ".join(map(json.dumps, rows)) + "\n  ]"


@dataclass(frozen=True)
class Login:
    """A login's privileges, as MongoDB lists them; unless a login `is_needed`, anybody may do anything."""

    privileges: Sequence[Mapping[str, Any]] = ()
    is_needed: bool = True

    def lacks(self, role: Role) -> list[str]:
        """The privileges of the role that this login lacks, for example ["insert, update in rcstats.statistics"]."""
        return [f"{', '.join(missing)} in {place}" for place, missing in self._missing(role)] if self.is_needed else []

    def _missing(self, role: Role) -> Iterator[tuple[str, list[str]]]:
        for needed in role.privileges:
            database, collection = needed["resource"]["db"], needed["resource"]["collection"]
            has = {
                action
                for given in self._on(database)
                if given["resource"].get("collection", "") in ("", collection)
                for action in given["actions"]
            }
            if missing := [action for action in needed["actions"] if action not in has]:
                yield f"{database}.{collection}", missing

    def changes(self, database: str, but: Role) -> list[str]:
        """The actions by which it could change a database, except those that the role `but` grants."""
        found: set[str] = set()
        for given in self._on(database):
            fine = {
                action for own in but.privileges if own["resource"] == given["resource"] for action in own["actions"]
            }
            found |= CHANGES.intersection(given["actions"]) - fine
        return sorted(found)

    def _on(self, database: str) -> Iterator[Mapping[str, Any]]:
        """The privileges that apply to a database."""
        for given in self.privileges:
            resource = given["resource"]
            if "anyResource" in resource or resource.get("db") in ("", database):
                yield given


@dataclass(frozen=True)
class Access:
    """The logins on the workspace's server and on the store's; the same one if it is one server."""

    workspace: Login
    store: Login
    workspace_database: str
    store_database: str

    def lacking(self) -> list[str]:
        """The privileges that the store's login needs and lacks."""
        return self.store.lacks(_writer(self.store_database, _WRITING))

    def lacking_for_cache(self) -> list[str]:
        """The optional privileges that the store's login lacks."""
        return self.store.lacks(_writer(self.store_database, _CACHING))

    def lacking_for_notes(self) -> list[str]:
        """The privileges on notes that the store's login lacks."""
        return self.store.lacks(_writer(self.store_database, _NOTING))

    def beyond(self) -> list[str]:
        """The actions by which the workspace's login could change the workspace."""
        return self.workspace.changes(self.workspace_database, but=writer(self.store_database))

    def open_to_all(self) -> str:
        """The MongoDB without access control, or ''."""
        if not (self.workspace.is_needed or self.store.is_needed):
            return "MongoDB"
        owners = {"the workspace's MongoDB": self.workspace, "the store's MongoDB": self.store}
        return "".join(owner for owner, login in owners.items() if not login.is_needed)


def access(settings: Settings) -> Access:
    """The privileges of the settings' logins.

    Raises:
        DatabaseError: MongoDB did not list them.
    """
    workspace = given = _login(settings.workspace_url, "RCSTATS_MONGO_URL", "the workspace's")
    if settings.store_url:
        given = _login(settings.store_url.get_secret_value(), "RCSTATS_STORE_URL", "the store's")
    return Access(workspace, given, database_name(settings.workspace_url), settings.store_database)


def _login(url: str, setting: str, whose: str) -> Login:
    with connect(url, setting) as client:
        return ask(whose, client, lambda: login(client))


def login(client: Client) -> Login:
    """The privileges of a connection."""
    command = {"connectionStatus": 1, "showPrivileges": True}
    info = client.admin.command(command, read_preference=ReadPreference.PRIMARY_PREFERRED)["authInfo"]
    privileges = info["authenticatedUserPrivileges"]
    is_authenticated = bool(info["authenticatedUsers"])
    return Login(privileges, is_needed=is_authenticated and not _sees_more(client, privileges))


def _sees_more(client: Client, privileges: Sequence[Document]) -> bool:
    """Whether MongoDB lists databases beyond the privileges: it accepts logins, but does not enforce access control.

    Without this `rcstats check` would report missing privileges of a login that may do everything.
    """
    command = {"listDatabases": 1, "nameOnly": True, "authorizedDatabases": True}
    seen = client.admin.command(command, read_preference=ReadPreference.PRIMARY_PREFERRED)["databases"]
    resources = [privilege["resource"] for privilege in privileges]
    if any("anyResource" in resource or resource.get("db") == "" for resource in resources):
        return False
    return not {database["name"] for database in seen} <= {resource.get("db") for resource in resources}
