"""The host and the databases of the units."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from collector.demo.sample import workspace
from collector.mongodb.connection import Client
from tests.factories import SMALL
from tests.systemd.container import Host, booted


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Host]:
    with booted(tmp_path) as found:
        yield found


@pytest.fixture
def urls(real_client: Client, mongod_url: str) -> Iterator[tuple[str, str]]:
    """A small workspace and an empty store on the real server."""
    mongo, store = f"systemd_{uuid4().hex}", f"store_{uuid4().hex}"
    workspace.fill(real_client[mongo], datetime.now(UTC), SMALL)
    yield mongod_url.replace("/?", f"/{mongo}?"), mongod_url.replace("/?", f"/{store}?")
    real_client.drop_database(mongo)
    real_client.drop_database(store)
