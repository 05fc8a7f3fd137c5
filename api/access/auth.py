"""Who asks, and whether they may: the server's login token and the permission view-statistics, or Denied."""

from collections.abc import Mapping
from typing import NamedTuple

from api.access.policy import ApiPolicy
from collector.sources.rocketchat import hash_token


class DeniedError(Exception):
    """The request may not have what it asks for."""


class NotLoggedInError(DeniedError):
    """No header pair, or one that no user holds."""


class NotAllowedError(DeniedError):
    """A user without the permission."""


class Login(NamedTuple):
    """What a request says of itself; the token only as its hash."""

    user_id: str
    hashed_token: str


class User(NamedTuple):
    """Whose login it is."""

    id: str
    roles: frozenset[str]


# Characters that no id and no token of Rocket.Chat has: what is longer is nobody's, and is not remembered.
LONGEST = 256


def login(headers: Mapping[str, str]) -> Login | None:
    """X-User-Id and X-Auth-Token; None where one of them is missing or too long to be anybody's."""
    user_id, token = headers.get("x-user-id", ""), headers.get("x-auth-token", "")
    return Login(user_id, hash_token(token)) if 0 < len(user_id) <= LONGEST and 0 < len(token) <= LONGEST else None


def may_view(user: User | None, rules: ApiPolicy) -> bool:
    """Whether it is somebody with the permission."""
    return user is not None and not user.roles.isdisjoint(rules.readers)


def check(user: User | None, rules: ApiPolicy) -> None:
    """Lets pass who may see statistics.

    Raises:
        NotLoggedInError: nobody, by this login.
        NotAllowedError: none of the user's roles has the permission.
    """
    if user is None:
        raise NotLoggedInError
    if not may_view(user, rules):
        raise NotAllowedError
