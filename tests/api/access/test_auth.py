"""Who may read."""

from typing import Any

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from collector.sources.collections import Collection
from collector.sources.rocketchat import hash_token
from tests.api.conftest import ADMIN, PLAIN
from tests.factories import insert, login

Db = Database[dict[str, Any]]

ROUTES = ["/api/v1/statistics.list", "/api/v1/statistics"]
NOT_LOGGED_IN = b'{"status":"error","message":"You must be logged in to do this."}'


def test_tokens_are_hashed_as_meteor_hashes_them() -> None:
    assert hash_token("9HqLlyZOugoStsXCUfD_0YdwnNnunAJF8V47U3QHXSq") == "ui3/82zPrpjnqZbLqQeMM8D1K9n6EwuUOXOReep/WGc="
    assert hash_token("RScctEHSmLGZGywfIhWyRpyofhKOiMoUIpimhvheU3f") == "mKvHbpuMqYlkjo15nA68sXqlJ4hvDUDKrQL+ffChrE8="


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-User-Id": "admin"},
        {"X-Auth-Token": "admin's token"},
        ADMIN | {"X-Auth-Token": "wrong"},
        ADMIN | {"X-User-Id": "plain"},
        ADMIN | {"X-User-Id": "nobody"},
        ADMIN | {"X-Auth-Token": ""},
        ADMIN | {"X-Auth-Token": hash_token("admin's token")},
        {"X-User-Id": '{"$ne":null}', "X-Auth-Token": "admin's token"},
    ],
)
def test_an_invalid_token_is_refused_as_the_api_page_documents(
    anonymous: TestClient, route: str, headers: dict[str, str]
) -> None:
    answer = anonymous.get(route, headers=headers)

    assert (answer.status_code, answer.content) == (401, NOT_LOGGED_IN)


@pytest.mark.parametrize("route", ROUTES)
def test_a_user_without_the_permission_is_refused_as_the_server_does(anonymous: TestClient, route: str) -> None:
    answer = anonymous.get(route, headers=PLAIN)

    assert (answer.status_code, answer.content) == (400, b'{"success":false,"error":"error-not-allowed"}')


@pytest.mark.parametrize("route", ROUTES)
def test_header_names_are_read_in_any_case(anonymous: TestClient, route: str) -> None:
    headers = {name.upper(): value for name, value in ADMIN.items()}

    assert anonymous.get(route, headers=headers).status_code == 200


def test_everybody_is_refused_if_the_permission_does_not_exist(workspace: Db, admin: TestClient) -> None:
    workspace[Collection.PERMISSIONS].delete_many({})

    assert admin.get(ROUTES[0]).status_code == 400


def test_a_withdrawn_permission_takes_effect_at_once(workspace: Db, admin: TestClient) -> None:
    assert admin.get(ROUTES[0]).status_code == 200
    workspace[Collection.PERMISSIONS].update_one({"_id": "view-statistics"}, {"$set": {"roles": []}})

    assert admin.get(ROUTES[0]).status_code == 400


def test_a_removed_token_is_invalid_at_once(workspace: Db, admin: TestClient) -> None:
    workspace[Collection.USERS].update_one({"_id": "admin"}, {"$set": {"services.resume.loginTokens": []}})

    assert admin.get(ROUTES[0]).status_code == 401


@pytest.mark.parametrize("roles", [None, "admin", 5, [None, 3]])
def test_a_user_with_malformed_roles_has_none(workspace: Db, admin: TestClient, roles: object) -> None:
    workspace[Collection.USERS].update_one({"_id": "admin"}, {"$set": {"roles": roles}})

    assert admin.get(ROUTES[0]).status_code == 400


@pytest.mark.parametrize("roles", [None, "admin", {"0": "admin"}, [None, ["admin"]]])
def test_a_permission_with_malformed_roles_is_nobodys(workspace: Db, admin: TestClient, roles: object) -> None:
    workspace[Collection.PERMISSIONS].update_one({"_id": "view-statistics"}, {"$set": {"roles": roles}})

    assert admin.get(ROUTES[0]).status_code == 400


def test_a_user_is_told_from_a_permission_of_the_same_id(workspace: Db, anonymous: TestClient) -> None:
    insert(workspace, Collection.USERS, login("view-statistics", "token", ["guest"]))

    assert (
        anonymous.get(ROUTES[0], headers={"X-User-Id": "view-statistics", "X-Auth-Token": "token"}).status_code == 400
    )
    assert anonymous.get(ROUTES[0], headers={"X-User-Id": "view-statistics", "X-Auth-Token": "t"}).status_code == 401


@pytest.mark.parametrize(
    "request_target",
    [
        "/api/v1/statistics.list?sort[]=1",
        "/api/v1/statistics.list?count=%ff",
        "/api/v1/statistics.list?format=xml",
        "/api/v1/statistics?refresh[]=1",
        "/api/v1/statistics?refresh=%ff",
        "/api/v1/statistics.series?fields[]=1",
        "/api/v1/statistics.series?format=xml",
    ],
)
def test_access_is_denied_before_the_parameters_are_checked(anonymous: TestClient, request_target: str) -> None:
    assert anonymous.get(request_target).status_code == 401
    assert anonymous.get(request_target, headers=PLAIN).json() == {"success": False, "error": "error-not-allowed"}
    assert anonymous.get(request_target, headers=ADMIN).status_code == 400


def test_parameters_of_other_routes_are_ignored(anonymous: TestClient) -> None:
    for request_target in ("/api/v1/statistics.list?refresh[]=1", "/api/v1/statistics?sort[]=1"):
        assert anonymous.get(request_target, headers=ADMIN).status_code != 400
