"""The store of the scheduler's tests."""

import pytest

from collector.store.snapshots import Store
from tests.collector.scheduling.jobs import Db


@pytest.fixture
def store(real_database: Db) -> Store:
    return Store(real_database)
