"""A workspace on servers of the module's own, as many as it names in NODES, and an empty store for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.mongodb.connection import Client
from tests.fault_injection.replica_set import ReplicaSet, client, replica_set
from tests.fault_injection.stage import Stage, filled, stage


@pytest.fixture(scope="module")
def nodes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicaSet]:
    with replica_set(tmp_path_factory.mktemp("nodes"), getattr(request.module, "NODES", 1)) as found:
        yield found


@pytest.fixture(scope="module")
def open_components(nodes: ReplicaSet) -> Iterator[Client]:
    with client(nodes) as found:
        yield found


@pytest.fixture(scope="module")
def sample(nodes: ReplicaSet, open_components: Client) -> str:
    """The URL of a small workspace."""
    return nodes.url(filled(nodes, open_components))


@pytest.fixture
def scene(sample: str, nodes: ReplicaSet, open_components: Client, tmp_path: Path) -> Stage:
    """The store is on the workspace's servers."""
    return stage(sample, nodes, open_components, tmp_path)
