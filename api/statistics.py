"""The handlers of Rocket.Chat's own routes: statistics.list, statistics and info."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import orjson
from bson.raw_bson import RawBSONDocument
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api import envelope, formats, javascript, series
from api.answers import Answers, Ask
from api.query import BadParametersError, BadQueryError, PageLimits, parameters, parse
from collector.connection import Document
from collector.errors import CommandRefusedError, TooLargeError, UnknownTimeZoneError
from collector.history.outlook import outlook
from collector.series import SeriesQuery
from collector.store import ListQuery, Store


class Statistics:
    """Serves one workspace's snapshots.

    `refresh` takes a new one and returns it; `entries` are the dictionary's; days are those of `zone`.
    """

    def __init__(
        self,
        answers: Answers,
        store: Store,
        refresh: Callable[[], Document],
        entries: Sequence[Mapping[str, str]] = (),
        zone: str = "UTC",
    ) -> None:
        self._answers = answers
        self._store = store
        self._refresh = refresh
        self._zone = zone
        self.calendar = cache(lambda: store.calendar(zone, datetime.now(UTC)))
        """The time zone in which series are made, as far as MongoDB has it."""
        self._dictionary = orjson.dumps(envelope.success({"statistics": list(entries), "count": len(entries)}))
        self._all = lru_cache(maxsize=8)(lambda workspace, _edition: store.count(workspace, {}))

    async def list(self, request: Request) -> Response:
        """`GET /api/v1/statistics.list`: {statistics: […], count, offset, total, success}; or CSV, or NDJSON."""
        return await self._answers.answer(request, self._page, kind=_kind_of_page)

    async def series(self, request: Request) -> Response:
        """`GET /api/v1/statistics.series`: {at: […], series: {path: […]}, …, success}; or CSV, or NDJSON."""
        return await self._answers.answer(request, self._series, kind=self._kind_of_series, hour=_hour())

    async def newest(self, request: Request) -> Response:
        """`GET /api/v1/statistics`: the newest snapshot's own fields, and success; `refresh=true` takes a new one."""
        if not _asks_for_a_new_one(request):
            return await self._answers.answer(request, self._newest)
        await self._answers.admit(request)
        snapshot = await run_in_threadpool(self._refresh)
        self._answers.forget()
        return envelope.encoded(javascript.document(snapshot), headers=request.state.limits)

    async def outlook(self, request: Request) -> Response:
        """`GET /api/v1/statistics.outlook`: {growth: […], odd: […], success}: where figures head, which are odd."""
        return await self._answers.answer(request, self._outlook, hour=_hour())

    async def dictionary(self, request: Request) -> Response:
        """`GET /api/v1/statistics.dictionary`: {statistics: [{key, meaning, unit, source, cost, accuracy}], count}."""
        return await self._answers.answer(request, lambda _: [self._dictionary])

    async def info(self, request: Request) -> Response:
        """`GET /api/info`: the server's release, as far as it is known; whole only for who may see statistics."""
        return await self._answers.answer(request, _info, is_open=True)

    def _page(self, ask: Ask) -> Iterator[bytes]:
        return self._envelope(ask) if ask.kind == envelope.JSON else self._rows(ask)

    def _envelope(self, ask: Ask) -> Iterator[bytes]:
        query = parse(parameters(ask.parameters), ask.rules.pages)
        count = 0
        yield b'{"statistics":['
        for count, snapshot in enumerate(self._snapshots(ask, query), 1):
            yield javascript.item(snapshot) if count == 1 else b"," + javascript.item(snapshot)
        end = {"count": count, "offset": query.offset, "total": self._total(ask, query, count), "success": True}
        yield b"]," + orjson.dumps(end)[1:]

    def _rows(self, ask: Ask) -> Iterator[bytes]:
        """The page's snapshots alone, as a table or a line each."""
        query = parse(parameters(ask.parameters), ask.rules.pages)
        snapshots = map(javascript.plain, self._snapshots(ask, query))
        return formats.table(snapshots) if ask.kind == formats.CSV else formats.lines(snapshots)

    def _snapshots(self, ask: Ask, query: ListQuery) -> Iterator[RawBSONDocument]:
        """The page's snapshots.

        Raises:
            BadQueryError: MongoDB does not take the query.
        """
        try:
            yield from self._store.page(ask.rules.workspace, query)
        except CommandRefusedError as error:
            raw = parameters(ask.parameters).get("query", "")
            raise BadQueryError("query", raw, "MongoDB refuses it") from error

    def _kind_of_series(self, request: Request) -> str:
        """The content type; bad parameters are refused before a tag or an answer in memory counts."""
        series.parse(parameters(request.scope["query_string"]), self._zone, datetime.now(UTC))
        return _kind(request)

    def _series(self, ask: Ask) -> Iterator[bytes]:
        query = series.parse(parameters(ask.parameters), self.calendar(), datetime.now(UTC))
        rows = self._buckets(ask, query)
        if ask.kind == envelope.JSON:
            return series.columns(query, rows)
        records = series.records(query, rows)
        return formats.table(records, ("at", *query.fields)) if ask.kind == formats.CSV else formats.lines(records)

    def _buckets(self, ask: Ask, query: SeriesQuery) -> Iterator[Document]:
        """The rows of a series.

        Raises:
            BadQueryError: MongoDB does not have its time zone, or the values are too large.
        """
        try:
            return self._store.series(ask.rules.workspace, query)
        except UnknownTimeZoneError as error:
            raise BadQueryError("timezone", query.zone, "MongoDB does not have this time zone") from error
        except TooLargeError as error:
            raise BadQueryError("fields", ",".join(query.fields), str(error)) from error

    def _outlook(self, ask: Ask) -> Iterator[bytes]:
        def rows(query: SeriesQuery) -> Sequence[Document]:
            return list(self._buckets(ask, query))

        found = outlook(rows, datetime.now(UTC), ZoneInfo(self.calendar()))
        odd = [asdict(oddity) | {"text": str(oddity)} for oddity in found.odd]
        yield javascript.document({"growth": [asdict(growth) for growth in found.growth], "odd": odd})

    def _total(self, ask: Ask, query: ListQuery, found: int) -> int:
        """How many match in all: counted, unless the page itself tells."""
        is_last = not query.count or found < query.count
        if is_last and (found or not query.offset):
            return query.offset + found
        if not query.where:
            return self._all(ask.rules.workspace, ask.edition)
        return self._store.count(ask.rules.workspace, query.where)

    def _newest(self, ask: Ask) -> Iterator[bytes]:
        parameters(ask.parameters)
        newest = next(self._store.page(ask.rules.workspace, ListQuery(count=1)), None)
        yield javascript.document({} if newest is None else newest)  # its truth would decode it, and not as JavaScript


def _hour() -> str:
    """The hour of now, for answers about times before it."""
    return f"{datetime.now(UTC):%Y%m%d%H}"


def _asks_for_a_new_one(request: Request) -> bool:
    """Whether `refresh` is true; what can't be read is refused later, to who may ask at all."""
    try:
        return parameters(request.scope["query_string"]).get("refresh") == "true"
    except BadParametersError:
        return False


def _kind_of_page(request: Request) -> str:
    """The content type; bad parameters are refused before a tag or an answer in memory counts."""
    parse(parameters(request.scope["query_string"]), PageLimits())
    return _kind(request)


def _kind(request: Request) -> str:
    return _chosen(request.scope["query_string"], request.headers.get("accept", ""))


@lru_cache(1024)
def _chosen(query_string: bytes, accept: str) -> str:
    return formats.chosen(parameters(query_string), accept)


def _info(ask: Ask) -> Iterator[bytes]:
    release = ask.rules.release
    body: dict[str, object] = {}
    if release:
        body = {"version": ".".join(release.split(".")[:2])}
        if ask.may_view:
            body = {"version": release, "info": {"version": release}}
    yield orjson.dumps(envelope.success(body))
