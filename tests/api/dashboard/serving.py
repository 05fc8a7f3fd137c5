"""The real application over a database, at an address of its own."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from pymongo.database import Database
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from api.access.admission import Admission
from api.app import create
from api.caching.responses import ResponseCache
from api.dashboard import static_files
from api.routes.health import Status
from api.routes.statistics import Statistics
from collector.demo.mongod import free_port
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics.catalog import entries
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, PLAIN
from tests.api.dashboard.browser import TOKEN, USER
from tests.factories import insert, keep, login, permission, setting
from tests.waiting import eventually


def fake(path: str, body: Callable[[], dict[str, Any]], status: Callable[[], int] = lambda: 200) -> Route:
    """A route of the API whose answers are made up."""

    async def endpoint(_: Request) -> Response:
        return JSONResponse(body(), status())

    return Route(f"/api/v1/{path}", endpoint)


def after(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def limit(**over: Any) -> dict[str, Any]:
    facts = {"name": "seats", "title": "Seats", "used": 45, "allowed": 50, "left": 5, "unit": "users", "share": 0.9}
    about = {"date": None, "reached": None, "state": "warning", "source": "licence", "certainty": "sure"}
    return facts | about | over


def event(**over: Any) -> dict[str, Any]:
    return {"at": after(-3), "since": after(-3.1), "kind": "upgrade", "text": "Rocket.Chat 7.10.0"} | over


def limits(*found: dict[str, Any]) -> Route:
    return fake("statistics.limits", lambda: {"success": True, "limits": list(found)})


def events(*found: dict[str, Any]) -> Route:
    return fake("statistics.events", lambda: {"success": True, "events": list(found), "total": len(found)})


QUIET = (limits(), events())
"""A workspace to which no limits apply, and in which nothing happened."""


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
    chart: Callable[[], Path | None] = static_files.installed_chart,
    fakes: Iterable[BaseRoute] = QUIET,
    port: int | None = None,
) -> Iterator[str]:
    """The address of the real application over a database, also behind a prefix; `fakes` stand before its routes."""
    workspace, store = RocketChat(database), Store(database)
    answers = ResponseCache(Admission(workspace, calls=calls), store, keep=2**24)
    app = create(answers, Statistics(answers, store, Future, entries(), "Europe/Berlin"), Status({}), chart=chart)
    whole = Starlette(routes=[Mount(prefix, routes=[*fakes, Mount("", app)])])
    port = port or free_port()
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
