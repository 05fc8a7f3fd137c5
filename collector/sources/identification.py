"""Owns the identification of the workspace, and the search for workspaces where the URL names another database."""

from contextlib import suppress

from pymongo.errors import OperationFailure, PyMongoError

from collector.errors import NotAWorkspaceError
from collector.mongodb.connection import Client, time_limit
from collector.mongodb.unreachable import listed
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat

MOST_SEARCHED = 50  # databases
SEARCHED_WITHIN = 1.0  # seconds

_MONGODBS_OWN = frozenset({"admin", "config", "local"})


def identified(workspace: RocketChat) -> str:
    """The workspace's id; not for the API, whose refusals must not cost a search.

    Raises:
        NotAWorkspaceError: the database is none; the text names the server's databases that are.
        DatabaseError: it cannot be read.
    """
    try:
        return workspace.identity()
    except NotAWorkspaceError as error:
        reason = f"{error.reason}, which Rocket.Chat creates at its first start{_others(workspace.client)}"
        raise NotAWorkspaceError(error.brief, reason) from None


def _others(client: Client) -> str:
    """Which databases of this server are workspaces; '' if that is not known."""
    found: list[str] = []
    is_complete = False
    with suppress(PyMongoError), time_limit(SEARCHED_WITHIN):
        names = [name for name in client.list_database_names() if name not in _MONGODBS_OWN]
        found += (name for name in names[:MOST_SEARCHED] if _is_workspace(client, name))
        is_complete = len(names) <= MOST_SEARCHED
    if found:
        return f"; workspaces on this server: {listed(found)} (the path of the URL names the database)"
    return "; no other database that this login may read is one" if is_complete else ""


def _is_workspace(client: Client, name: str) -> bool:
    """Whether a database has the id of a workspace, and this login may read it."""
    try:
        return client[name][Collection.SETTINGS].find_one({"_id": "uniqueID"}, {"_id": 1}) is not None
    except OperationFailure as error:
        if error.timeout:
            raise
        return False
