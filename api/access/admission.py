"""Owns the admission of requests: login, permission and rate limits."""

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

CALLERS = 1024  # cached logins, invalid ones included
# Threads that look up logins and policy in the workspace.
LOOK_UPS = 8
# Logins without a recent success that an address may try per minute.
UNKNOWN_LOGINS = 100
KNOWN_FOR = 600.0  # seconds for which a successful login is exempt from that limit


class Admitted(NamedTuple):
    """An admitted request: the policy, and the user if the login is valid."""

    rules: ApiPolicy
    user: User | None


class Admission:
    """Admits requests by the workspace's logins, permissions and settings, each of which is cached for `seconds`.

    `calls` are allowed per minute for each user at each address (0: no limit), and `unknown_logins` for each address,
    to limit the look-ups of invalid logins in the workspace's database.
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
        """Admits and counts a request; sets its `state.limits` to the rate limit headers.

        Raises:
            NotLoggedInError, NotAllowedError: access is denied.
            TooManyRequestsError: the rate limit is exceeded.
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
        """The workspace's API policy."""
        return await self._rules.get("", deadline)

    def limit(self, calls: int) -> None:
        """Changes the number of calls allowed per minute."""
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
