"""The dashboards for Grafana ask for what there is."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pymongo.database import Database
from starlette.testclient import TestClient

from api.app import create
from api.routes.metrics import Metrics, Newest
from collector.demo.sample import workspace as sample
from collector.sources import Sources
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog, snapshot
from collector.store.snapshots import Store
from collector.telemetry import Telemetry
from tests.api.conftest import parts_of

Db = Database[dict[str, Any]]
FOLDER = Path(__file__).parents[2] / "api" / "grafana"
HEADERS = {"X-User-Id": sample.ADMIN.user_id, "X-Auth-Token": sample.ADMIN.token}


def dashboard(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def targets(name: str) -> Iterator[dict[str, Any]]:
    for panel in dashboard(name)["panels"]:
        yield from panel["targets"]


@pytest.fixture
def served(real_database: Db) -> Iterator[TestClient]:
    """The sample workspace with one snapshot."""
    sample.fill(real_database, snapshot.now(), sample.Size(users=50, messages=200))
    source, store = RocketChat(real_database), Store(real_database)
    about = snapshot.SnapshotContext(source.identity(), "UTC")
    store.add(snapshot.take(catalog.READINGS, Sources(source), about))
    metrics = Metrics(Newest(source, store), Telemetry())
    app = create(*parts_of(real_database), metrics)
    with TestClient(app, "http://127.0.0.1", client=("127.0.0.1", 1)) as client:
        yield client


def exported(client: TestClient) -> set[str]:
    """The names of all samples."""
    client.get("/health")
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {sample_.name for family in families for sample_ in family.samples}


def test_every_metric_of_the_dashboard_is_exported(served: TestClient) -> None:
    asked = {
        name for target in targets("prometheus") for name in re.findall(r"(?:rcstats|rocketchat)_\w+", target["expr"])
    }

    assert asked
    assert asked <= exported(served)


def test_every_metric_of_the_page_and_its_alerts_is_exported(served: TestClient) -> None:
    page = (FOLDER.parent / "METRICS.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:rcstats|rocketchat)_\w+(?=`| [>=])", page))

    assert "rcstats_snapshot_age_seconds" in named
    assert named <= exported(served)


def test_every_series_of_the_dashboard_has_figures(served: TestClient) -> None:
    for target in targets("infinity"):
        url = target["url"].replace("$every", "1d")
        url = url.replace("${__from:date:iso}", "2020-01-01T00:00:00.000Z").replace(
            "${__to:date:iso}", "2100-01-01T00:00:00.000Z"
        )
        answer = served.get(url, headers=HEADERS)
        assert answer.status_code == 200, answer.text
        (row,) = csv.DictReader(io.StringIO(answer.text))
        columns = {column["selector"] for column in target["columns"]}
        assert columns == set(row)
        assert all(row.values()) or "how=delta" in url


@pytest.mark.parametrize("name", ["prometheus", "infinity"])
def test_panels_have_titles_and_do_not_overlap(name: str) -> None:
    panels = dashboard(name)["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert all(panel["title"] for panel in panels)
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
