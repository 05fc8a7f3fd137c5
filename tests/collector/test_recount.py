"""Counts against an independent, deliberately naive recount of whole workspaces."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import mongomock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.database import Database

from collector import catalog
from collector.demo import workspace
from collector.reading import Absent
from collector.sources import Sources
from collector.sources.rocketchat import Collection, RocketChat

Db = Database[dict[str, Any]]

COUNTED = ("active", "presence", "rooms", "lastLogin", "lastMessageSentAt", "lastSeenSubscription")


def counted(database: Db) -> dict[str, Any]:
    sources = Sources(RocketChat(database))
    readings = [reading for reading in catalog.READINGS if reading.name in COUNTED]
    values = {key: value for reading in readings for key, value in reading.read(sources).items()}
    return {key: None if isinstance(value, Absent) else value for key, value in values.items()}


def is_seatless(user: dict[str, Any]) -> bool:
    if user.get("roles") == ["guest"]:
        return True
    return user.get("type") in ("app", "bot") or user.get("federated") is True or user.get("isRemote") is True


def newest(documents: list[dict[str, Any]], key: str) -> datetime | None:
    dates = [document[key] for document in documents if isinstance(document.get(key), datetime)]
    return max(dates) if dates else None


def recounted(database: Db) -> dict[str, Any]:
    """The same numbers by loops over all documents."""
    users, rooms = list(database[Collection.USERS].find()), list(database[Collection.ROOMS].find())
    status = Counter(user.get("status") for user in users)
    kinds = Counter(room["t"] for room in rooms)
    sums: Counter[str] = Counter()
    for room in rooms:
        if isinstance(room.get("msgs"), int):
            discussion = bool(room.get("prid")) and room["t"] in ("c", "p")
            sums["discussion" if discussion else room["t"]] += room["msgs"]
    active = [user for user in users if user.get("active") is True]
    known = status["online"] + status["away"] + status["busy"]
    return {
        "totalUsers": len(users),
        "activeUsers": len([user for user in active if not is_seatless(user)]),
        "nonActiveUsers": len([user for user in users if user.get("active") is False]),
        "onlineUsers": status["online"],
        "awayUsers": status["away"],
        "busyUsers": status["busy"],
        "offlineUsers": len(users) - known,
        "totalConnectedUsers": status["online"] + status["away"],
        "totalRooms": len(rooms),
        "totalChannels": kinds["c"],
        "totalPrivateGroups": kinds["p"],
        "totalDirect": kinds["d"],
        "totalLivechat": kinds["l"],
        "totlalLivechat": kinds["l"],
        "totalMessages": sums["c"] + sums["p"] + sums["d"] + sums["l"] + sums["discussion"],
        "totalChannelMessages": sums["c"],
        "totalPrivateGroupMessages": sums["p"],
        "totalDiscussionsMessages": sums["discussion"],
        "totalDirectMessages": sums["d"],
        "totalLivechatMessages": sums["l"],
        "lastLogin": newest(users, "lastLogin"),
        "lastMessageSentAt": newest(list(database[Collection.MESSAGES].find()), "ts"),
        "lastSeenSubscription": newest(list(database[Collection.SUBSCRIPTIONS].find()), "ls"),
    }


def test_the_sample_workspace_is_counted_as_recounted(real_database: Db) -> None:
    workspace.fill(real_database, datetime.now(UTC), workspace.Size(messages=2000), seed=7)

    values = counted(real_database)
    assert values == recounted(real_database)
    assert values["totalUsers"] == 320
    assert min(values[key] for key in values if key.startswith("total")) > 0


def maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Documents in which any of the fields may be missing."""
    return st.fixed_dictionaries({}, optional=fields)


dates = st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
users = maybe(
    active=st.sampled_from([True, False, None]),
    status=st.sampled_from(["online", "away", "busy", "offline", None, 7]),
    roles=st.lists(st.sampled_from(["guest", "user", "admin"]), unique=True) | st.none(),
    type=st.sampled_from(["user", "bot", "app", "unknown", None]),
    federated=st.booleans(),
    isRemote=st.booleans() | st.none(),
    lastLogin=dates | st.none() | st.just("never"),
)
rooms = st.builds(
    dict.__or__,
    st.fixed_dictionaries({"t": st.sampled_from("cpdlvx")}),
    maybe(msgs=st.integers(-5, 1000) | st.none() | st.just("7"), prid=st.sampled_from(["", "parent", None])),
)


lists = st.lists
WORKSPACES = (lists(users, max_size=12), lists(rooms, max_size=12), lists(maybe(ts=dates)), lists(maybe(ls=dates)))


@settings(max_examples=200, deadline=None)
@given(st.tuples(*WORKSPACES))
def test_any_workspace_is_counted_as_recounted(workspace: tuple[list[dict[str, Any]], ...]) -> None:
    check_against_recount(mongomock.MongoClient(tz_aware=True)["test"], *workspace)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(workspace=st.tuples(*WORKSPACES))
def test_any_workspace_is_counted_as_recounted_by_the_real_server(
    real_database: Db, workspace: tuple[list[dict[str, Any]], ...]
) -> None:
    check_against_recount(real_database, *workspace)


def check_against_recount(database: Db, *collections: list[dict[str, Any]]) -> None:
    names = (Collection.USERS, Collection.ROOMS, Collection.MESSAGES, Collection.SUBSCRIPTIONS)
    for name, documents in zip(names, collections, strict=True):
        database[name].delete_many({})
        if documents:
            database[name].insert_many([dict(document) for document in documents])

    assert counted(database) == recounted(database)
