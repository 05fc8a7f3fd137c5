"""How often a caller may ask."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from api.access.rate_limit import CallLimit, RateLimiter, TooManyRequestsError
from api.app import create
from collector.sources.collections import Collection
from tests.api.conftest import ADMIN, LIST, PLAIN, client_of, parts_of
from tests.clock import Clock
from tests.factories import insert, setting

Db = Database[dict[str, Any]]
ONE = CallLimit(1)
NEWEST, SERIES = "/api/v1/statistics", "/api/v1/statistics.series?fields=totalUsers"
ENABLED, CALLS, TIME = (f"API_Enable_Rate_Limiter{end}" for end in ("", "_Limit_Calls_Default", "_Limit_Time_Default"))

ODD: list[Any] = [0, -1, "5", None, True, float("nan"), 2**40, []]


def statuses(client: TestClient, *paths: str, headers: Mapping[str, str] = ADMIN) -> list[int]:
    return [client.get(path, headers=headers).status_code for path in paths]


def test_the_wait_is_the_rest_of_the_minute_by_a_monotonic_clock() -> None:
    """After the time of day was put back by an hour the text asked for a wait of 3660 seconds."""
    clock = Clock()
    limiter = RateLimiter(clock)
    limiter.hit("somebody", ONE)
    clock.now += 20

    with pytest.raises(TooManyRequestsError, match="You must wait 40 seconds"):
        limiter.hit("somebody", ONE)


def test_a_new_window_begins_after_the_previous_one() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    first = limiter.hit("somebody", ONE)
    clock.now += ONE.seconds

    assert limiter.hit("somebody", ONE)["X-RateLimit-Remaining"] == "0"
    assert first["X-RateLimit-Limit"] == "1"


def test_a_limit_of_zero_disables_the_limit() -> None:
    assert [RateLimiter().hit("somebody", CallLimit(0)) for _ in range(3)] == [{}, {}, {}]


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        ({}, CallLimit(10, 60)),
        ({ENABLED: True, CALLS: 5, TIME: 1500}, CallLimit(5, 1.5)),
        ({ENABLED: False, CALLS: 5, TIME: 1500}, CallLimit(0)),
        ({CALLS: 3.0}, CallLimit(3, 60)),
        *(({CALLS: odd, TIME: odd}, CallLimit(10, 60)) for odd in ODD),
    ],
)
def test_the_workspaces_limit_is_read_from_its_settings(settings: dict[str, Any], limit: CallLimit) -> None:
    assert CallLimit.of(settings) == limit


def test_the_workspaces_limit_is_for_each_of_its_own_routes(workspace: Db) -> None:
    insert(workspace, Collection.SETTINGS, setting(CALLS, 2))
    with client_of(workspace, calls=None) as client:
        assert statuses(client, LIST, LIST, LIST, NEWEST) == [200, 200, 429, 200]
        assert client.get(NEWEST, headers=ADMIN).headers["x-ratelimit-limit"] == "2"


def test_the_workspaces_limit_is_for_each_user_at_each_address(workspace: Db) -> None:
    insert(workspace, Collection.SETTINGS, setting(CALLS, 1))
    workspace[Collection.PERMISSIONS].update_one({"_id": "view-statistics"}, {"$set": {"roles": ["user"]}})
    app = create(*parts_of(workspace, calls=None))
    here, there = (TestClient(app, client=(address, 1)) for address in ("192.0.2.1", "192.0.2.2"))

    assert statuses(here, LIST, LIST) == [200, 429]
    assert statuses(here, LIST, headers=PLAIN) == statuses(there, LIST) == [200]


def test_the_workspaces_limit_spares_routes_that_it_does_not_have(workspace: Db) -> None:
    """The dashboard asks for more than ten series a minute."""
    insert(workspace, Collection.SETTINGS, setting(CALLS, 1))
    with client_of(workspace, calls=None) as client:
        answers = [client.get(SERIES, headers=ADMIN) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["599", "598", "597"]


def test_a_workspace_without_a_limit_has_none_here(workspace: Db) -> None:
    insert(workspace, Collection.SETTINGS, setting(ENABLED, False))
    with client_of(workspace, calls=None) as client:
        assert "x-ratelimit-limit" not in client.get(LIST, headers=ADMIN).headers


@pytest.mark.parametrize(("calls", "expected"), [(0, [200] * 3), (2, [200, 200, 429])])
def test_a_limit_of_our_own_replaces_the_workspaces(workspace: Db, calls: int, expected: list[int]) -> None:
    insert(workspace, Collection.SETTINGS, setting(CALLS, 1))
    with client_of(workspace, calls=calls) as client:
        assert statuses(client, LIST, NEWEST, LIST) == expected


def test_a_window_lasts_as_long_as_the_workspace_says(workspace: Db) -> None:
    clock = Clock()
    insert(workspace, Collection.SETTINGS, setting(CALLS, 1), setting(TIME, 2000))
    with client_of(workspace, calls=None, clock=clock) as client:
        assert statuses(client, LIST, LIST) == [200, 429]
        clock.now += 2
        answer = client.get(LIST, headers=ADMIN)

    assert answer.status_code == 200
    assert 0 < int(answer.headers["x-ratelimit-reset"]) / 1000 - time.time() <= 2


def test_a_refusal_for_want_of_the_permission_counts_and_says_what_is_left(workspace: Db) -> None:
    insert(workspace, Collection.SETTINGS, setting(CALLS, 2))
    with client_of(workspace, calls=None) as client:
        answers = [client.get(LIST, headers=PLAIN) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert "retry-after" not in answers[2].headers


def test_a_refusal_for_want_of_a_login_is_not_counted(workspace: Db) -> None:
    insert(workspace, Collection.SETTINGS, setting(CALLS, 1))
    with client_of(workspace, calls=None) as client:
        refused = [client.get(LIST, headers=ADMIN | {"X-Auth-Token": "wrong"}) for _ in range(3)]

    assert [answer.status_code for answer in refused] == [401] * 3
    assert all("x-ratelimit-limit" not in answer.headers for answer in refused)
