"""Refusals and small differences, row by row of Rocket.Chat's contract and of api/DIFFERENCES.md."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from collector.sources.collections import Collection
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, LIST, PLAIN
from tests.factories import NOW, hours, insert, setting, snapshot

Db = Database[dict[str, Any]]
NEWEST, SERIES = "/api/v1/statistics", "/api/v1/statistics.series?fields=totalUsers"
FORECAST, DICTIONARY = "/api/v1/statistics.forecast", "/api/v1/statistics.dictionary"
LIMITS = "/api/v1/statistics.limits"
ROUTES = [NEWEST, LIST, SERIES, FORECAST, LIMITS, DICTIONARY]
OLD = (400, {"success": False, "error": "error-not-allowed"})
NEW = (403, {"success": False, "error": "error-not-allowed", "errorType": "error-forbidden"})
REFUSALS = {
    None: OLD,
    "unknown": OLD,
    "6.13.1": OLD,
    "7.12.3": OLD,
    "8.6.1": OLD,
    "8.9.1": OLD,
    "9.0.0-rc.3": NEW,
    "9.0.0": NEW,
    "9.1.0": NEW,
    "10.0.0": NEW,
}
NOT_LOGGED_IN = b'{"status":"error","message":"You must be logged in to do this."}'


def runs(workspace: Db, release: str | None) -> None:
    """The workspace's server is of this release."""
    if release:
        insert(workspace, Collection.STATISTICS, {"_id": "own", "createdAt": NOW, "version": release})


@pytest.mark.parametrize("release", REFUSALS)
def test_a_refusal_is_that_of_the_workspaces_release(workspace: Db, anonymous: TestClient, release: str | None) -> None:
    runs(workspace, release)
    answers = [anonymous.get(route, headers=PLAIN) for route in ROUTES]

    assert [(answer.status_code, answer.json()) for answer in answers] == [REFUSALS[release]] * len(ROUTES)
    assert {answer.headers["content-type"] for answer in answers} == {"application/json"}


@pytest.mark.parametrize("release", [None, "8.6.1", "9.0.0"])
def test_a_refusal_of_a_refresh_is_the_same(workspace: Db, anonymous: TestClient, release: str | None) -> None:
    runs(workspace, release)
    answer = anonymous.get(NEWEST, params={"refresh": "true"}, headers=PLAIN)

    assert (answer.status_code, answer.json()) == REFUSALS[release]


@pytest.mark.parametrize("release", [None, "8.6.1", "9.0.0"])
def test_nobody_is_allowed_without_a_document_of_the_permission(
    workspace: Db, admin: TestClient, release: str | None
) -> None:
    runs(workspace, release)
    workspace[Collection.PERMISSIONS].delete_many({})
    answer = admin.get(LIST)

    assert (answer.status_code, answer.json()) == REFUSALS[release]


@pytest.mark.parametrize("release", [None, "6.13.1", "8.6.1", "9.0.0"])
@pytest.mark.parametrize("headers", [{}, {"X-User-Id": "admin"}, ADMIN | {"X-Auth-Token": "wrong"}])
def test_a_wrong_login_has_the_api_pages_body_whatever_the_release(
    workspace: Db, anonymous: TestClient, release: str | None, headers: dict[str, str]
) -> None:
    runs(workspace, release)
    answer = anonymous.get(LIST, headers=headers)

    assert (answer.status_code, answer.content) == (401, NOT_LOGGED_IN)


@pytest.mark.parametrize(
    "change",
    [
        {"services.resume.loginTokens.0.when": datetime(2001, 1, 1, tzinfo=UTC)},
        {"active": False},
        {"username": None},
        {"roles": ["guest", "admin"]},
    ],
)
def test_a_login_that_the_server_takes_or_whose_rule_is_not_in_mongodb_counts(
    workspace: Db, admin: TestClient, change: dict[str, Any]
) -> None:
    workspace[Collection.USERS].update_one({"_id": "admin"}, {"$set": change})

    assert admin.get(LIST).status_code == 200


class Row(NamedTuple):
    """A request of an administrator, and its answer; `body` are the keys that a client compares."""

    target: str
    status: int
    body: dict[str, Any]
    method: str = "GET"


def invalid(name: str, raw: str) -> dict[str, Any]:
    kind = "invalid-params" if name in ("count", "offset") else f"error-invalid-{name}"
    return {"success": False, "error": f'Invalid {name} parameter provided: "{raw}" [{kind}]', "errorType": kind}


