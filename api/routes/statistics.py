"""Owns the handlers of the statistics routes and of info."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.access.policy import ApiPolicy
from api.caching.responses import QUERY_WITHIN, Context, Resource, ResponseCache
from api.caching.snapshot_json import SnapshotJson
from api.query import series
from api.query.listing import BadParametersError, BadQueryError, parameters, parse
from api.rendering import bson_json, envelope, tabular
from api.rendering import forecast as rendered
from api.routes.outlook import BY_DEFAULT, Outlook
from collector.errors import CommandRefusedError, DatabaseError, TooLargeError, UnknownTimeZoneError
from collector.key_paths import Document
from collector.series.forecast import forecast
from collector.series.pipeline import SeriesQuery
from collector.store.parameters import NEWEST_FIRST, ListQuery
from collector.store.snapshots import Store

# Seconds for which a request waits for its new snapshot.
REFRESH_WITHIN = 120.0

MOST_ROWS = 1_000  # of a table in CSV whose columns are not named

_LIST = frozenset({"offset", "count", "sort", "fields", "query", "format"})
_NEWEST = frozenset({"refresh"})
_SERIES = frozenset({"fields", "start", "end", "every", "how", "timezone", "format"})

# A page of so many snapshots, or fewer, is not long.
_SHORT_PAGE = 100

_SLOW = f"MongoDB needs more than {QUERY_WITHIN:g} seconds for this query; "
_SLOW_PAGE = _SLOW + "narrow the query by createdAt, sort by createdAt alone, or ask for fewer snapshots"
_SLOW_SERIES = _SLOW + "ask for a shorter time or fewer fields"

T = TypeVar("T")

Handler = Callable[[Request], Awaitable[Response]]


class _Page(NamedTuple):
    """A requested page, with its filter as sent, for error texts."""

    query: ListQuery
    sent: str


class Statistics:
    """Serves one workspace's snapshots.

    `ask` requests a new one and returns its future; `entries` are the dictionary's; days are those of `zone`; `outlook`
    has the resources of limits and events.
    """

    def __init__(
        self,
        answers: ResponseCache,
        store: Store,
        ask: Callable[[], Future[Document]],
        entries: Sequence[Mapping[str, str]] = (),
        zone: str = "UTC",
        outlook: Outlook = BY_DEFAULT,
    ) -> None:
        self._answers = answers
        self._store = store
        self._ask = ask
        self._zone = zone
        self.calendar = cache(lambda: store.calendar(zone, datetime.now(UTC)))
        """The time zone of series: `zone`, or an equivalent one if MongoDB does not know it."""
        self._json = SnapshotJson(store, answers.memory)
        self._all = lru_cache(maxsize=8)(lambda workspace, _edition: store.count(workspace, {}))
        self._keys = {entry["key"] for entry in entries}
        dictionary = orjson.dumps(envelope.success({"statistics": list(entries), "count": len(entries)}))
        self._newest = Resource(_nothing, self._newest_one, _NEWEST)

        def served(resource: Resource[Any]) -> Handler:
            return partial(answers.respond, resource=resource)

        self.list = served(Resource(_page, self._snapshots, _LIST, slow=_slow_page, is_kept=False))
        """`GET /api/v1/statistics.list`: {statistics: […], count, offset, total, success}; or CSV, or NDJSON."""
        self.series = served(Resource(self._over_time, self._buckets, _SERIES, is_hourly=True, slow=_slow_series))
        """`GET /api/v1/statistics.series`: {at: […], series: {path: […]}, …, success}; or CSV, or NDJSON."""
        self.forecast = served(Resource(_nothing, self._forecasts, is_hourly=True))
        """`GET /api/v1/statistics.forecast`: {growth: […], anomalies: […], success}."""
        self.limits = served(outlook.limits(store, self.calendar))
        """`GET /api/v1/statistics.limits`: {createdAt, limits: […], success}."""
        self.events = served(outlook.events(store, zone))
        """`GET /api/v1/statistics.events`: {events: [{at, since, kind, text}], count, offset, total, success}."""
        self.dictionary = served(Resource(_nothing, lambda _, __: [dictionary]))
        """`GET /api/v1/statistics.dictionary`: {statistics: [{key, meaning, unit, …}], count}."""
        self.info = served(Resource(_nothing, _info, is_open=True))
        """`GET /api/info`: the server's release if known; in full only for users who may view statistics."""

    async def newest(self, request: Request) -> Response:
        """`GET /api/v1/statistics`: the newest snapshot's own fields, and success; `refresh=true` takes a new one."""
        if not _wants_refresh(request):
            return await self._answers.respond(request, self._newest)
        await self._answers.admit(request)
        snapshot = await self._refreshed()
        self._answers.forget()
        return envelope.encoded(bson_json.document(snapshot), headers=request.state.limits)

    async def _refreshed(self) -> Document:
        """A snapshot taken after this call. Requests that wait for it do not occupy threads."""
        try:
            async with asyncio.timeout(REFRESH_WITHIN):
                return await asyncio.shield(asyncio.wrap_future(self._ask()))
        except TimeoutError:
            raise DatabaseError("the new snapshot did not complete in time") from None

    def _snapshots(self, context: Context, page: _Page) -> Iterator[bytes]:
        if context.kind == envelope.JSON:
            return self._envelope(context, page)
        stored = self._refusable(page, self._store.page(context.rules.workspace, page.query))
        snapshots = map(bson_json.plain, stored)
        if context.kind == tabular.NDJSON:
            return tabular.lines(snapshots)
        if paths := [path for path, is_shown in page.query.fields.items() if is_shown]:
            return tabular.columns(snapshots, list(dict.fromkeys(["_id", *paths])))
        return tabular.table(_few(snapshots))

    def _envelope(self, context: Context, page: _Page) -> Iterator[bytes]:
        query, count = page.query, 0
        yield b'{"statistics":['
        items = self._json.page(context.rules.workspace, query, context.edition)
        for count, item in enumerate(self._refusable(page, items), 1):
            yield item if count == 1 else b"," + item
        end = {"count": count, "offset": query.offset, "total": self._total(context, query, count), "success": True}
        yield b"]," + orjson.dumps(end)[1:]

    def _refusable(self, page: _Page, found: Iterator[T]) -> Iterator[T]:
        """What a page's query finds.

        Raises:
            BadQueryError: MongoDB refuses the query.
        """
        try:
            yield from found
        except CommandRefusedError as error:
            raise BadQueryError("query", page.sent, "MongoDB refuses it") from error

    def _over_time(self, given: Mapping[str, str], _: ApiPolicy) -> SeriesQuery:
        return series.parse(given, self._zone, datetime.now(UTC))

    def _buckets(self, context: Context, query: SeriesQuery) -> Iterator[bytes]:
        query = replace(query, zone=self.calendar()) if query.zone == self._zone else query
        rows = series.checked(query, self._rows(context, query), self._keys)
        if context.kind == envelope.JSON:
            return series.columns(query, rows)
        records = series.records(query, rows)
        return tabular.table(records, ("at", *query.fields)) if context.kind == tabular.CSV else tabular.lines(records)

    def _rows(self, context: Context, query: SeriesQuery) -> Iterator[Document]:
        """The rows of a series.

        Raises:
            BadQueryError: MongoDB does not know its time zone, or the values are too large.
        """
        try:
            return self._store.series(context.rules.workspace, query)
        except UnknownTimeZoneError as error:
            raise BadQueryError("timezone", query.zone, "MongoDB does not know this time zone") from error
        except TooLargeError as error:
            raise BadQueryError("fields", ",".join(query.fields), str(error)) from error

    def _forecasts(self, context: Context, _: None) -> Iterator[bytes]:
        def rows(query: SeriesQuery) -> Sequence[Document]:
            return list(self._rows(context, query))

        found = forecast(rows, datetime.now(UTC), ZoneInfo(self.calendar()))
        yield bson_json.document(rendered.document(found))

    def _total(self, context: Context, query: ListQuery, found: int) -> int:
        """The number of matching snapshots; counted only if the page does not determine it."""
        is_last = not query.count or found < query.count
        if is_last and (found or not query.offset):
            return query.offset + found
        if not query.where:
            return self._all(context.rules.workspace, context.edition)
        return self._store.count(context.rules.workspace, query.where)

    def _newest_one(self, context: Context, _: None) -> Iterator[bytes]:
        newest = self._store.newest_as_stored(context.rules.workspace)
        yield bson_json.document({} if newest is None else newest)  # `newest or {}` would decode it


