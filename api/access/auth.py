"""Owns authentication by the server's login tokens, and authorization by the permission view-statistics."""

from collections.abc import Mapping
from typing import NamedTuple

from api.access.policy import ApiPolicy
from collector.sources.rocketchat import hash_token


class NotLoggedInError(Exception):
    """The login headers are missing or invalid."""


class NotAllowedError(Exception):
    """The user lacks the permission."""


class Login(NamedTuple):
    """The login of a request, with the token's hash."""

    user_id: str
    hashed_token: str


class User(NamedTuple):
    """The user of a valid login."""

    id: str
    roles: frozenset[str]


# Characters; ids and tokens of Rocket.Chat are shorter. Longer ones are invalid, and not cached.
LONGEST = 256


def login(headers: Mapping[str, str]) -> Login | None:
    """The login in X-User-Id and X-Auth-Token; None if one of them is missing or too long."""
    user_id, token = headers.get("x-user-id", ""), headers.get("x-auth-token", "")
    return Login(user_id, hash_token(token)) if 0 < len(user_id) <= LONGEST and 0 < len(token) <= LONGEST else None


def may_view(user: User | None, rules: ApiPolicy) -> bool:
    """Whether the user exists and has the permission."""
    return user is not None and not user.roles.isdisjoint(rules.readers)


def check(user: User | None, rules: ApiPolicy) -> None:
    """Accepts a user who may view statistics.

    Raises:
        NotLoggedInError: the login is not valid.
        NotAllowedError: none of the user's roles has the permission.
    """
    if user is None:
        raise NotLoggedInError
    if not may_view(user, rules):
        raise NotAllowedError
