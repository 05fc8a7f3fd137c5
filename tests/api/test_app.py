"""The route table and the error map."""

from typing import Any

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from tests.api.conftest import ADMIN, LIST, client_of

Db = Database[dict[str, Any]]


def test_an_unknown_path_with_a_slash_is_not_redirected_to_the_host_that_was_named(anonymous: TestClient) -> None:
    answer = anonymous.get("/health/", headers={"Host": "evil.example"}, follow_redirects=False)

    assert answer.status_code == 404


def test_an_outage_is_logged_once_however_many_ask(nowhere: Db, caplog: pytest.LogCaptureFixture) -> None:
    with client_of(nowhere, within=0.3) as client:
        statuses = [client.get(LIST, headers=ADMIN).status_code for _ in range(5)]

    assert statuses == [503] * 5
    assert len([record for record in caplog.records if "request failed" in record.getMessage()]) == 1
