"""The path of a GET: access, rate limit, query, conditional request, memory; only then are snapshots read.

All of it but the last step happens in memory, on the event loop; what asks MongoDB runs on threads.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar

from anyio import CapacityLimiter
from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response

from api.access import auth
from api.access.admission import Admission
from api.access.auth import User
from api.access.policy import ApiPolicy
from api.caching import etag
from api.caching.editions import HasEdition
from api.caching.in_flight import InFlight
from api.caching.memory import Memory
from api.caching.single_flight import IN_ALL, SECONDS, SingleFlightCache
from api.caching.turns import BusyError, Turns
from api.query.listing import BadQueryError, parameters
from api.rendering import envelope, tabular
from api.rendering.body import Body, begin, nothing, response
from api.rendering.compression import Coding, chosen
from api.rendering.negotiation import names, value
from collector import __version__
from collector.errors import DatabaseError, DatabaseTimeoutError
from collector.mongodb.connection import time_limit

# Answers that are made, or are long and being sent, in all and for each user.
AT_ONCE, EACH = 6, 3

# Seconds that MongoDB has for one query of a client, and those that are left after it for the response.
QUERY_WITHIN, SPARE = 2.0, 0.3

# Queries that each resource remembers, and the bytes of the longest.
QUERIES, LONGEST_QUERY = 256, 1024

ALWAYS = envelope.REVALIDATED | envelope.CORS | envelope.SAFE
ALWAYS |= {"Vary": "Accept, Accept-Encoding, X-User-Id, X-Auth-Token"}

Q = TypeVar("Q")


@dataclass(frozen=True)
class Context:
    """What an answer depends on beside its query."""

    rules: ApiPolicy
    edition: str
    """The store's: it changes with every snapshot that comes or goes."""
    may_view: bool
    """Whether this is a user with view-statistics."""
    kind: str
    """The content type of the answer."""


@dataclass(eq=False)
class Resource(Generic[Q]):
    """What a GET answers: `parse` makes a query of its `parameters`, `render` the body, in parts.

    Other parameters are ignored. An answer that `is_hourly` depends on the time and counts for one hour; the queries of
    all others are remembered by their text. `slow` tells which parameter makes a query slow, if any does. `is_kept`:
    the answer itself is, unless it is made of what is.
    """

    parse: Callable[[Mapping[str, str], ApiPolicy], Q]
    render: Callable[[Context, Q], Iterable[bytes]]
    parameters: frozenset[str] = frozenset()
    is_open: bool = False
    is_hourly: bool = False
    slow: Callable[[Mapping[str, str], Q], BadQueryError | None] = lambda *_: None
    is_kept: bool = True
    _queries: LRUCache[tuple[bytes, str], tuple[dict[str, str], Q]] = field(
        default_factory=lambda: LRUCache(QUERIES), init=False
    )

    def query(self, query_string: bytes, policy: ApiPolicy) -> tuple[dict[str, str], Q]:
        """The parameters that count, and the query that they are.

        Raises:
            BadParametersError: the query string can't be read.
            BadQueryError: a parameter can't be served.
        """
        key = (query_string, policy.key)
        if (found := self._queries.get(key)) is not None:
            return found
        given = parameters(query_string, self.parameters) if self.parameters else {}
        asked = given, self.parse(given, policy)
        if len(query_string) <= LONGEST_QUERY and not self.is_hourly:
            self._queries[key] = asked
        return asked

    def kind(self, given: Mapping[str, str], request: Request) -> str:
        """Raises: BadQueryError: the parameter `format` names no content type."""
        return tabular.chosen(given, value(request.headers, "accept")) if "format" in self.parameters else envelope.JSON


