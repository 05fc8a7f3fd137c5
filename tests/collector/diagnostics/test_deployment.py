"""What `rcstats check` tells of the deployment."""

import re

import pytest
from pymongo.database import Database

from collector.diagnostics.checks.deployment import deployment
from collector.diagnostics.checks.finding import Level
from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.rocketchat import RocketChat
from tests.collector.statistics.test_deployments import DEPLOYMENTS, filled

Db = Database[Document]

MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
DOCUMENT = f"by the server's statistics document of {MOMENT}"
ROW = f"by the server's row in instances of {MOMENT}"
FOUND = {
    "a host": (
        Level.OK,
        f"running: 1 rocket.chat; deployed by tar selfinstall; os, deploy {DOCUMENT}; process {ROW}",
    ),
    "compose before its first document": (Level.OK, f"running: 1 rocket.chat; os {ROW}; process {ROW}"),
    "several instances": (
        Level.OK,
        f"running: 3 rocket.chat; deployed by docker helm-chart; os {ROW}; process {ROW}; deploy {DOCUMENT}",
    ),
    "microservices": (
        Level.OK,
        f"running: 2 ddp-streamer; deployed by docker helm-chart; os, process, deploy {DOCUMENT}",
    ),
    "no instance alive": (
        Level.WARNING,
        f"no instance of the server is running; deployed by docker compose; os, deploy {DOCUMENT}",
    ),
    "nothing": (Level.WARNING, "no instance of the server is running"),
}


@pytest.mark.parametrize("name", FOUND)
def test_running_instances_and_sources_are_told(name: str, real_database: Db) -> None:
    rows, own, _ = DEPLOYMENTS[name]
    filled(real_database, rows, own)
    expected, text = FOUND[name]

    level, found = deployment(Sources(RocketChat(real_database)))
    assert level is expected
    assert re.fullmatch(text, found), found


def test_what_is_set_is_told(real_database: Db) -> None:
    _, found = deployment(Sources(RocketChat(real_database), deployment={"method": "docker"}))

    assert found == "no instance of the server is running; deployed by docker; deploy by the settings of rcstats"
