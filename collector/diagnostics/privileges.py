"""The least rights that rcstats needs in MongoDB: its roles, the commands that make them, and what a login has."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ReadPreference

from collector.key_paths import Document
from collector.mongodb.connection import Client, ask, connect, database_name, hosts
from collector.settings import Settings
from collector.sources.collections import Collection
from collector.store import leases, snapshots

USER = "rcstats"
ADMIN = "admin"  # MongoDB's own database, the only one whose roles can have rights on the server itself

# Counts, aggregations, hints and explain need no more than this.
_READING = ("find",)
_WRITING: Mapping[str, Sequence[str]] = {
    snapshots.COLLECTION: ("find", "insert", "update", "remove", "createIndex", "listIndexes"),
    leases.COLLECTION: ("find", "insert", "update", "remove", "createIndex"),
}

# What changes a database, or who may change it; all else that MongoDB knows only looks.
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
    """A role of a database; its privileges are {resource, actions}, as MongoDB's createRole takes them."""

    name: str
    database: str
    privileges: Sequence[Document]


SERVER_STATUS = Role("rcstatsServerStatus", ADMIN, [{"resource": {"cluster": True}, "actions": ["serverStatus"]}])
"""Optional: for the storage engine's name only."""


def reader(database: str) -> Role:
    """All that is ever asked of a workspace."""
    return Role("rcstatsReader", database, [_privilege(database, name, _READING) for name in sorted(Collection)])


def writer(database: str) -> Role:
    """All that is ever asked of the store."""
    return Role("rcstatsWriter", database, [_privilege(database, name, does) for name, does in _WRITING.items()])


def _privilege(database: str, collection: str, actions: Sequence[str]) -> Document:
    return {"resource": {"db": database, "collection": str(collection)}, "actions": list(actions)}


def commands(settings: Settings) -> str:
    """What an administrator pastes into mongosh: the roles, and a user who has them; twice if there are two servers.

    The user comes last: what is pasted behind it would be taken for the password.
    """
    reads, writes = reader(database_name(settings.workspace_url)), writer(settings.store_database)
    store_url = settings.store_url.get_secret_value() if settings.store_url else settings.workspace_url
    if _hosts(store_url) & _hosts(settings.workspace_url):
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
    """A login's privileges, as MongoDB lists them; where no login `is_needed` everybody may do everything."""

    privileges: Sequence[Mapping[str, Any]] = ()
    is_needed: bool = True

    def lacks(self, role: Role) -> list[str]:
        """What the role has and this login has not, for example ["insert, update in rcstats.statistics"]."""
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
        """The actions by which it could change a database, without what the role `but` has there."""
        found: set[str] = set()
        for given in self._on(database):
            fine = {
                action for own in but.privileges if own["resource"] == given["resource"] for action in own["actions"]
            }
            found |= CHANGES.intersection(given["actions"]) - fine
        return sorted(found)

    def _on(self, database: str) -> Iterator[Mapping[str, Any]]:
        """The privileges that have to do with a database."""
        for given in self.privileges:
            resource = given["resource"]
            if "anyResource" in resource or resource.get("db") in ("", database):
                yield given


@dataclass(frozen=True)
class Access:
    """What the logins have on the workspace's server and on the store's; the same one if it is one server."""

    workspace: Login
    store: Login
    workspace_database: str
    store_database: str

    def lacking(self) -> list[str]:
        """What the store's login needs and has not."""
        return self.store.lacks(writer(self.store_database))

    def beyond(self) -> list[str]:
        """By which actions the workspace's login could change the workspace."""
        return self.workspace.changes(self.workspace_database, but=writer(self.store_database))

    def open_to_all(self) -> str:
        """Whose MongoDB asks nobody for a login, or ''."""
        if not (self.workspace.is_needed or self.store.is_needed):
            return "MongoDB"
        owners = {"the workspace's MongoDB": self.workspace, "the store's MongoDB": self.store}
        return "".join(owner for owner, login in owners.items() if not login.is_needed)


def access(settings: Settings) -> Access:
    """What the logins of the settings have.

    Raises:
        DatabaseError: MongoDB does not say.
    """
    workspace = given = _login(settings.workspace_url, "RCSTATS_MONGO_URL", "the workspace's")
    if settings.store_url:
        given = _login(settings.store_url.get_secret_value(), "RCSTATS_STORE_URL", "the store's")
    return Access(workspace, given, database_name(settings.workspace_url), settings.store_database)


def _login(url: str, setting: str, whose: str) -> Login:
    with connect(url, setting) as client:
        return ask(whose, client, lambda: login(client))


def login(client: Client) -> Login:
    """What a connection may do."""
    command = {"connectionStatus": 1, "showPrivileges": True}
    told = client.admin.command(command, read_preference=ReadPreference.PRIMARY_PREFERRED)["authInfo"]
    privileges = told["authenticatedUserPrivileges"]
    is_somebody = bool(told["authenticatedUsers"])
    return Login(privileges, is_needed=is_somebody and not _sees_more(client, privileges))


def _sees_more(client: Client, privileges: Sequence[Document]) -> bool:
    """Whether MongoDB shows a database that no privilege names: it lets logins in, but does without."""
    command = {"listDatabases": 1, "nameOnly": True, "authorizedDatabases": True}
    seen = client.admin.command(command, read_preference=ReadPreference.PRIMARY_PREFERRED)["databases"]
    resources = [privilege["resource"] for privilege in privileges]
    if any("anyResource" in resource or resource.get("db") == "" for resource in resources):
        return False
    return not {database["name"] for database in seen} <= {resource.get("db") for resource in resources}
