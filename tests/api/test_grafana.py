"""The dashboards for Grafana ask for what there is."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
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
from tests.api import promql
from tests.api.conftest import parts_of

Db = Database[dict[str, Any]]
FOLDER = Path(__file__).parents[2] / "api" / "grafana"
# Not each workspace has limits, and connections are sampled by the daemon. Expensive readings have their dates in time.
AT_TIMES = {"rcstats_limit_used", "rcstats_limit_allowed", "rcstats_limit_left", "rocketchat_connections_peak"}
AT_TIMES |= {"rcstats_reading_timestamp_seconds"}
# What each daemon over a store tells of it.
SHARED = ("rocketchat_", "rcstats_snapshot_", "rcstats_reading_", "rcstats_limit_")
HEADERS = {"X-User-Id": sample.ADMIN.user_id, "X-Auth-Token": sample.ADMIN.token}


def dashboard(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def targets(name: str) -> Iterator[dict[str, Any]]:
    for panel in dashboard(name)["panels"]:
        yield from panel.get("targets", ())


def annotations(name: str) -> list[dict[str, Any]]:
    return list(dashboard(name)["annotations"]["list"])


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
    """The names of all samples and of histograms."""
    client.get("/health")
    families = list(text_string_to_metric_families(client.get("/metrics").text))
    samples = {sample_.name for family in families for sample_ in family.samples}
    return samples | {family.name for family in families if family.type == "histogram"}


def test_every_metric_of_the_dashboard_is_exported(served: TestClient) -> None:
    queries = [query["expr"] for query in (*targets("prometheus"), *annotations("prometheus"))]
    asked = {name for query in queries for name in promql.names(query)}

    assert asked
    assert asked <= exported(served) | AT_TIMES


def test_every_metric_of_the_page_is_exported(served: TestClient) -> None:
    page = (FOLDER.parent / "METRICS.md").read_text(encoding="utf-8")
    state = page[page.index("## State of rcstats") :]
    named = set(re.findall(r"`((?:rcstats|rocketchat)_\w+)`", state))

    assert "rcstats_snapshot_age_seconds" in named
    assert named <= exported(served) | AT_TIMES


def test_a_second_daemon_over_the_store_doubles_no_figure_of_the_workspace() -> None:
    for target in targets("prometheus"):
        shared = {name for name in promql.names(target["expr"]) if name.startswith(SHARED)}
        assert shared <= promql.names_within_extremes(target["expr"]), target["expr"]


def test_every_series_of_the_dashboard_has_figures(served: TestClient) -> None:
    series = [target for target in targets("infinity") if "statistics.series" in target["url"]]
    assert len(series) > 10
    for target in series:
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


def test_the_annotations_are_events(served: TestClient, real_database: Db) -> None:
    (newest,) = real_database["statistics"].find()
    earlier = newest["createdAt"] - timedelta(days=1)
    real_database["statistics"].insert_one(newest | {"_id": "earlier", "createdAt": earlier, "version": "8.0.0"})
    (annotation,) = annotations("infinity")
    target = annotation["target"]
    url = target["url"].replace("${__from:date:iso}", "2020-01-01T00:00:00.000Z")
    (event, *_) = served.get(url.replace("${__to:date:iso}", "now"), headers=HEADERS).json()[target["root_selector"]]

    assert {column["selector"] for column in target["columns"]} <= set(event)
    assert [column["text"] for column in target["columns"]] == ["time", "text", "tags"]  # as Grafana maps them


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
    assert all(panel["description"].endswith(".") for panel in panels if panel["type"] != "row")
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_the_example_of_provisioning_has_what_the_dashboards_need() -> None:
    provided = yaml.safe_load((FOLDER / "provisioning.yml").read_text(encoding="utf-8"))["datasources"]
    needed = {dashboard(name)["templating"]["list"][0]["query"] for name in ("prometheus", "infinity")}

    assert {source["type"] for source in provided} == needed
    infinity = provided[0]
    assert infinity["jsonData"]["allowedHosts"] == [infinity["url"]]
    assert {infinity["jsonData"][f"httpHeaderName{n}"] for n in (1, 2)} == set(HEADERS)
    assert {f"httpHeaderValue{n}" for n in (1, 2)} == set(infinity["secureJsonData"])
