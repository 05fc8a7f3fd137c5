"""The snapshots served by Eve on waitress: `python -m tests.benchmarks.serving.eve_server MONGO_URL WORKSPACE PORT`.

Tokens and the permission are looked up in the workspace at each request. What Eve could add and nobody asks for here,
links and ETags, is turned off.
"""

import logging
import sys
from importlib import import_module
from typing import Any

from pymongo import MongoClient

from collector.key_paths import Document
from collector.settings import STORE_DATABASE
from collector.sources.collections import Collection
from collector.sources.rocketchat import hash_token
from collector.store.snapshots import COLLECTION
from collector.store.snapshots import WORKSPACE as OF
from tests.benchmarks.serving.dataset import WORKSPACE

THREADS = 8


class Logins:
    """Eve's view of who asks: the part of its BasicAuth that it calls."""

    def __init__(self, url: str) -> None:
        client: MongoClient[Document] = MongoClient(url)
        self._database = client[WORKSPACE]
        self._flask: Any = import_module("flask")

    def authorized(self, _roles: list[str], _resource: str, _method: str) -> bool:
        headers = self._flask.request.headers
        token = hash_token(headers.get("X-Auth-Token", ""))
        where = {"_id": headers.get("X-User-Id"), "services.resume.loginTokens.hashedToken": token}
        user = self._database[Collection.USERS].find_one(where, {"roles": 1})
        if not user:
            return False
        permission = self._database[Collection.PERMISSIONS].find_one({"_id": "view-statistics"}, {"roles": 1}) or {}
        return not set(user["roles"]).isdisjoint(permission.get("roles", ()))

    def authenticate(self) -> None:
        self._flask.abort(401)

    def get_request_auth_value(self) -> None:
        """Documents belong to nobody."""

    def get_mongo_prefix(self) -> None:
        """There is one database."""


def settings(url: str, workspace: str) -> dict[str, Any]:
    snapshots = {
        "datasource": {"source": COLLECTION, "filter": {OF: workspace}},
        "allow_unknown": True,
        "item_lookup": False,
        "query_objectid_as_string": True,
        "schema": {"_id": {"type": "string"}, "createdAt": {"type": "datetime"}},
    }
    return {
        "MONGO_URI": url.replace("/?", f"/{STORE_DATABASE}?"),
        "DOMAIN": {"statistics": snapshots},
        "RENDERERS": ["eve.render.JSONRenderer"],
        "HATEOAS": False,
        "IF_MATCH": False,
    }


def main(url: str, workspace: str, port: str) -> None:
    logging.getLogger("waitress").setLevel(logging.ERROR)
    app = import_module("eve").Eve(settings=settings(url, workspace), auth=Logins(url))
    import_module("waitress").serve(app, host="127.0.0.1", port=int(port), threads=THREADS)


if __name__ == "__main__":
    main(*sys.argv[1:])
