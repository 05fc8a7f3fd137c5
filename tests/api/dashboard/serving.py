"""The real application over a database, at an address of its own."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from pymongo.database import Database
from starlette.applications import Starlette
from starlette.routing import Mount

from api.access.admission import Admission
from api.app import create
from api.caching.responses import ResponseCache
from api.dashboard import static_files
from api.routes.health import Status
from api.routes.statistics import Statistics
from collector.demo.mongod import free_port
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, PLAIN
from tests.api.dashboard.browser import TOKEN, USER
from tests.factories import insert, keep, login, permission, setting
from tests.waiting import eventually


def filled(database: Database[Any], documents: list[dict[str, Any]]) -> None:
    insert(database, Collection.SETTINGS, setting("uniqueID", "workspace"))
    people = login(USER, TOKEN, ["user", "admin"]), login("plain", PLAIN["X-Auth-Token"], ["user"])
    insert(database, Collection.USERS, *people)
    insert(database, Collection.PERMISSIONS, permission(["admin"]))
    Store(database).prepare()
    keep(database, *documents)


@contextmanager
def served(
    database: Database[Any],
    prefix: str = "",
    calls: int = 0,
    plotly: Callable[[], Path | None] = static_files.installed_plotly,
) -> Iterator[str]:
    """The address of the real application over a database, also behind a prefix."""
    workspace, store = RocketChat(database), Store(database)
    answers = ResponseCache(Admission(workspace, calls=calls), store, keep=2**24)
    app = create(answers, Statistics(answers, store, Future, (), "Europe/Berlin"), Status({}), plotly=plotly)
    whole = Starlette(routes=[Mount(prefix, app)]) if prefix else app
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(whole, port=port, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started)
        yield f"http://127.0.0.1:{port}{prefix}/"
    finally:
        server.should_exit = True
        thread.join(10)


def newest(address: str) -> dict[str, Any]:
    return dict(httpx2.get(f"{address}api/v1/statistics", headers=ADMIN).json())
