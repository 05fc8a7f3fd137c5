"""Documents in the store that rcstats did not make: each route takes them all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest
from bson import Decimal128, MaxKey, MinKey, Timestamp
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument
from starlette.testclient import TestClient

from tests.api.query.test_series import Db
from tests.factories import NOW, keep, snapshot

FOREIGN: dict[str, dict[str, Any]] = {
    "a timestamp for a date": {"createdAt": Timestamp(1_710_500_000, 1)},
    "a text for a date": {"createdAt": "2024-03-15T12:00:00Z"},
    "a list of dates": {"createdAt": [NOW, NOW - timedelta(days=1)]},
    "a date beyond Python's": {"createdAt": DatetimeMS(2**53)},
    "the collector as a list": {"collector": [{"workspace": "workspace", "seconds": [1]}]},
    "numbers that are none": {"totalUsers": float("nan"), "a": [float("inf"), Decimal128("NaN")]},
    "numbers beyond doubles": {"totalUsers": Decimal128("1E+6000"), "a": [2**63 - 1]},
    "keys and values of MongoDB's own": {"totalUsers": MinKey(), "a": [{"$ref": 1}, {"": MaxKey()}]},
}
FIELDS = "totalUsers,a.0,collector.seconds,createdAt,collector"


@pytest.mark.parametrize("form", ["json", "csv", "ndjson"])
@pytest.mark.parametrize(
    "route", ["list?count=0", *(f"series?how={how}&every=1h" for how in ("last", "mean", "delta"))]
)
@pytest.mark.parametrize("foreign", FOREIGN)
def test_each_route_serves_it_in_each_form(
    workspace: Db, admin: TestClient, foreign: str, route: str, form: str
) -> None:
    keep(workspace, snapshot(at=NOW - timedelta(hours=2), totalUsers=1), snapshot(**FOREIGN[foreign]))
    of_series = f"&fields={FIELDS}&start=2024-03-01&end=2024-04-01" if route.startswith("series") else ""

    answer = admin.get(f"/api/v1/statistics.{route}&format={form}{of_series}")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("route", ["statistics", "statistics.forecast", "statistics.limits"])
@pytest.mark.parametrize("foreign", FOREIGN)
def test_newest_snapshot_forecast_and_limits_tolerate_it(
    workspace: Db, admin: TestClient, foreign: str, route: str
) -> None:
    present = datetime.now(UTC)
    keep(workspace, *[snapshot(at=present - timedelta(days=day), totalUsers=day) for day in range(1, 70)])
    keep(workspace, snapshot(at=present) | FOREIGN[foreign])

    assert admin.get(f"/api/v1/{route}").status_code == 200


@pytest.mark.parametrize(
    "route", ["statistics", "statistics.list", "statistics.series?fields=a,collector&start=2024-03-01"]
)
def test_a_broken_text_costs_only_itself(workspace: Db, admin: TestClient, route: str) -> None:
    broken = bson.encode(snapshot(a="broken")).replace(b"broken", b"br\xff\xfeen")
    keep(workspace, RawBSONDocument(broken))

    assert "br\ufffd\ufffden" in admin.get(f"/api/v1/{route}").text
