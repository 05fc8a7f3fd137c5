"""Alive, and ready."""

import asyncio
import json

from starlette.requests import Request
from starlette.testclient import TestClient

from api.app import create
from api.routes.health import Status
from collector.demo.mongod import free_port
from collector.mongodb.connection import connect
from tests.api.conftest import ADMIN, Db, parts_of

AFAR = {"type": "http", "headers": [], "client": ("192.0.2.1", 1), "http_version": "1.1"}


def test_a_running_process_is_healthy(anonymous: TestClient) -> None:
    answer = anonymous.get("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_is_ready_if_its_databases_are_available(anonymous: TestClient) -> None:
    answer = anonymous.get("/ready")

    assert (answer.status_code, answer.json()) == (200, {"ready": True})


def test_the_result_of_a_check_is_a_problem() -> None:
    status = Status({"schedule": lambda: "no snapshot was taken since 10:00 UTC", "store": lambda: ""})

    answer = asyncio.run(status.ready(Request(AFAR)))
    assert answer.status_code == 503
    assert json.loads(bytes(answer.body)) == {
        "ready": False,
        "problems": {"schedule": "no snapshot was taken since 10:00 UTC"},
    }


def test_concurrent_requests_share_one_check() -> None:
    """M9: 4000 requests without a login were 8014 commands."""
    asked: list[int] = []

    def check() -> str:
        asked.append(1)
        return ""

    status = Status({"store": check}, seconds=60)

    async def ask() -> set[int]:
        answers = await asyncio.gather(*(status.ready(Request(AFAR)) for _ in range(200)))
        return {answer.status_code for answer in answers}

    assert asyncio.run(ask()) == {200}
    assert len(asked) == 1


def test_without_mongodb_it_is_healthy_but_not_ready_and_reports_the_reason() -> None:
    address = f"127.0.0.1:{free_port()}"
    with connect(f"mongodb://{address}/?timeoutMS=500", "TEST") as mongodb:
        app = create(*parts_of(mongodb["rocketchat"], within=0.5))
        here = TestClient(app, "http://localhost", client=("127.0.0.1", 1))
        afar = TestClient(app, client=("192.0.2.1", 1))
        health, ready, told_afar = here.get("/health"), here.get("/ready"), afar.get("/ready")
        page = here.get("/api/v1/statistics.list", headers=ADMIN)

    assert health.status_code == 200
    assert (ready.status_code, told_afar.status_code) == (503, 503)
    problem = "MongoDB can't be reached"
    reason = f"connection refused ({address})"
    assert ready.json() == {
        "ready": False,
        "problems": {"workspace": f"the workspace's {problem}: {reason}", "store": f"the store's {problem}: {reason}"},
    }
    assert told_afar.json()["problems"] == {
        "workspace": f"the workspace's {problem}",
        "store": f"the store's {problem}",
    }
    assert page.status_code == 503
    assert page.json() == {"success": False, "error": f"the workspace's {problem}"}


def test_only_local_requests_see_the_names_of_databases(real_database: Db) -> None:
    app = create(*parts_of(real_database))
    here = TestClient(app, "http://localhost", client=("127.0.0.1", 1)).get("/ready")
    afar = TestClient(app, client=("192.0.2.1", 1)).get("/ready")

    what = "the database is not a Rocket.Chat workspace"
    assert (here.status_code, afar.status_code) == (503, 503)
    assert here.json()["problems"]["workspace"].startswith(f"{what}: {real_database.name} on 127.0.0.1:")
    assert afar.json()["problems"] == {"workspace": what}
