"""Owns authentication by the server's login tokens, and authorization by the permission view-statistics."""

from contextlib import suppress
from typing import NamedTuple

from starlette.requests import Request

from api.query.listing import BadParametersError, parameters
from collector.sources.rocketchat import hash_token
from collector.statistics.releases import FIRST, Release

VIEW = "view-statistics"
UNLIMITED = "api-bypass-rate-limit"

# From this release on, the server refuses with 403.
FORBIDDING = Release(9)


class NotLoggedInError(Exception):
    """The login is missing or invalid."""


class NotAllowedError(Exception):
    """The user lacks the permission; whether it `is_forbidden` (403) or a bad request depends on the release."""

    def __init__(self, release: str | None) -> None:
        super().__init__("error-not-allowed")
        self.is_forbidden = (Release.parse(release) or FIRST) >= FORBIDDING


class Login(NamedTuple):
    """The login of a request, with the token's hash."""

    user_id: str
    hashed_token: str


class AccessToken(NamedTuple):
    """The OAuth access token of a request."""

    token: str


Credentials = Login | AccessToken


class User(NamedTuple):
    """The user of a valid login, with the permissions among VIEW and UNLIMITED."""

    id: str
    permissions: frozenset[str]


# Characters; ids and tokens of Rocket.Chat are shorter. Longer ones are invalid, and not looked up.
LONGEST = 256


def credentials(request: Request) -> Credentials | None:
    """X-User-Id and X-Auth-Token, or if one is missing the OAuth access token; None if there is none or it is too long.

    As for the server, the access token is in the header Authorization, or else in the parameter access_token.
    """
    headers = request.headers
    user_id, token = headers.get("x-user-id", ""), headers.get("x-auth-token", "")
    if user_id and token:
        return Login(user_id, hash_token(token)) if max(len(user_id), len(token)) <= LONGEST else None
    token = headers.get("authorization", "").replace("Bearer ", "", 1) or _parameter(request.scope["query_string"])
    is_possible = 0 < len(token) <= LONGEST and " " not in token  # as in those of other schemes
    return AccessToken(token) if is_possible else None


def _parameter(query_string: bytes) -> str:
    if b"access_token" in query_string:
        with suppress(BadParametersError):
            return parameters(query_string, frozenset({"access_token"})).get("access_token", "")
    return ""


def may_view(user: User | None) -> bool:
    """Whether the user exists and has the permission."""
    return user is not None and VIEW in user.permissions
