"""The workspace of two weeks, in a real database."""

import pytest

from tests.collector.history.backfill import two_weeks
from tests.collector.history.backfill.two_weeks import Db


@pytest.fixture
def past(real_database: Db) -> Db:
    two_weeks.fill(real_database)
    return real_database
