"""What a reading costs is what it declares: proved by the plans of the real server, with Rocket.Chat's indexes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from collector.catalog import READINGS
from collector.connection import Client, Document
from collector.demo import workspace
from collector.reading import Cost, Reading
from collector.sources import Sources
from collector.sources.rocketchat import RocketChat


class Commands(CommandListener):
    """The commands that the driver sends."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.sent.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


@pytest.fixture(scope="module")
def filled(real_client: Client) -> Iterator[Database[Document]]:
    name = f"costs_{uuid4().hex}"
    workspace.fill(real_client[name], datetime.now(UTC), workspace.Size(users=100, messages=1000))
    yield real_client[name]
    real_client.drop_database(name)


def commands_of(reading: Reading, mongod_url: str, name: str) -> list[dict[str, Any]]:
    listener = Commands()
    with MongoClient[Document](mongod_url, tz_aware=True, event_listeners=[listener]) as client:
        reading.read(Sources(RocketChat(client[name])))
    return [command for command in listener.sent if command.keys() & {"aggregate", "find", "count"}]


def stages(plan: object) -> set[str]:
    """The stages of a plan, wherever explain has put them."""
    if isinstance(plan, list):
        return {stage for item in plan for stage in stages(item)}
    if not isinstance(plan, dict):
        return set()
    own = {plan["stage"]} if isinstance(plan.get("stage"), str) else set()
    return own | {stage for key, value in plan.items() if key != "rejectedPlans" for stage in stages(value)}


def stages_of(command: dict[str, Any], database: Database[Document]) -> set[str]:
    sent = {
        key: value for key, value in command.items() if key not in {"lsid", "$db", "$clusterTime", "$readPreference"}
    }
    return stages(database.command({"explain": sent, "verbosity": "queryPlanner"}))


def is_metadata(command: dict[str, Any]) -> bool:
    return "count" in command and not command.get("query")


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.name)
def test_a_reading_costs_what_it_declares(reading: Reading, filled: Database[Document], mongod_url: str) -> None:
    commands = commands_of(reading, mongod_url, filled.name)
    queries = [command for command in commands if not is_metadata(command)]
    scans = [command for command in queries if "COLLSCAN" in stages_of(command, filled)]

    assert bool(commands) == (reading.cost is not Cost.FREE)
    assert bool(queries) == (reading.cost in {Cost.INDEXED, Cost.SCAN})
    assert bool(scans) == (reading.cost is Cost.SCAN), scans


def test_nothing_scans_the_messages(filled: Database[Document], mongod_url: str) -> None:
    for reading in READINGS:
        for command in commands_of(reading, mongod_url, filled.name):
            if command.get("aggregate") == "rocketchat_message":
                assert "COLLSCAN" not in stages_of(command, filled)


def test_presence_is_answered_by_the_index_alone(filled: Database[Document], mongod_url: str) -> None:
    reading = next(reading for reading in READINGS if reading.name == "presence")
    queries = [command for command in commands_of(reading, mongod_url, filled.name) if "aggregate" in command]

    assert len(queries) == 1
    assert "FETCH" not in stages_of(queries[0], filled)
