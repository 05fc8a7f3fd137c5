"""Owns the admission of requests: login, permission and rate limits."""

import time
from collections.abc import Callable
from typing import NamedTuple

from anyio import CapacityLimiter
from cachetools import TTLCache
from starlette.requests import Request

from api.access import auth
from api.access.auth import UNLIMITED, VIEW, Credentials, Login, NotAllowedError, NotLoggedInError, User
from api.access.policy import ApiPolicy
from api.access.rate_limit import CallLimit, RateLimiter
from api.caching.shared_reads import SharedReads
from api.caching.single_flight import ANSWER_WITHIN, SECONDS, SingleFlightCache
from collector.errors import NotAuthorizedError
from collector.sources.rocketchat import RocketChat

KNOWN = 1024  # logins with a recent success
# Threads that look up logins in the workspace.
LOOK_UPS = 8
# Logins without a recent success that an address may try per minute.
UNKNOWN_LOGINS = 100
KNOWN_FOR = 600.0  # seconds for which a successful login is exempt from that limit

# The routes that the workspace has itself, and that its own rate limit is for.
SERVERS_OWN = frozenset({"/api/v1/statistics", "/api/v1/statistics.list"})
# The rate limit of all others.
OURS = CallLimit(600)


class Admitted(NamedTuple):
    """An admitted request: the policy, and the user if the login is valid."""

    rules: ApiPolicy
    user: User | None


class Admission:
    """Admits requests by the workspace's logins, permissions and settings.

    Logins and permissions are read for each request, settings are cached for `seconds`. `calls` are allowed per minute
    for each user at each address (0: no limit; None: the workspace's own limit where it has the route, else `OURS`),
    and `unknown_logins` for each address, to limit the look-ups of invalid logins in the workspace's database.
    """

    def __init__(
        self,
        workspace: RocketChat,
        *,
        calls: int | None = 0,
        seconds: float = SECONDS,
        unknown_logins: int = UNKNOWN_LOGINS,
        within: float = ANSWER_WITHIN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules = SingleFlightCache(
            lambda: ApiPolicy.read(workspace), seconds, CapacityLimiter(2), within=within, clock=clock
        )
        self._users = SharedReads[Credentials, User | None](lambda found: _user(workspace, found), LOOK_UPS, within)
        self._callers, self._addresses = RateLimiter(clock), RateLimiter(clock)
        self._calls = calls
        self._unknown_logins = CallLimit(unknown_logins)
        self._known: TTLCache[Credentials, bool] = TTLCache(KNOWN, KNOWN_FOR, clock)

    async def admit(self, request: Request, *, is_open: bool = False, deadline: float | None = None) -> Admitted:
        """Admits and counts a request; sets its `state.limits` to the rate limit headers.

        As on the server, a request without a valid login is not counted, and one without the permission is.

        Raises:
            NotLoggedInError, NotAllowedError: access is denied.
            TooManyRequestsError: the rate limit is exceeded.
            DatabaseError, TimeoutError: the workspace does not answer, or not by the deadline.
        """
        address = request.client.host if request.client else ""
        credentials = auth.credentials(request)
        if credentials is None and not is_open:
            raise NotLoggedInError
        user = await self._user(credentials, address, deadline)
        rules = await self.rules(deadline)  # a database that is no workspace has no users, and says so itself
        if user is None and not is_open:
            raise NotLoggedInError
        request.state.limits = self._count(request.scope["route"].path, address, rules, user)
        if not is_open and not auth.may_view(user):
            raise NotAllowedError(rules.release)
        return Admitted(rules, user)

    async def rules(self, deadline: float | None = None) -> ApiPolicy:
        """The workspace's API policy."""
        return await self._rules.get(deadline)

    def limit(self, calls: int | None) -> None:
        """Changes the number of calls allowed per minute."""
        self._calls = calls

    async def _user(self, login: Credentials | None, address: str, deadline: float | None) -> User | None:
        if login is None:
            return None
        is_known = login in self._known
        if not is_known:
            self._addresses.hit(address, self._unknown_logins)
        user = await self._users.get(login, deadline)
        if user is not None and not is_known:
            self._known[login] = True
        return user

    def _count(self, route: str, address: str, rules: ApiPolicy, user: User | None) -> dict[str, str]:
        if user and UNLIMITED in user.permissions:
            return {}
        caller = user.id if user else None
        if self._calls is None and route in SERVERS_OWN:
            return self._callers.hit((route, caller, address), rules.calls)
        return self._callers.hit((caller, address), OURS if self._calls is None else CallLimit(self._calls))


def _user(workspace: RocketChat, found: Credentials) -> User | None:
    if isinstance(found, Login):
        held = workspace.login_permissions(found.user_id, found.hashed_token, VIEW, UNLIMITED)
        return None if held is None else User(found.user_id, held)
    try:
        user_id = workspace.access_token_user(found.token)
    except NotAuthorizedError:  # the role in MongoDB is of an earlier release
        user_id = None
    if user_id is None:
        return None
    held = workspace.active_user_permissions(user_id, VIEW, UNLIMITED)
    return None if held is None else User(user_id, held)
