"""Owns the table of the numbers that differ from the server's on purpose, each with its reason. Pure."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from collector.numbers import is_figure


@dataclass(frozen=True)
class Deviation:
    """Key paths, each with all below it; why their values differ; and which differences that covers.

    `covers` takes the server's value and ours.
    """

    keys: str
    reason: str
    covers: Callable[[Any, Any], bool] = lambda _server, _ours: True


def reason_for(key: str, server: Any, ours: Any) -> str:
    """Why the value at this key path differs on purpose; empty if it does not."""
    found = (one.reason for one in DEVIATIONS if _is_below(key, one.keys) and one.covers(server, ours))
    return next(found, "")


def _is_below(key: str, paths: str) -> bool:
    return any(f"{key}.".startswith(f"{path}.") for path in paths.split())


def _are_numbered(server: Any, _ours: Any) -> bool:
    return isinstance(server, dict) and all(name.isdecimal() for name in server)


def _is_odd_sum(server: Any, ours: Any) -> bool:
    return server is not None and not is_figure(server) and is_figure(ours)


def _are_regrouped(server: Any, ours: Any) -> bool:
    """Whether our sources are the server's, those put together that differ only in what is not shown."""
    return isinstance(server, list) and isinstance(ours, list) and _sources(server) == _sources(ours)


def _sources(rows: list[Any]) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        if isinstance(row, dict) and is_figure(count := row.get("count")):
            found[tuple(str(row.get(name)) for name in ("id", "alias", "type"))] += int(count)
    return found


def _speak_the_same(server: Any, ours: Any) -> bool:
    """Whether each of our languages has the server's number, those without a language left aside."""
    if not (isinstance(server, dict) and isinstance(ours, dict)):
        return False
    return all(server.get(language) == users for language, users in ours.items() if language != "none")


def _differ_in_roles(server: Any, ours: Any) -> bool:
    period = _without_roles(ours)
    return period is not None and bool(period == _without_roles(server))


def _without_roles(period: Any) -> Any:
    data = period.get("data") if isinstance(period, dict) else None
    if not (isinstance(data, list) and all(isinstance(row, dict) for row in data)):
        return None
    return period | {"data": [{key: value for key, value in row.items() if key != "roles"} for row in data]}


def _are_as_large(server: Any, ours: Any) -> bool:
    return isinstance(server, dict) and isinstance(ours, dict) and server.get("usersCount") == ours.get("usersCount")


DEVIATIONS = (
    Deviation(
        "statsToken", "it grants access: rcstats neither stores nor serves it", lambda _server, ours: ours is None
    ),
    Deviation("totlalLivechat", "kept as an alias of totalLivechat", lambda server, _ours: server is None),
    Deviation(
        "lastLogin lastSeenSubscription installedAt",
        "rcstats has only dates; the server stores any text or number",
        lambda _server, ours: ours is None,
    ),
    Deviation("userLanguages", "accounts whose language is not a text count as none", _speak_the_same),
    Deviation(
        "totalMessages totalChannelMessages totalPrivateGroupMessages totalDiscussionsMessages totalDirectMessages"
        " totalLivechatMessages uploadsTotalSize totalLinkInvitationUses",
        "rcstats leaves out what is not a number; the server's sum is not a number then",
        _is_odd_sum,
    ),
    Deviation(
        "omnichannelSources", "grouped by id, alias and type; the server groups by all of the source", _are_regrouped
    ),
    Deviation(
        "uniqueUsersOfLastWeek uniqueUsersOfLastMonth",
        "a user whose role changed counts under one of the roles",
        _differ_in_roles,
    ),
    Deviation("services.oauth.custom", "by name, and counted; the server numbers them and counts none", _are_numbered),
    Deviation(
        "apps.totalActive apps.totalFailed apps.totalPrivateAppsEnabled",
        "by stored status; the server counts by the status in its memory",
    ),
    Deviation(
        "apps", "the stored apps; the server has none until it has started them", lambda server, _ours: server is False
    ),
    Deviation(
        "matrixFederation.biggestRoom matrixFederation.smallestRoom",
        "one of several rooms with as many users",
        _are_as_large,
    ),
    Deviation("enterprise.seatRequests", "since the server's own last statistics, which begin again at 0"),
    Deviation("instanceCount", "the servers that run now; the server counts all since its own start"),
    Deviation(
        "mongoStorageEngine",
        "the server's login may not ask for it",
        lambda server, _ours: server in {"unknown", ""},
    ),
)
"""The decisions; the first that covers a difference explains it."""
