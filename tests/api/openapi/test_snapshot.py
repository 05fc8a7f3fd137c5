"""The schema of a snapshot, held against snapshots."""

from typing import Any

import jsonschema_rs
from pymongo.database import Database

from api.openapi.snapshot import SNAPSHOT
from api.rendering import bson_json
from collector.demo.sample import workspace as sample
from collector.key_paths import Document, flatten
from collector.sources import Sources
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog, snapshot
from tests.factories import SMALL, nulls
from tests.factories import snapshot as small

Db = Database[dict[str, Any]]


def problems(document: Document) -> list[str]:
    """What is wrong with a document by the schema, as it would be served."""
    validator = jsonschema_rs.validator_for(SNAPSHOT, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(bson_json.plain(document))]


def described(schema: Document, path: str) -> Document:
    for name in path.split("."):
        schema = schema["properties"][name]
    return schema


def test_every_statistic_is_described_by_its_definition() -> None:
    definitions = {statistic.key: set[str]() for statistic in catalog.STATISTICS}
    for statistic in catalog.STATISTICS:
        definitions[statistic.key].add(statistic.meaning)

    assert all(described(SNAPSHOT, key)["description"] in meanings for key, meanings in definitions.items())


def test_a_snapshot_of_the_sample_workspace_has_the_described_keys_and_types(real_database: Db) -> None:
    sample.fill(real_database, snapshot.now(), SMALL)
    source = RocketChat(real_database)
    about = snapshot.SnapshotContext(source.identity(), "UTC")
    document = snapshot.take(catalog.READINGS, Sources(source), about)

    assert problems(document) == []
    assert {path.split(".")[0] for path, _ in flatten(document)} <= SNAPSHOT["properties"].keys()
    assert document["collector"].keys() - SNAPSHOT["properties"]["collector"]["properties"].keys() <= {"recount"}


def test_a_value_that_the_server_does_not_have_is_described() -> None:
    assert problems(small(**nulls())) == []
    assert problems(small(totalUsers="many")) != []