def _page(given: Mapping[str, str], rules: ApiPolicy) -> _Page:
    return _Page(parse(given, rules.pages), given.get("query", ""))


def _slow_page(given: Mapping[str, str], page: _Page) -> BadQueryError | None:
    """The error of a page that takes too long; None for one that the index yields."""
    query = page.query
    causes = {
        "query": bool(query.where),
        "sort": list(query.sort) != list(NEWEST_FIRST),
        "offset": query.offset > 0,
        "count": not 0 < query.count <= _SHORT_PAGE,
    }
    cause = next((name for name, is_cause in causes.items() if is_cause), "")
    return BadQueryError(cause, given.get(cause, ""), _SLOW_PAGE) if cause else None


def _slow_series(given: Mapping[str, str], _: SeriesQuery) -> BadQueryError:
    return BadQueryError("fields", given["fields"], _SLOW_SERIES)


def _few(snapshots: Iterator[T]) -> Iterator[T]:
    """The snapshots of a table whose columns are not named: it is held in memory until all of them are known.

    Raises:
        BadQueryError: they are too many.
    """
    for number, snapshot in enumerate(snapshots):
        if number == MOST_ROWS:
            reason = f"a table of more than {MOST_ROWS} snapshots needs the parameter fields, which names its columns"
            raise BadQueryError("format", "csv", f"{reason}; ndjson does not")
        yield snapshot


def _nothing(*_: object) -> None:
    """The query of a route without parameters."""


def _wants_refresh(request: Request) -> bool:
    """Whether `refresh` is true; a malformed query string is refused later, after access control."""
    try:
        return parameters(request.scope["query_string"], _NEWEST).get("refresh") == "true"
    except BadParametersError:
        return False


def _info(context: Context, _: None) -> Iterator[bytes]:
    release = context.rules.release
    body: dict[str, object] = {}
    if release:
        body = {"version": ".".join(release.split(".")[:2])}
        if context.may_view:
            body = {"version": release, "info": {"version": release}}
    yield orjson.dumps(envelope.success(body))
