"""The declared cost of each reading, proved by the query plans of a real server with Rocket.Chat's indexes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pymongo.database import Database

from collector.demo.sample import workspace
from collector.diagnostics.explain import ReadingCost, Recorder, costs
from collector.errors import MissingIndexError
from collector.key_paths import Document
from collector.mongodb.connection import Client, connect
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics.catalog import READINGS
from collector.statistics.reading import Cost, Reading
from collector.statistics.releases import Release
from tests.benchmarks.sizes import sized
from tests.factories import licensed, read, reading

LICENCE = licensed("livechat-enterprise", "abac")


@pytest.fixture(scope="module")
def filled(real_client: Client) -> Iterator[Database[Document]]:
    name = f"costs_{uuid4().hex}"
    workspace.fill(real_client[name], datetime.now(UTC), workspace.Size(users=100, messages=1000))
    yield real_client[name]
    real_client.drop_database(name)


def cost_of(reading: Reading, mongod_url: str, name: str) -> ReadingCost:
    recorder = Recorder()
    with connect(mongod_url, "TEST", recorder) as client:
        (cost,) = costs([reading], Sources(RocketChat(client[name]), licence=LICENCE), recorder)
    return cost


def id_of(one: Reading) -> str:
    """The name, and the releases of a definition."""
    return f"{one.name} {one.statistics[0].releases}".strip()


@pytest.mark.parametrize("one", READINGS, ids=id_of)
def test_a_reading_costs_what_it_declares(one: Reading, filled: Database[Document], mongod_url: str) -> None:
    cost = cost_of(one, mongod_url, filled.name)
    queries = [item for item in cost.items if item.stages != ("METADATA",)]
    scans = [item for item in queries if "COLLSCAN" in item.stages]

    assert bool(queries) == (one.cost in {Cost.INDEXED, Cost.INDEX_SCAN, Cost.SCAN})
    assert not scans or one.cost is Cost.SCAN, scans
    assert cost.items or one.cost in {Cost.FREE, Cost.METADATA}


def test_only_expensive_readings_examine_more_in_a_larger_workspace(real_client: Client, mongod_url: str) -> None:
    cheap = [one for one in READINGS if one.cost is Cost.INDEXED]
    small, large = (examined(cheap, size, real_client, mongod_url) for size in (1, 5))

    assert len(small) > 25
    assert {name: (many, large[name]) for name, many in small.items() if large[name] > 2 * many} == {}


def examined(readings: list[Reading], size: int, client: Client, mongod_url: str) -> dict[str, int]:
    """The keys and documents that each reading examines in a workspace of so many hundred users."""
    name, recorder = f"costs_{uuid4().hex}", Recorder()
    workspace.fill(client[name], datetime.now(UTC), sized(100 * size, 200 * size, 1000 * size))
    try:
        with connect(mongod_url, "TEST", recorder) as reader:
            found = costs(readings, Sources(RocketChat(reader[name]), licence=LICENCE), recorder)
            return {cost.reading: cost.keys + cost.documents for cost in found}
    finally:
        client.drop_database(name)


def test_no_reading_scans_the_messages(filled: Database[Document], mongod_url: str) -> None:
    items = [item for one in READINGS for item in cost_of(one, mongod_url, filled.name).items]
    asked = [item for item in items if item.collection == Collection.MESSAGES]

    assert len(asked) > 5
    assert not any("COLLSCAN" in item.stages for item in asked)


@pytest.mark.parametrize("name", ["totalThreads", "starred", "pinned", "on_hold", "voip_calls", "lastMessageSentAt"])
def test_a_reading_without_its_index_on_the_messages_fails_instead_of_scanning(
    name: str, real_database: Database[Document]
) -> None:
    real_database[Collection.MESSAGES].insert_one({"t": "e2e"})

    with pytest.raises(MissingIndexError, match=r"^the index \{[\w._\": ,]+\} of rocketchat_message is missing$"):
        read(name, real_database, release=Release(7, 10))


@pytest.mark.parametrize("name", ["presence", "languages"])
def test_covered_queries_examine_no_documents(name: str, filled: Database[Document], mongod_url: str) -> None:
    cost = cost_of(reading(name), mongod_url, filled.name)

    assert cost.keys > 0
    assert cost.documents == 0


def test_the_nine_session_documents_take_one_pass(filled: Database[Document], mongod_url: str) -> None:
    cost = cost_of(reading("sessions"), mongod_url, filled.name)

    assert len(cost.items) == 1
    assert cost.documents <= filled[Collection.SESSIONS].count_documents({"type": "user_daily"})


def test_the_cost_of_a_failed_reading_is_its_error(real_database: Database[Document], mongod_url: str) -> None:
    real_database[Collection.MESSAGES].insert_one({"t": "e2e"})

    assert cost_of(reading("pinned"), mongod_url, real_database.name).error == (
        "the index {pinned: 1} of rocketchat_message is missing"
    )
