"""A limit that comes near is told in every place, with the same number."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from api.routes.limit_metrics import of_limits
from collector.diagnostics.checks.finding import Level
from collector.diagnostics.checks.limits import limits as check
from collector.key_paths import Document
from collector.limits.standing import Thresholds
from collector.sources import Sources
from collector.sources.rocketchat import RocketChat
from collector.statistics.collector import Collector
from collector.statistics.snapshot import now
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, client_of
from tests.factories import insert, login, permission, snapshot, with_id
from tests.limited import NEAR, licensed, limited, seats
from tests.processes import rcstats
from tests.tokens import CUSTOMER

Db = Database[Document]


def taken(database: Db, **over: Any) -> Document:
    """A snapshot of the workspace, stored."""
    sources = Sources(RocketChat(with_id(database)), **over)
    document = Collector(sources, "UTC", lambda _: None).collect()
    Store(database).add(document)
    return document


def served(database: Db) -> Document:
    insert(database, "users", login("admin", "admin's token"))  # type: ignore[arg-type]
    insert(database, "rocketchat_permissions", permission())  # type: ignore[arg-type]
    with client_of(database) as client:
        answer = client.get("/api/v1/statistics.limits", headers=ADMIN)
    assert answer.status_code == 200, answer.text
    found: Document = answer.json()
    return found


def left_by(limits: Any) -> dict[str, Any]:
    return {limit["name"]: limit["left"] for limit in limits}


@pytest.mark.parametrize("name", NEAR)
def test_what_is_left_of_a_limit_is_the_same_everywhere(name: str, real_database: Db, mongod_url: str) -> None:
    over = NEAR[name](real_database, now(), 4)
    document = taken(real_database, **over)
    url = mongod_url.replace("/?", f"/{real_database.name}?")
    printed = json.loads(rcstats("limits", "--json", mongo_url=url, store_url=url).stdout)
    (*_, left) = of_limits(document["collector"]["limits"])
    near = Thresholds(warning=0.1, critical=100, warning_days=400, critical_days=1)
    level, text = check(Store(real_database), "workspace", "UTC", near)
    answer = served(real_database)

    assert left_by(document["collector"]["limits"])[name] == 4
    assert left_by(answer["limits"]) == left_by(printed["limits"]) == left_by(document["collector"]["limits"])
    assert {sample.labels["limit"]: sample.value for sample in left.samples}[name] == 4
    (title,) = [limit["title"] for limit in answer["limits"] if limit["name"] == name]
    assert re.search(rf"{title}: (in 4 days|.+ used)", text)
    assert level is Level.WARNING


@pytest.mark.parametrize("name", NEAR)
def test_a_limit_that_is_reached_has_nothing_left(name: str, real_database: Db) -> None:
    over = NEAR[name](real_database, now() - timedelta(seconds=2), 0)
    taken(real_database, **over)

    (limit,) = [limit for limit in served(real_database)["limits"] if limit["name"] == name]
    assert (limit["left"], limit["state"]) == (0, "reached")
    expected = Level.WARNING if name == "serverStatistics" else Level.CRITICAL  # the workspace works on
    assert check(Store(real_database), "workspace", "UTC", Thresholds())[0] is expected


def test_a_workspace_without_facts_has_no_limits(real_database: Db) -> None:
    document = taken(real_database)

    assert document["collector"]["limits"] == []
    assert served(real_database)["limits"] == []
    assert check(Store(real_database), "workspace", "UTC", Thresholds()) == (Level.OK, "none is known that applies")


def test_without_a_snapshot_there_are_no_limits(real_database: Db, mongod_url: str) -> None:
    url = mongod_url.replace("/?", f"/{with_id(real_database).name}?")

    assert served(real_database) == {"createdAt": None, "limits": [], "success": True}
    assert rcstats("limits", mongo_url=url, store_url=url).stdout == "No snapshot has been stored yet.\n"


def test_the_licence_is_in_no_output_and_no_log(real_database: Db, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    caplog.set_level("INFO", "pymongo")  # as logs.from_level
    limited(real_database, activeUsers=5, monthlyActiveContacts=5)
    text = real_database["rocketchat_settings"].find_one({"_id": "Enterprise_License"})["value"]  # type: ignore[index]
    document = taken(real_database)

    shown = f"{document} {served(real_database)} {caplog.text}"
    assert "limits.activeUsers" in shown
    assert all(part not in shown for part in (*text.split("."), CUSTOMER))


def test_the_table_names_the_nearest_limit_first(real_database: Db, mongod_url: str) -> None:
    seats(real_database, now(), 1)
    real_database["rocketchat_settings"].delete_many({})
    licensed(
        real_database,
        limits={name: [{"max": 4, "behavior": "prevent_action"}] for name in ("guestUsers", "activeUsers")},
    )
    taken(real_database)
    url = mongod_url.replace("/?", f"/{real_database.name}?")
    _, header, *rows = rcstats("limits", mongo_url=url, store_url=url, limit_warning="75").stdout.splitlines()

    assert header.split() == ["limit", "used", "allowed", "left", "reached", "state", "known", "from"]
    assert [row.split()[:5] for row in rows] == [
        ["Seats", "3", "4", "1", "warning"],
        ["Guest", "seats", "0", "4", "4"],
    ]


def test_growth_tells_when_a_limit_is_reached(real_database: Db) -> None:
    newest = now()
    limit = {
        "name": "seats",
        "used": 40,
        "allowed": 50,
        "left": 10,
        "unit": "users",
        "source": "",
        "certainty": "likely",
    }
    for age in range(1, 71):
        Store(real_database).add(snapshot(at=newest - timedelta(days=age), activeUsers=41 - age / 7))
    last = snapshot(at=newest, activeUsers=40)
    last["collector"]["limits"] = [limit]
    Store(with_id(real_database)).add(last)

    (found,) = served(real_database)["limits"]
    dates = {datetime.fromisoformat(found["reached"][name]) for name in ("date", "earliest", "latest")}
    assert all(timedelta(days=62) < date - newest < timedelta(days=65) for date in dates)  # by one seat a week
    assert (found["share"], found["state"]) == (0.8, "warning")
