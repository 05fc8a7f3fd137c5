"""statistics.list, statistics and info over stored snapshots."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from collector.sources.collections import Collection
from collector.statistics import catalog
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, client_of
from tests.factories import NOW, hours, insert, login, permission, setting, snapshot, with_id

Db = Database[dict[str, Any]]
LIST = "/api/v1/statistics.list"


def keep(database: Db, *ages: float, **over: Any) -> None:
    store = Store(database)
    for age in ages:
        store.add(snapshot(at=NOW - hours(age), _id=f"age {age:g}", totalUsers=int(age), os={"type": "Linux"}) | over)


def ids(answer: Any) -> list[str]:
    return [found["_id"] for found in answer.json()["statistics"]]


def test_an_empty_store_is_an_empty_page(admin: TestClient) -> None:
    answer = admin.get(LIST)

    assert answer.status_code == 200
    assert answer.content == b'{"statistics":[],"count":0,"offset":0,"total":0,"success":true}'


def test_a_page_has_count_offset_and_total(workspace: Db, admin: TestClient) -> None:
    keep(workspace, 3, 0, 2, 1)

    answer = admin.get(LIST, params={"count": "2", "offset": "1"})
    assert ids(answer) == ["age 1", "age 2"]
    assert {key: answer.json()[key] for key in ("count", "offset", "total", "success")} == {
        "count": 2,
        "offset": 1,
        "total": 4,
        "success": True,
    }


def test_headers_are_the_servers(admin: TestClient) -> None:
    headers = admin.get(LIST).headers

    assert headers["content-type"] == "application/json"
    assert headers["access-control-allow-origin"] == "*"
    assert "X-Auth-Token" in headers["access-control-allow-headers"]
    assert "access-control-allow-methods" not in headers


def test_a_filter_by_date(workspace: Db, admin: TestClient) -> None:
    keep(workspace, 0, 1, 2, 3)
    since = {"$date": int((NOW - hours(2)).timestamp() * 1000)}
    query = {"createdAt": {"$gte": since, "$lt": {"$date": NOW.isoformat()}}}

    answer = admin.get(LIST, params={"query": json.dumps(query)})
    assert ids(answer) == ["age 1", "age 2"]
    assert answer.json()["total"] == 2


def test_sort_and_fields(workspace: Db, admin: TestClient) -> None:
    keep(workspace, 2, 0, 1)

    answer = admin.get(LIST, params={"sort": '{"totalUsers":1}', "fields": '{"totalUsers":1}'})
    assert answer.json()["statistics"] == [{"_id": f"age {age}", "totalUsers": age} for age in (0, 1, 2)]


def test_another_workspaces_snapshots_are_not_served(workspace: Db, admin: TestClient) -> None:
    Store(workspace).add(snapshot("other", _id="theirs"))
    keep(workspace, 0)

    assert ids(admin.get(LIST)) == ["age 0"]
    assert ids(admin.get(LIST, params={"query": '{"$or":[{"_id":"theirs"},{"collector.workspace":"other"}]}'})) == []
    assert admin.get("/api/v1/statistics").json()["_id"] == "age 0"


def test_the_workspaces_own_settings_limit_the_page(workspace: Db, admin: TestClient) -> None:
    insert(workspace, Collection.SETTINGS, setting("API_Default_Count", 1), setting("API_Upper_Count_Limit", 2))
    keep(workspace, 0, 1, 2)

    assert len(ids(admin.get(LIST))) == 1
    assert len(ids(admin.get(LIST, params={"count": "50"}))) == 2
    assert len(ids(admin.get(LIST, params={"count": "0"}))) == 3


@pytest.mark.parametrize(
    ("name", "raw", "error_type"),
    [
        ("query", '{"$where":"sleep(1000)"}', "error-invalid-query"),
        ("query", "{", "error-invalid-query"),
        ("sort", '{"a":2}', "error-invalid-sort"),
        ("fields", '{"a":2}', "error-invalid-fields"),
        ("count", "-1", "invalid-params"),
        ("offset", "abc", "invalid-params"),
    ],
)
def test_an_invalid_parameter_is_a_400_in_the_servers_format(
    admin: TestClient, name: str, raw: str, error_type: str
) -> None:
    answer = admin.get(LIST, params={name: raw})

    assert answer.status_code == 400
    body = answer.json()
    assert list(body) == ["success", "error", "errorType", "details"]
    assert body["success"] is False
    assert body["error"] == f'Invalid {name} parameter provided: "{raw}" [{error_type}]'
    assert body["errorType"] == error_type
    assert body["details"]["helperMethod"] == "parseJsonQuery"


@pytest.mark.parametrize("form", ["json", "csv", "ndjson"])
def test_a_pattern_that_only_mongodb_refuses_is_a_400_without_mongodbs_text(real_database: Db, form: str) -> None:
    insert(real_database, Collection.USERS, login("admin", ADMIN["X-Auth-Token"]))
    insert(real_database, Collection.PERMISSIONS, permission())
    with client_of(with_id(real_database)) as client:
        answer = client.get(LIST, params={"query": '{"a":{"$regex":"("}}', "format": form}, headers=ADMIN)

    assert answer.status_code == 400
    assert answer.json()["errorType"] == "error-invalid-query"
    assert "parenthes" not in answer.text
    assert "PCRE" not in answer.text


def test_the_newest_snapshot_is_flat_with_success_last(workspace: Db, admin: TestClient) -> None:
    keep(workspace, 1, 0)

    body = admin.get("/api/v1/statistics").json()
    assert body["_id"] == "age 0"
    assert list(body)[-1] == "success"


def test_a_snapshot_dated_in_the_future_does_not_hide_the_newest_one(workspace: Db, admin: TestClient) -> None:
    """M10: a clock was ahead once."""
    keep(workspace, 0)
    Store(workspace).add(snapshot(_id="ahead", at=datetime.now(UTC) + timedelta(days=400)))

    assert admin.get("/api/v1/statistics").json()["_id"] == "age 0"


def test_without_any_snapshot_there_is_only_success(admin: TestClient) -> None:
    assert admin.get("/api/v1/statistics").content == b'{"success":true}'


@pytest.mark.parametrize(("refresh", "taken"), [("true", 1), ("false", 0), ("1", 0), ("TRUE", 0), ("", 0)])
def test_only_refresh_true_takes_a_new_snapshot(workspace: Db, refresh: str, taken: int) -> None:
    calls: list[int] = []

    def take() -> dict[str, Any]:
        calls.append(1)
        return snapshot(_id="fresh")

    with client_of(workspace, take) as client:
        body = client.get("/api/v1/statistics", params={"refresh": refresh}, headers=ADMIN).json()

    assert len(calls) == taken
    assert (body.get("_id") == "fresh") == bool(taken)


def test_a_refused_request_does_not_take_a_snapshot(workspace: Db) -> None:
    def take() -> dict[str, Any]:
        raise AssertionError("taken for nobody")

    with client_of(workspace, take) as client:
        assert client.get("/api/v1/statistics?refresh=true").status_code == 401


def test_the_dictionary_requires_the_permission(workspace: Db) -> None:
    with client_of(workspace, entries=catalog.entries()) as client:
        answer = client.get("/api/v1/statistics.dictionary", headers=ADMIN)
        assert client.get("/api/v1/statistics.dictionary").status_code == 401

    body = answer.json()
    assert body["count"] == len(body["statistics"]) == len(catalog.STATISTICS)
    assert body["success"] is True
    (users,) = [entry for entry in body["statistics"] if entry["key"] == "totalUsers"]
    assert list(users) == ["key", "meaning", "unit", "source", "cost", "accuracy", "sites", "releases"]
    assert (users["unit"], users["accuracy"], users["sites"]) == ("users", "estimated", "do not add")


def test_info_has_the_full_release_only_for_users_with_the_permission(workspace: Db, anonymous: TestClient) -> None:
    insert(workspace, Collection.STATISTICS, {"createdAt": NOW, "version": "7.10.3"})

    assert anonymous.get("/api/info").json() == {"version": "7.10", "success": True}
    whole = {"version": "7.10.3", "info": {"version": "7.10.3"}, "success": True}
    assert anonymous.get("/api/v1/info", headers=ADMIN).json() == whole


def test_info_without_a_known_release_has_none(anonymous: TestClient) -> None:
    assert anonymous.get("/api/info").json() == {"success": True}


def test_an_unknown_route_and_a_wrong_method_answer_json(anonymous: TestClient) -> None:
    missing, wrong = anonymous.get("/api/v1/users.list"), anonymous.post(LIST)

    assert (missing.status_code, missing.json()) == (404, {"success": False, "error": "Resource not found"})
    assert (wrong.status_code, wrong.json()) == (405, {"status": "error", "message": "API endpoint does not exist"})
    assert "GET" in wrong.headers["allow"]


def test_an_unexpected_error_is_reported_without_its_text(workspace: Db) -> None:
    def fail() -> dict[str, Any]:
        raise RuntimeError("secret")

    with client_of(workspace, fail) as client:
        answer = client.get("/api/v1/statistics?refresh=true", headers=ADMIN)

    assert answer.status_code == 500
    assert answer.json() == {"success": False, "error": "Internal server error"}


def test_a_query_may_come_percent_encoded(workspace: Db, admin: TestClient) -> None:
    keep(workspace, 0, 1)

    encoded = quote('{"_id":"age 1"}')

    assert ids(admin.get(f"{LIST}?query={encoded}")) == ["age 1"]


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_date_beyond_the_calendar_in_utc_is_a_400(admin: TestClient, date: str) -> None:
    answer = admin.get(LIST, params={"query": json.dumps({"createdAt": {"$gte": {"$date": date}}})})

    assert answer.status_code == 400
    assert "$date requires" in answer.json()["details"]["reason"]


@pytest.mark.parametrize("query", ["count[]=1", "sort[createdAt]=-1", "query=%ff", "count=1&count=2"])
def test_a_malformed_query_string_is_refused_with_the_servers_text(admin: TestClient, query: str) -> None:
    answer = admin.get(f"{LIST}?{query}")

    assert answer.status_code == 400
    assert answer.json() == {"success": False, "error": "Invalid query parameters"}


def test_secret_keys_are_never_served(workspace: Db, admin: TestClient) -> None:
    keep(workspace, 0, statsToken="secret", uniqueId="known")

    for path in (LIST, "/api/v1/statistics", f'{LIST}?fields={{"os":0}}'):
        answer = admin.get(path)
        assert "secret" not in answer.text
        assert "known" in answer.text


def test_a_page_beyond_the_last_is_empty(workspace: Db, admin: TestClient) -> None:
    keep(workspace, 0)

    answer = admin.get(LIST, params={"offset": "9" * 30, "count": "0"}).json()
    assert (answer["count"], answer["total"]) == (0, 1)


def test_head_has_the_headers_of_get(admin: TestClient) -> None:
    assert admin.head(LIST).headers["etag"] == admin.get(LIST).headers["etag"]
