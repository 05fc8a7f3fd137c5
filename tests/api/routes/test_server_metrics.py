"""Rocket.Chat's own dashboards, asked of our metrics."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.samples import Sample
from pymongo.database import Database
from starlette.testclient import TestClient

from api.routes.server_metrics import GAUGES, ServerMetrics
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog
from collector.store.snapshots import Store
from tests.api import promql
from tests.api.scrapes import client_of, families, series
from tests.factories import insert, setting, snapshot

Db = Database[dict[str, Any]]
URL = "https://chat.example.org"
SCRAPED = {"tenant_id": "t", "namespace": "n", "job": "rocketchat", "cluster": "c", "instance": "i"}
"""The labels that Prometheus adds, by which the dashboards select."""
SELECTED = 'tenant_id=~"$tenant_id",namespace=~"$namespace",job=~"$job",cluster=~"$cluster"'
FIGURES = {
    "users_total": ("totalUsers", 9),
    "users_online": ("onlineUsers", 4),
    "users_away": ("awayUsers", 3),
    "rooms_total": ("totalRooms", 8),
    "messages_total": ("totalMessages", 70),
    "agents_total": ("totalLivechatAgents", 2),
    "push_queue": ("pushQueue", 0),
    "apps_installed": ("apps.totalInstalled", 6),
    "apps_enabled": ("apps.totalActive", 5),
    "apps_failed": ("apps.totalFailed", 1),
}
"""What the dashboards show of the statistics, from which statistic, and its value in the snapshot."""


@pytest.fixture
def client(workspace: Db) -> Iterator[TestClient]:
    """A client of an application with the server's metrics, and with one snapshot."""
    insert(workspace, Collection.SETTINGS, setting("Site_Url", URL))
    values: dict[str, Any] = {path: value for path, value in FIGURES.values() if "." not in path}
    apps = {path.partition(".")[2]: value for path, value in FIGURES.values() if "." in path}
    migration = {"version": 340, "locked": False}
    known: dict[str, Any] = {"version": "8.6.1", "uniqueId": "its id", "migration": migration, "apps": apps}
    Store(workspace).add(snapshot(at=datetime.now(UTC), **known, **values))
    with client_of(workspace, server=ServerMetrics(RocketChat(workspace))) as client:
        yield client


def scraped(client: TestClient) -> list[Sample]:
    """The samples as Prometheus stores them."""
    samples = [sample for family in families(client) for sample in family.samples]
    return [sample._replace(labels=SCRAPED | sample.labels) for sample in samples]


@pytest.mark.parametrize("name", FIGURES)
def test_a_query_of_the_dashboards_has_the_snapshots_figure(client: TestClient, name: str) -> None:
    samples = scraped(client)

    assert promql.maximum(f"max(rocketchat_{name}{{{SELECTED}}})", samples) == FIGURES[name][1]
    assert promql.maximum(f'max(rocketchat_{name}{{job="another"}})', samples) is None


def test_the_dashboards_find_the_workspace_by_its_address(client: TestClient) -> None:
    asked = f'max(rocketchat_info{{site_url="{URL}",version="8.6.1",unique_id="its id",{SELECTED}}})'

    assert promql.maximum(asked, scraped(client)) == 1
    assert promql.maximum(f'max(rocketchat_version{{version="8.6.1",{SELECTED}}})', scraped(client)) == 1


def test_each_metric_exists_once_and_our_own_do_not_change(workspace: Db, client: TestClient) -> None:
    with client_of(workspace) as ours:
        own = {name: value for name, value in series(ours, "rocketchat_").items() if "_info" not in name}
    both = series(client, "rocketchat_")

    assert own.items() <= both.items()
    assert set(Counter(family.name for family in families(client)).values()) == {1}
    assert len([name for name in both if name.startswith("rocketchat_info")]) == 1
    assert {name.partition("{")[0] for name in both} - {name.partition("{")[0] for name in own} <= {
        *GAUGES,
        "rocketchat_version",
        "rocketchat_info",
    }


def test_openmetrics_has_them_too(client: TestClient) -> None:
    text = client.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"}).text

    found = {family.name for family in openmetrics.text_string_to_metric_families(text)}  # type: ignore[no-untyped-call]
    assert {"rocketchat_users_total", "rocketchat_messages_total"} <= found


def test_without_the_setting_they_are_not_exported(here: TestClient, taken: dict[str, Any]) -> None:
    assert {"totalUsers", "totalMessages"} <= set(taken)
    assert not set(GAUGES) & set(series(here))


def test_every_gauge_shows_a_statistic_that_is_collected() -> None:
    keys = tuple(f"{statistic.key}." for statistic in catalog.STATISTICS)

    assert [path for _, path in GAUGES.values() if not f"{path}.".startswith(keys)] == []


def test_the_address_is_remembered_while_the_workspace_is_away(workspace: Db, nowhere: Db) -> None:
    insert(workspace, Collection.SETTINGS, setting("Site_Url", URL))
    known = ServerMetrics(RocketChat(workspace), holds=0)
    assert known.labels() == {"site_url": URL}
    known.workspace = RocketChat(nowhere)

    assert known.labels() == {"site_url": URL}
    assert ServerMetrics(RocketChat(nowhere), within=0.2).labels() == {"site_url": None}
