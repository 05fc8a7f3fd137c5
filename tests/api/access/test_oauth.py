"""OAuth access tokens as logins."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from api.access import auth
from collector.mongodb.connection import Client, connect
from collector.sources.collections import Collection
from tests import failpoints
from tests.api.conftest import ADMIN, LIST, client_of
from tests.commands import Commands

Db = Database[dict[str, Any]]
TOKEN = "an-access-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
FAR, PAST = datetime(2999, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
NOT_LOGGED_IN = {"status": "error", "message": "You must be logged in to do this."}


@pytest.fixture
def client(workspace: Db, anonymous: TestClient) -> TestClient:
    """A workspace where the administrator has an access token."""
    issue(workspace)
    return anonymous


def issue(workspace: Db, **over: Any) -> None:
    row = {"_id": "token", "accessToken": TOKEN, "userId": "admin", "expires": FAR} | over
    workspace[Collection.OAUTH_TOKENS].replace_one({"_id": "token"}, row, upsert=True)


@pytest.mark.parametrize(
    "headers",
    [
        BEARER,
        {"Authorization": TOKEN},
        BEARER | {"X-User-Id": "admin"},
        BEARER | {"X-Auth-Token": "wrong"},
    ],
)
def test_the_header_is_a_login_if_one_of_the_other_two_is_missing(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get(LIST, headers=headers).status_code == 200


def test_the_parameter_is_a_login_too_and_no_parameter_of_the_route(client: TestClient) -> None:
    answer = client.get(LIST, params={"access_token": TOKEN, "count": "1"})

    assert answer.status_code == 200
    assert answer.headers["etag"] == client.get(LIST, params={"count": "1"}, headers=BEARER).headers["etag"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"bearer {TOKEN}"},
        {"Authorization": f"Bearer Bearer {TOKEN}"},
        {"Authorization": "Basic YWRtaW46cGFzcw=="},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {'x' * 300}"},
        BEARER | ADMIN | {"X-Auth-Token": "wrong"},
    ],
)
def test_any_other_header_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.get(LIST, headers=headers)

    assert (answer.status_code, answer.json()) == (401, NOT_LOGGED_IN)


def test_a_header_of_another_scheme_is_not_looked_up(watched: Db, heard: Commands) -> None:
    """A proxy may pass on its own."""
    with client_of(watched, seconds=60) as client:
        answer = client.get(LIST, headers={"Authorization": "Basic YWRtaW46cGFzcw=="})

    assert (answer.status_code, heard.names) == (401, [])


@pytest.mark.parametrize(
    "query", ["access_token=wrong", "access_token[]=an-access-token", f"access_token={TOKEN}&access_token={TOKEN}"]
)
def test_any_other_parameter_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"{LIST}?{query}").status_code == 401


@pytest.mark.parametrize(
    ("over", "status"),
    [
        ({"expires": None}, 200),
        ({"expires": PAST}, 401),
        ({"expires": "tomorrow"}, 401),
        ({"userId": "nobody"}, 401),
        ({"userId": {"$ne": None}}, 401),
        ({"userId": None}, 401),
        ({"userId": "plain"}, 400),
    ],
)
def test_a_token_counts_for_its_user_until_it_expires(
    workspace: Db, client: TestClient, over: dict[str, Any], status: int
) -> None:
    issue(workspace, **over)

    assert client.get(LIST, headers=BEARER).status_code == status


def test_a_token_without_a_time_counts_for_ever(workspace: Db, client: TestClient) -> None:
    workspace[Collection.OAUTH_TOKENS].update_one({}, {"$unset": {"expires": 1}})

    assert client.get(LIST, headers=BEARER).status_code == 200


@pytest.mark.parametrize("active", [False, None, 1])
def test_the_user_has_to_be_active_unlike_that_of_a_login_token(
    workspace: Db, client: TestClient, active: object
) -> None:
    workspace[Collection.USERS].update_one({"_id": "admin"}, {"$set": {"active": active}})

    assert client.get(LIST, headers=BEARER).status_code == 401
    assert client.get(LIST, headers=ADMIN).status_code == 200


def test_a_withdrawn_token_is_refused_at_once(workspace: Db, client: TestClient) -> None:
    assert client.get(LIST, headers=BEARER).status_code == 200
    workspace[Collection.OAUTH_TOKENS].delete_many({})

    assert client.get(LIST, headers=BEARER).status_code == 401


def test_wrong_tokens_reach_the_workspace_only_so_often(watched: Db, heard: Commands) -> None:
    with client_of(watched, seconds=60, unknown_logins=5) as client:
        statuses = [client.get(LIST, params={"access_token": f"t{n}"}).status_code for n in range(20)]

    assert statuses == [401] * 5 + [429] * 15
    assert heard.names.count("find") == 5


def test_a_role_of_an_earlier_release_costs_only_the_logins_by_oauth(
    workspace: Db, mongod_url: str, real_client: Client
) -> None:
    issue(workspace)
    url = mongod_url.replace("/?", "/?appName=forgetful&")
    with connect(url, "TEST") as forgetful, client_of(forgetful[workspace.name], seconds=60) as client:
        assert client.get(LIST, headers=ADMIN).status_code == 200
        with failpoints.refused(real_client, "forgetful", "find", code=failpoints.NO_RIGHT):
            refused = client.get("/api/info", headers=BEARER), client.get("/api/v1/statistics", headers=BEARER)

    assert [answer.status_code for answer in refused] == [200, 401]


def test_a_token_is_not_looked_up_by_longer_texts_than_any_has(watched: Db, heard: Commands) -> None:
    with client_of(watched, seconds=60) as client:
        answer = client.get(LIST, params={"access_token": "x" * (auth.LONGEST + 1)})

    assert (answer.status_code, heard.names) == (401, [])
