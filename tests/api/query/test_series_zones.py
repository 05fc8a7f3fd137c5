"""statistics.series and statistics.forecast in a time zone that MongoDB's own data lack."""

from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create
from api.routes.statistics import Statistics
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, parts_of
from tests.api.query.test_series import ALL, SERIES, Db, asked
from tests.factories import hours, keep, snapshot
from tests.zones import unknown_to_mongodb


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[str]:
    with unknown_to_mongodb(tmp_path) as name:
        yield name


@pytest.fixture
def there(workspace: Db, zone: str) -> Iterator[TestClient]:
    """The API of a workspace whose settings name such a zone."""
    answers, _, status = parts_of(workspace)
    statistics = Statistics(answers, Store(workspace), Future, (), zone)
    with TestClient(create(answers, statistics, status), headers=ADMIN, raise_server_exceptions=False) as client:
        yield client


def test_a_request_with_such_a_zone_is_a_400_with_the_reason(admin: TestClient, zone: str) -> None:
    answer = admin.get(SERIES, params=ALL | {"fields": "totalUsers", "timezone": zone})

    assert answer.status_code == 400
    assert answer.json()["errorType"] == "error-invalid-timezone"
    assert answer.json()["details"]["reason"] == "MongoDB does not know this time zone"


def test_such_a_zone_in_the_settings_is_replaced_by_an_equivalent_one(workspace: Db, there: TestClient) -> None:
    begun = datetime(2024, 3, 9, 7, tzinfo=UTC)  # midnight in Denver, a day before its clocks are put forward
    keep(workspace, *[snapshot(at=begun + hours(hour), totalUsers=hour) for hour in range(72)])

    body = asked(there, "totalUsers", start="2024-03-09", end="2024-03-12", how="delta")
    assert body["at"] == ["2024-03-09T07:00:00.000Z", "2024-03-10T07:00:00.000Z", "2024-03-11T06:00:00.000Z"]
    assert body["series"]["totalUsers"] == [None, 23, 24]
    assert body["timezone"].startswith("America/")


def test_the_forecast_uses_such_a_zone_too(workspace: Db, there: TestClient) -> None:
    present = datetime.now(UTC)
    keep(workspace, *[snapshot(at=present - timedelta(hours=back), totalUsers=9000 - back) for back in range(70 * 24)])

    (growth,) = there.get("/api/v1/statistics.forecast").json()["growth"]
    assert growth["weekly"] == pytest.approx(168, abs=1)  # an hour may fall out where clocks change
