"""Who may read: the server's login token and the permission view-statistics, or Denied."""

from collections.abc import Mapping

from collector.sources.rocketchat import RocketChat

PERMISSION = "view-statistics"


class DeniedError(Exception):
    """The request may not have what it asks for."""


class NotLoggedInError(DeniedError):
    """No header pair, or one that no user holds."""


class NotAllowedError(DeniedError):
    """A user without the permission."""


def authorise(headers: Mapping[str, str], workspace: RocketChat) -> None:
    """Lets a request pass whose X-User-Id and X-Auth-Token belong to a user with view-statistics.

    Raises:
        NotLoggedInError: a header is missing, or no user holds this token.
        NotAllowedError: none of the user's roles has the permission.
    """
    user_id, token = headers.get("x-user-id"), headers.get("x-auth-token")
    if not (user_id and token):
        raise NotLoggedInError
    roles = workspace.user_roles(user_id, token)
    if roles is None:
        raise NotLoggedInError
    if set(roles).isdisjoint(workspace.permitted_roles(PERMISSION)):
        raise NotAllowedError
