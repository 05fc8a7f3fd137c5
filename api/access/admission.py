"""Who may ask, and how often: the login, the permission and the rate limits of a request."""

import time
from collections.abc import Callable
from typing import NamedTuple

from anyio import CapacityLimiter
from cachetools import TTLCache
from starlette.requests import Request

from api.access import auth
from api.access.auth import Login, User
from api.access.policy import ApiPolicy
from api.access.rate_limit import RateLimiter
from api.caching.single_flight import ANSWER_WITHIN, SECONDS, SingleFlightCache
from collector.sources.rocketchat import RocketChat

CALLERS = 1024  # logins remembered, wrong ones too
# Threads that ask the workspace about logins and rules.
LOOK_UPS = 8
# Logins that were not found good lately: how many an address may try in a minute.
UNKNOWN_LOGINS = 100
KNOWN_FOR = 600.0  # seconds for which a login that was good may be looked up without limit


class Admitted(NamedTuple):
    """A request that may be answered; `limits` are the headers that say what is left of the minute."""

    rules: ApiPolicy
    user: User | None


class Admission:
    """Admits requests by the workspace's logins, permissions and settings, each of which counts for `seconds`.

    `calls` are allowed in a minute for each user at each address (0: any number), and `unknown_logins` for each
    address, so that wrong logins do not reach the workspace's database without bound.
    """

    def __init__(
        self,
        workspace: RocketChat,
        *,
        calls: int = 0,
        seconds: float = SECONDS,
        unknown_logins: int = UNKNOWN_LOGINS,
        within: float = ANSWER_WITHIN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        threads = CapacityLimiter(LOOK_UPS)
        self._rules = SingleFlightCache[str, ApiPolicy](
            lambda _: ApiPolicy.read(workspace), 1, seconds, threads, within=within, clock=clock
        )
        self._users = SingleFlightCache[Login, User | None](
            lambda login: _user(workspace, login), CALLERS, seconds, threads, within=within, clock=clock
        )
        self._calls = RateLimiter(calls, clock)
        self._unknown_logins = RateLimiter(unknown_logins, clock)
        self._known: TTLCache[Login, bool] = TTLCache(CALLERS, KNOWN_FOR, clock)

    async def admit(self, request: Request, *, is_open: bool = False, deadline: float | None = None) -> Admitted:
        """Lets a request pass, and counts it; its `state.limits` are the headers that say what is left.

        Raises:
            DeniedError: it may not have what it asks for.
            TooManyRequestsError: it comes too soon.
            DatabaseError, TimeoutError: the workspace does not answer, or not by the deadline.
        """
        address = request.client.host if request.client else ""
        rules = await self.rules(deadline)
        user = await self._user(auth.login(request.headers), address, deadline)
        if not is_open:
            auth.check(user, rules)
        request.state.limits = self._count(address, rules, user)
        return Admitted(rules, user)

    async def rules(self, deadline: float | None = None) -> ApiPolicy:
        """What the workspace's administrators have decided about its API."""
        return await self._rules.get("", deadline)

    def limit(self, calls: int) -> None:
        """Allows so many calls in a minute from now on."""
        self._calls.calls = calls

    async def _user(self, login: Login | None, address: str, deadline: float | None) -> User | None:
        if login is None:
            return None
        is_known = login in self._known
        if not is_known:
            self._unknown_logins.hit(address)
        user = await self._users.get(login, deadline)
        if user is not None and not is_known:
            self._known[login] = True
        return user

    def _count(self, address: str, rules: ApiPolicy, user: User | None) -> dict[str, str]:
        if user and not user.roles.isdisjoint(rules.unlimited):
            return {}
        return self._calls.hit((user.id if user else None, address))


def _user(workspace: RocketChat, login: Login) -> User | None:
    roles = workspace.user_roles(login.user_id, login.hashed_token)
    return None if roles is None else User(login.user_id, frozenset(roles))
