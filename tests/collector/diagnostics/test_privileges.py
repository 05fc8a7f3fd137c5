"""Snapshots with a login that may only read the workspace."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo.database import Database

from collector.demo.sample import workspace
from collector.mongodb.connection import connect
from collector.sources import Sources
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog, snapshot
from tests.factories import NOW
from tests.guarded import guarded_mongod

Db = Database[dict[str, Any]]


@pytest.fixture(scope="module")
def reader_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A workspace behind a password, as its reader sees it."""
    folder = tmp_path_factory.mktemp("guarded")
    with guarded_mongod(folder) as (url, root):
        workspace.fill(root["rocketchat"], NOW, workspace.Size(users=50, messages=200))
        root.admin.command("createUser", "reader", pwd="reader", roles=[{"role": "read", "db": "rocketchat"}])
        yield url.replace("//", "//reader:reader@").replace("/?", "/rocketchat?authSource=admin&")


def test_without_serverstatus_only_the_storage_engine_is_missing(reader_url: str) -> None:
    with connect(reader_url, "TEST") as client:
        sources = Sources(RocketChat(client["rocketchat"]), now=NOW)
        taken = snapshot.take(catalog.READINGS, sources, snapshot.SnapshotContext("w", "UTC"))

    own = taken["collector"]
    assert [name for name, record in own["readings"].items() if not record["ok"]] == []
    assert own["unavailable"]["mongoStorageEngine"] == "the login may not run serverStatus"
    assert taken["mongoVersion"].count(".") == 2
    assert taken["totalUsers"] == 50


def test_a_denied_reading_fails_alone_with_its_reason(reader_url: str) -> None:
    with connect(reader_url, "TEST") as client:
        sources = Sources(RocketChat(client["another"]), now=NOW)
        taken = snapshot.take(catalog.READINGS, sources, snapshot.SnapshotContext("w", "UTC"))

    denied = "the workspace's MongoDB does not grant this login the required privilege"
    assert taken["collector"]["readings"]["presence"]["error"] == denied
    assert taken["collector"]["host"]["totalmem"] > 0
