"""The path of a GET: who asks, how often, what they have already, what is in memory; only then is anything read.

All of it but the last step happens in memory, on the event loop; what asks MongoDB runs on the thread pool.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import chain
from typing import ClassVar, NamedTuple

from anyio import to_thread
from cachetools import LRUCache
from starlette.datastructures import Address
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import auth, envelope
from api.auth import Login, User
from api.compression import SMALL, chosen, compressed
from api.limiter import Limiter
from api.memory import ANSWER_WITHIN, IN_ALL, Memory
from api.repeats import Repeat, allow, keeping
from api.rules import Rules
from collector import __version__
from collector.connection import time_limit
from collector.errors import DatabaseError
from collector.sources.rocketchat import RocketChat
from collector.store import Store

# Bytes of an answer that is sent as one and may be kept; of a longer one only pieces are held at a time.
WHOLE = 4 * 2**20
PIECE = 2**16

# Seconds that a login, the rules and the store's edition count: what changes is seen within a second.
SECONDS = 0.5
CALLERS = 1024  # logins remembered, wrong ones too

# Answers that are made at a time; who asks for the same meanwhile finds it in memory when the turn comes.
AT_ONCE = 4

ALWAYS = envelope.REVALIDATED | envelope.CORS | envelope.SAFE
ALWAYS |= {"Vary": "Accept, Accept-Encoding, X-User-Id, X-Auth-Token"}


class Ask(NamedTuple):
    """What an answer is made from: equal asks have equal answers."""

    path: str
    parameters: bytes
    """The query string as it was sent."""
    rules: Rules
    edition: str
    """The store's: it changes with every snapshot that comes or goes."""
    may_view: bool
    """Whether this is a user with view-statistics."""
    kind: str
    """The content type of the answer."""
    hour: str
    """Where the answer depends on the time of day; else empty."""


Make = Callable[[Ask], Iterable[bytes]]
Kind = Callable[[Request], str]


@dataclass(frozen=True)
class Body:
    """The bytes of an answer; `rest` goes on where it was too long to be made as one."""

    begun: bytes
    rest: Iterator[bytes] | None
    encoding: str


class Ready(Response):
    """An answer whose headers are put together with as little as can be: most are the same each time."""

    _ALWAYS: ClassVar = envelope.raw(ALWAYS)

    def __init__(
        self, request: Request, status: int, body: bytes, headers: Mapping[str, str], *, may_repeat: bool
    ) -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [*self._ALWAYS, *envelope.raw(headers)]
        if may_repeat:
            allow(request.scope, Repeat(status, tuple(self.raw_headers), body, request.state.count))
        self.raw_headers += envelope.raw(request.state.limits)


