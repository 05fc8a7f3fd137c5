"""What a browser is told before it sends a token from another origin."""

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from collector.sources.collections import Collection
from tests.api.conftest import LIST
from tests.factories import NOW, insert, setting

Db = Database[dict[str, object]]
PREFLIGHT = {"Origin": "https://board.example", "Access-Control-Request-Method": "GET"}


def allow(workspace: Db, origins: str) -> None:
    insert(workspace, Collection.SETTINGS, setting("API_Enable_CORS", True), setting("API_CORS_Origin", origins))


def test_options_without_an_origin_is_ok(anonymous: TestClient) -> None:
    answer = anonymous.options(LIST)

    assert (answer.status_code, answer.text) == (200, "OK")


def test_other_origins_are_refused_unless_the_workspace_enables_cors(anonymous: TestClient) -> None:
    answer = anonymous.options(LIST, headers=PREFLIGHT)

    assert answer.status_code == 405
    assert answer.text == 'CORS not enabled. Go to "Admin > General > REST Api" to enable it.'
    assert "access-control-allow-methods" not in answer.headers


def test_all_origins_can_be_allowed(workspace: Db, anonymous: TestClient) -> None:
    allow(workspace, "*")
    answer = anonymous.options(LIST, headers=PREFLIGHT)

    assert (answer.status_code, answer.text) == (200, "OK")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, POST, PUT, DELETE, HEAD, PATCH"
    assert "X-User-Id, X-Auth-Token" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("listed", ["https://board.example", "https://a.example, https://Board.example"])
def test_a_listed_origin_is_allowed(workspace: Db, anonymous: TestClient, listed: str) -> None:
    allow(workspace, listed)
    answer = anonymous.options(LIST, headers=PREFLIGHT)

    assert (answer.status_code, answer.text) == (200, "OK")
    assert answer.headers["access-control-allow-origin"] == "https://board.example"
    assert answer.headers["vary"] == "Origin"


def test_an_origin_that_is_not_listed_is_refused(workspace: Db, anonymous: TestClient) -> None:
    allow(workspace, "https://a.example")
    answer = anonymous.options(LIST, headers=PREFLIGHT)

    assert (answer.status_code, answer.text) == (403, "Invalid origin")
    assert "access-control-allow-origin" not in answer.headers


def test_errors_have_the_headers_too(anonymous: TestClient) -> None:
    assert anonymous.get(LIST).headers["access-control-allow-origin"] == "*"


def preflight(workspace: Db, client: TestClient, release: str, origin: str) -> tuple[int, str, bool]:
    """Status, text and whether the origin is allowed."""
    insert(workspace, Collection.STATISTICS, {"_id": "own", "createdAt": NOW, "version": release})
    answer = client.options(LIST, headers=PREFLIGHT | {"Origin": origin})
    return answer.status_code, answer.text, "access-control-allow-methods" in answer.headers


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("6.13.1", (200, "", False)),
        ("7.0.0", (403, "Invalid origin", False)),
        ("9.0.0", (403, "Invalid origin", False)),
    ],
)
def test_an_origin_that_is_not_listed_is_answered_as_by_the_release(
    workspace: Db, anonymous: TestClient, release: str, expected: tuple[int, str, bool]
) -> None:
    allow(workspace, "https://a.example")

    assert preflight(workspace, anonymous, release, "https://board.example") == expected


@pytest.mark.parametrize(("release", "text"), [("6.13.1", ""), ("8.6.1", "OK"), ("9.0.0", "OK")])
@pytest.mark.parametrize("origins", ["*", "https://board.example"])
def test_an_allowed_origin_is_answered_as_by_the_release(
    workspace: Db, anonymous: TestClient, release: str, text: str, origins: str
) -> None:
    allow(workspace, origins)

    assert preflight(workspace, anonymous, release, "https://board.example") == (200, text, True)


def test_release_6_takes_options_without_a_method_for_no_preflight(workspace: Db, anonymous: TestClient) -> None:
    insert(workspace, Collection.STATISTICS, {"_id": "own", "createdAt": NOW, "version": "6.13.1"})
    answer = anonymous.options(LIST, headers={"Origin": "https://board.example"})

    assert (answer.status_code, answer.text) == (200, "")