NOT_FOUND = {"success": False, "error": "Resource not found"}
NO_METHOD = {"status": "error", "message": "API endpoint does not exist"}
UNREADABLE = {"success": False, "error": "Invalid query parameters"}
ROWS = [
    Row(f"{LIST}?sort=nonsense", 400, invalid("sort", "nonsense")),
    Row(f'{LIST}?sort={{"a":2}}', 400, invalid("sort", '{"a":2}')),
    Row(f"{LIST}?fields=nonsense", 400, invalid("fields", "nonsense")),
    Row(f"{LIST}?query=nonsense", 400, invalid("query", "nonsense")),
    Row(f'{LIST}?query={{"$where":"1"}}', 400, invalid("query", '{"$where":"1"}')),
    Row(f'{LIST}?query={{"a":{{"$function":1}}}}', 400, invalid("query", '{"a":{"$function":1}}')),
    Row(f"{LIST}?sort=", 200, {"count": 3}),
    Row(f"{LIST}?sort[createdAt]=-1", 400, UNREADABLE),
    Row(f"{LIST}?count=5&count=6", 400, UNREADABLE),
    Row(f"{LIST}?count=%ff", 400, UNREADABLE),
    Row(f"{LIST}?offset=-1", 400, invalid("offset", "-1")),
    Row(f"{LIST}?count=-1", 400, invalid("count", "-1")),
    Row(f"{LIST}?count=abc", 400, invalid("count", "abc")),
    Row(f"{LIST}?count=2x", 200, {"count": 2}),
    Row(f"{LIST}?unknown=1", 200, {"count": 3}),
    Row(f"{NEWEST}?refresh=1", 200, {"success": True}),
    Row(f"{LIST}/", 404, NOT_FOUND),
    Row("/api/v1/xyz", 404, NOT_FOUND),
    Row("/api/v1/statistics.telemetry", 404, NOT_FOUND, "POST"),
    Row(LIST, 405, NO_METHOD, "POST"),
    Row(NEWEST, 405, NO_METHOD, "DELETE"),
    Row("/api/info", 200, {"version": "8.6.1", "info": {"version": "8.6.1"}, "success": True}),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_row_has_its_status_and_its_body(workspace: Db, admin: TestClient, row: Row) -> None:
    runs(workspace, "8.6.1")
    for age in range(3):
        Store(workspace).add(snapshot(at=NOW - hours(age)))
    answer = admin.request(row.method, row.target)

    assert answer.status_code == row.status
    assert answer.json().items() >= row.body.items()
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("name", ["sort", "fields", "query"])
def test_the_details_of_an_error_name_the_servers_function_and_the_reason(admin: TestClient, name: str) -> None:
    details = admin.get(LIST, params={name: "nonsense"}).json()["details"]

    assert details["helperMethod"] == "parseJsonQuery"
    assert details.keys() == {"helperMethod", "reason"}


def test_the_list_begins_with_the_newest_and_has_no_secrets(workspace: Db, admin: TestClient) -> None:
    for age in (2, 0, 1):
        Store(workspace).add(snapshot(at=NOW - hours(age), totalUsers=age, statsToken="secret"))
    found = admin.get(LIST).json()["statistics"]

    assert [one["totalUsers"] for one in found] == [0, 1, 2]
    assert not any("statsToken" in one for one in found)


def test_an_answer_may_be_kept_if_it_is_revalidated_and_a_refusal_may_not(admin: TestClient) -> None:
    answer, refusal = admin.get(LIST), admin.get(LIST, headers=PLAIN)

    assert (answer.headers["cache-control"], refusal.headers["cache-control"]) == ("private, no-cache", "no-store")
    assert answer.headers["pragma"] == refusal.headers["pragma"] == "no-cache"
    assert admin.get(LIST, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(("upper", "default", "counts"), [(20, 50, [20, 20]), (0, 50, [60, 60]), (100, 0, [60, 5])])
def test_the_page_settings_of_the_workspace_hold(
    workspace: Db, admin: TestClient, upper: int, default: int, counts: list[int]
) -> None:
    insert(
        workspace,
        Collection.SETTINGS,
        setting("API_Upper_Count_Limit", upper),
        setting("API_Default_Count", default),
    )
    for age in range(60):
        Store(workspace).add(snapshot(at=NOW - hours(age)))
    asked = 30 if default else 5

    assert [admin.get(f"{LIST}{query}").json()["count"] for query in ("", f"?count={asked}")] == counts