class Answers:
    """Answers GETs over one workspace and its store.

    `calls` are allowed in a minute for each user at each address (0: any number); `keep` bytes of answers are
    remembered; logins, rules and what the store has count for `seconds`.
    """

    def __init__(
        self, workspace: RocketChat, store: Store, *, calls: int = 0, keep: int = 0, seconds: float = SECONDS
    ) -> None:
        self._rules = Memory[str, Rules](lambda _: Rules.read(workspace), 1, seconds)
        self._users = Memory[Login, User | None](lambda login: _user(workspace, login), CALLERS, seconds)
        self._editions = Memory[str, str](lambda _: store.edition(), 1, seconds)
        self._limiter = Limiter(calls)
        self._kept: LRUCache[tuple[Ask, str], Body] = LRUCache(keep, lambda body: len(body.begun))
        self._making = asyncio.Semaphore(AT_ONCE)
        self.repeats = keeping(seconds)
        """What the very same request is answered, while that counts."""

    async def answer(
        self,
        request: Request,
        make: Make,
        *,
        is_open: bool = False,
        kind: Kind = lambda _: envelope.JSON,
        hour: str = "",
    ) -> Response:
        """What `make` gives, or that it is still what the client has. `is_open`: to whomever.

        `kind` chooses its content type; it counts for one `hour` only where that is given.

        Raises:
            DeniedError, TooManyRequestsError, or what `make` raises.
        """
        deadline = asyncio.get_running_loop().time() + IN_ALL
        try:
            rules, user = await self.admit(request, is_open=is_open, deadline=deadline)
            edition = await self._editions.get("", deadline)
            path, parameters = request.scope["path"], request.scope["query_string"]
            ask = Ask(path, parameters, rules, edition, auth.may_view(user, rules), kind(request), hour)
            return await self._answer(request, make, ask, deadline)
        except TimeoutError:
            raise DatabaseError("MongoDB did not answer in time") from None

    async def _answer(self, request: Request, make: Make, ask: Ask, deadline: float) -> Response:
        tag = _tag(ask)
        headers = {"ETag": tag}
        if _has(request.headers.get("if-none-match", ""), tag):
            return Ready(request, 304, b"", headers, may_repeat=True)
        body = await self._body(ask, make, chosen(request.headers.get("accept-encoding", "")), deadline)
        headers |= {"Content-Encoding": body.encoding} if body.encoding else {}
        if body.rest:
            headers |= ALWAYS | request.state.limits
            return StreamingResponse(chain([body.begun], body.rest), 200, headers, ask.kind)
        headers |= {"Content-Type": ask.kind, "Content-Length": str(len(body.begun))}
        return Ready(request, 200, body.begun, headers, may_repeat=self._may_keep(body))

    async def admit(
        self, request: Request, *, is_open: bool = False, deadline: float | None = None
    ) -> tuple[Rules, User | None]:
        """Lets a request pass, and counts it.

        Raises:
            DeniedError: it may not have what it asks for.
            TooManyRequestsError: it comes too soon.
        """
        rules = await self._rules.get("", deadline)
        login = auth.login(request.headers)
        user = await self._users.get(login, deadline) if login else None
        if not is_open:
            auth.check(user, rules)
        request.state.count = partial(self._limited, request.client, rules, user)
        request.state.limits = request.state.count()
        return rules, user

    async def preflight(self, request: Request) -> Response:
        """To OPTIONS."""
        rules = await self._rules.get("")
        return rules.origins.answer(request.headers)

    def limit(self, calls: int) -> None:
        """Allows so many calls in a minute from now on."""
        self._limiter.calls = calls

    def forget(self) -> None:
        """Sees at once what has just been stored."""
        self._editions.forget()
        self.repeats.clear()

    def _limited(self, client: Address | None, rules: Rules, user: User | None) -> dict[str, str]:
        if user and not user.roles.isdisjoint(rules.unlimited):
            return {}
        return self._limiter.hit((user.id if user else None, client.host if client else ""))

    def _may_keep(self, body: Body) -> bool:
        return body.rest is None and len(body.begun) <= self._kept.maxsize

    async def _body(self, ask: Ask, make: Make, encoding: str, deadline: float) -> Body:
        key = (ask, encoding)
        if found := self._kept.get(key):
            return found
        async with asyncio.timeout_at(deadline), self._making:
            if found := self._kept.get(key):
                return found
            body = await to_thread.run_sync(_made, ask, make, encoding, abandon_on_cancel=True)
        if self._may_keep(body):
            self._kept[key] = body
        return body


def _user(workspace: RocketChat, login: Login) -> User | None:
    roles = workspace.user_roles(login.user_id, login.hashed_token)
    return None if roles is None else User(login.user_id, frozenset(roles))


@lru_cache(CALLERS)
def _tag(ask: Ask) -> str:
    """A weak ETag: the same for all encodings, and after a restart."""
    text = repr((__version__, ask))
    return f'W/"{blake2b(text.encode(), digest_size=12).hexdigest()}"'


def _has(known: str, tag: str) -> bool:
    """Whether an If-None-Match names the tag; weak or not makes no difference to it."""
    return known == "*" or tag.removeprefix("W/") in known


def _made(ask: Ask, make: Make, encoding: str) -> Body:
    """The answer's beginning, up to what is sent as one, and the rest if there is more."""
    with time_limit(ANSWER_WITHIN):
        parts = iter(make(ask))
        begun = b"".join(_up_to(SMALL, parts))
        if len(begun) < SMALL:
            return Body(begun, None, "")
        pieces = _pieces(compressed(chain([begun], parts), encoding))
        begun = b"".join(_up_to(WHOLE, pieces))
        return Body(begun, pieces if len(begun) >= WHOLE else None, encoding)


def _up_to(size: int, parts: Iterator[bytes]) -> Iterator[bytes]:
    """Parts until they have this size together, or there are no more."""
    taken = 0
    while taken < size and (part := next(parts, None)) is not None:
        taken += len(part)
        yield part


def _pieces(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts, joined to pieces that are worth a packet."""
    while piece := b"".join(_up_to(PIECE, parts)):
        yield piece
