"""The handlers of Rocket.Chat's own routes: statistics.list, statistics and info."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import auth, envelope
from api.query import PAGE_SETTINGS, BadQueryError, PageLimits, parse
from collector.connection import Document
from collector.errors import CommandRefusedError
from collector.sources.rocketchat import RocketChat
from collector.store import Page, Store


@dataclass(frozen=True)
class Statistics:
    """Serves one workspace's snapshots.

    `refresh` takes a new one and returns it; `entries` are the dictionary's.
    """

    workspace: RocketChat
    store: Store
    refresh: Callable[[], Document]
    entries: Sequence[Mapping[str, str]] = ()

    def list(self, request: Request) -> Response:
        """`GET /api/v1/statistics.list`: {statistics: […], count, offset, total, success}."""
        auth.authorise(request.headers, self.workspace)
        query = parse(request.query_params, PageLimits.of(self.workspace.values(*PAGE_SETTINGS)))
        try:
            page: Page = self.store.page(self.workspace.identity(), query)
        except CommandRefusedError as error:
            raise BadQueryError("query", request.query_params.get("query", ""), "MongoDB refuses it") from error
        body = {
            "statistics": page.snapshots,
            "count": len(page.snapshots),
            "offset": query.offset,
            "total": page.total,
        }
        return envelope.response(envelope.success(body))

    def newest(self, request: Request) -> Response:
        """`GET /api/v1/statistics`: the newest snapshot's own fields, and success; `refresh=true` takes a new one."""
        auth.authorise(request.headers, self.workspace)
        if request.query_params.get("refresh") == "true":
            snapshot: Document | None = self.refresh()
        else:
            snapshot = self.store.newest(self.workspace.identity())
        return envelope.response(envelope.success(snapshot or {}))

    def dictionary(self, request: Request) -> Response:
        """`GET /api/v1/statistics.dictionary`: {statistics: [{key, meaning, unit, source, cost, accuracy}], count}."""
        auth.authorise(request.headers, self.workspace)
        return envelope.response(envelope.success({"statistics": list(self.entries), "count": len(self.entries)}))

    def info(self, request: Request) -> Response:
        """`GET /api/info`: the server's release, as far as it is known; whole only for who may see statistics."""
        version = self.workspace.release()
        body: dict[str, Any] = {}
        if version:
            body = {"version": ".".join(version.split(".")[:2])}
            if self._may_see_all(request):
                body = {"version": version, "info": {"version": version}}
        return envelope.response(envelope.success(body))

    def _may_see_all(self, request: Request) -> bool:
        try:
            auth.authorise(request.headers, self.workspace)
        except auth.DeniedError:
            return False
        return True
