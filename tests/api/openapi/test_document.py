"""The description of the API, held against the API itself by Schemathesis."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from api.openapi.document import DOCUMENT
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, LIST
from tests.factories import NOW, hours, snapshot
from tests.processes import running

Db = Database[dict[str, Any]]


def test_every_route_is_described(anonymous: TestClient) -> None:
    routes = {route.path for route in anonymous.app.routes}  # type: ignore[attr-defined]

    assert routes - set(DOCUMENT["paths"]) == {"/", "/page/{name}", "/docs", "/openapi.json", "/api/v1/info"}
    assert anonymous.get("/openapi.json").json() == DOCUMENT


def test_the_page_names_all_that_the_document_does_and_needs_nothing_else(anonymous: TestClient) -> None:
    answer = anonymous.get("/docs")

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for path, methods in DOCUMENT["paths"].items():
        assert f"<code>GET {path}</code>" in answer.text
        for parameter in methods["get"].get("parameters", ()):
            assert f"<code>{parameter['name']}</code>" in answer.text
    assert "<script" not in answer.text
    assert "http" not in answer.text.replace("HTTP", "")


def test_each_route_has_an_id_of_its_own_and_a_tag_that_is_described() -> None:
    operations = [methods["get"] for methods in DOCUMENT["paths"].values()]

    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert {tag for operation in operations for tag in operation["tags"]} == {tag["name"] for tag in DOCUMENT["tags"]}
    assert DOCUMENT["paths"][LIST]["get"]["operationId"] == "statisticsList"


def test_the_examples_work(workspace: Db, admin: TestClient) -> None:
    Store(workspace).add(snapshot(os={}, totalUsers=1))
    given = DOCUMENT["paths"][LIST]["get"]["parameters"]
    examples = {
        parameter["name"]: parameter.get("example") or json.dumps(parameter["content"]["application/json"]["example"])
        for parameter in given
        if parameter["in"] == "query"
    }
    (found,) = admin.get(LIST, params=examples).json()["statistics"]

    assert found["totalUsers"] == 1
    assert "os" not in found


@pytest.mark.timeout(180)
def test_schemathesis_finds_nothing(workspace: Db, mongod_url: str, tmp_path: Path) -> None:
    store = Store(workspace)
    for age in range(5):
        store.add(snapshot(at=NOW - hours(age), totalUsers=age))
    url = mongod_url.replace("/?", f"/{workspace.name}?")
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", "--seed", "1", "--no-color"]
    headers = [part for name, value in ADMIN.items() for part in ("--header", f"{name}:{value}")]
    settings = {"schedule": "0 0 1 1 *", "rate_limit": "0", "store_url": url}
    with running("run", mongo_url=url, **settings) as daemon:
        daemon.wait_for(lambda: daemon.get("/ready")[0] == 200)
        found = subprocess.run(
            [*command, *headers, "--max-examples", "30", f"http://{daemon.address}/openapi.json"],
            env=os.environ | {"HOME": str(tmp_path), "COLUMNS": "150"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
        )
        daemon.wait_for(lambda: daemon.get("/ready")[0] == 200)

    assert found.returncode == 0, found.stdout + found.stderr