class ResponseCache:
    """Answers GETs about one workspace from its store.

    `keep` bytes of answers are remembered; what the store has counts for `seconds` by `clock`; MongoDB has
    `within` seconds.
    """

    def __init__(
        self,
        admission: Admission,
        store: HasEdition,
        *,
        keep: int = 0,
        seconds: float = SECONDS,
        within: float = QUERY_WITHIN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._admission = admission
        self._editions = SingleFlightCache(store.edition, seconds, CapacityLimiter(2), within=within, clock=clock)
        self.memory: Memory[Any] = Memory(keep)
        """Of answers, and of what they are made of."""
        self._in_flight: InFlight[Body] = InFlight()
        self._turns = Turns(AT_ONCE, EACH)
        self._threads = ThreadPoolExecutor(AT_ONCE, "answer")
        self._within = within

    async def respond(self, request: Request, resource: Resource[Any]) -> Response:
        """What the resource says, or that it is still what the client has.

        Raises:
            NotLoggedInError, NotAllowedError, TooManyRequestsError: access is denied.
            BadParametersError, BadQueryError, BusyError, DatabaseError.
        """
        deadline = asyncio.get_running_loop().time() + IN_ALL
        try:
            rules, user = await self._admission.admit(request, is_open=resource.is_open, deadline=deadline)
            given, query = resource.query(request.scope["query_string"], rules)
            edition = await self._editions.get(deadline)
            context = Context(rules, edition, auth.may_view(user), resource.kind(given, request))
            tag = _tag(request.scope["path"], given, context, is_hourly=resource.is_hourly)
            if names(value(request.headers, "if-none-match"), tag):
                return Response(None, 304, ALWAYS | request.state.limits | {"ETag": etag.weak(tag)})
            coding = chosen(value(request.headers, "accept-encoding"))
            making = _Making(
                (tag, coding),
                partial(_whole, resource, context, query, coding),
                partial(resource.slow, given, query),
                is_kept=resource.is_kept,
            )
            body, leave = await self._body(making, user, deadline)
        except TimeoutError:
            raise DatabaseError("MongoDB did not answer in time") from None
        headers = ALWAYS | request.state.limits | {"Content-Type": context.kind, "ETag": etag.weak(tag)}
        headers |= tabular.disposition(request.scope["path"], context.kind)
        return response(body, headers, leave)

    async def admit(self, request: Request) -> None:
        """Lets a request pass that nothing in memory can answer. Raises as `respond` does."""
        await self._admission.admit(request)

    async def preflight(self, request: Request) -> Response:
        """To OPTIONS."""
        rules = await self._admission.rules()
        return rules.origins.preflight(request.headers, rules.release)

    def forget(self) -> None:
        """Sees at once what has just been stored."""
        self._editions.forget()

    async def _body(self, making: "_Making", user: User | None, deadline: float) -> tuple[Body, Callable[[], None]]:
        """The body from memory or made now, and what gives its turn back: a short one has none any more."""
        found: Body | None = self.memory.get(making.name) or await self._in_flight.join(making.name, deadline)
        if found and not found.is_long:  # a long one is sent to each client under a turn of its own
            return found, nothing
        with self._in_flight.lead(making.name) as work:
            leave = await self._turns.take(user.id if user else "", deadline - SPARE)
            try:
                body = self.memory.get(making.name) or await self._made(making, deadline)
            except BaseException:
                leave()
                raise
            work.set_result(body)
        if not body.is_long:
            leave()
        return body, leave

    async def _made(self, making: "_Making", deadline: float) -> Body:
        """The body made now.

        Raises:
            BadQueryError, BusyError, DatabaseError: it took too long because of the query, of others, or of MongoDB.
        """
        loop = asyncio.get_running_loop()
        left = max(deadline - SPARE - loop.time(), 0.001)

        def make() -> Body:
            with time_limit(min(self._within, left)):
                return making.body()

        try:
            async with asyncio.timeout_at(deadline - SPARE):
                body = await loop.run_in_executor(self._threads, make)
        except (DatabaseTimeoutError, TimeoutError) as error:
            # The driver gives MongoDB all the time for which it waits itself, so that it rarely hears from MongoDB that
            # the time was up. But a store that answers this question was not silent.
            await self._editions.get(deadline)
            refusal = BusyError() if left < self._within else making.slow()
            if refusal is None:
                raise
            raise refusal from error
        if making.is_kept and body.rest is None:
            self.memory.put(making.name, body)
        return body


def _whole(resource: Resource[Q], context: Context, query: Q, coding: Coding) -> Body:
    return begin(iter(resource.render(context, query)), coding)


@dataclass(frozen=True)
class _Making:
    """How the body of this name is made, and which parameter is to blame if that takes too long."""

    name: tuple[str, Coding]
    body: Callable[[], Body]
    slow: Callable[[], BadQueryError | None]
    is_kept: bool


def _tag(path: str, given: Mapping[str, str], context: Context, *, is_hourly: bool) -> str:
    """Names an answer: all that it depends on, and nothing that it does not. Answers in memory are keyed by it."""
    hour = f"{datetime.now(UTC):%Y%m%d%H}" if is_hourly else ""
    parts = (__version__, path, given, context.rules.key, context.edition, context.may_view, context.kind, hour)
    return etag.tag_of(repr(parts).encode())
