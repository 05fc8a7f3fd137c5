"""What Prometheus would scrape from the application, taken apart."""

from concurrent.futures import Future
from typing import Any

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from pymongo.database import Database
from starlette.routing import Route
from starlette.testclient import TestClient

from api.access.admission import Admission
from api.app import create
from api.caching.responses import ResponseCache
from api.routes.health import Status
from api.routes.metrics import Metrics, Newest
from api.routes.statistics import Statistics
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store

Db = Database[dict[str, Any]]
Series = dict[str, float]
HERE = "127.0.0.1"
TOKEN = "a token that nobody guesses"
REQUESTS = "rcstats_http_requests_total"


def client_of(database: Db, store: Db | None = None, address: str = HERE, **over: Any) -> TestClient:
    """A client at this address, over the real application and its metrics."""
    workspace, kept = RocketChat(database), Store(database if store is None else store)
    answers = ResponseCache(Admission(workspace, seconds=0, within=2), kept, seconds=0, within=2)
    told = Metrics(Newest(workspace, kept, identity_within=0.3), **{"seconds": 0} | over)
    app = create(answers, Statistics(answers, kept, Future), Status({}), told)
    return TestClient(app, f"http://{HERE}", raise_server_exceptions=False, client=(address, 50_000))


def families(client: TestClient) -> list[Metric]:
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return list(text_string_to_metric_families(answer.text))


def typed(client: TestClient) -> list[tuple[str, float]]:
    """Series as one types them, name{label="value"}, and their values."""
    samples = [sample for family in families(client) for sample in family.samples]
    return [(sample.name + _typed(sample.labels), sample.value) for sample in samples]


def _typed(labels: dict[str, str]) -> str:
    inside = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{{{inside}}}" if inside else ""


def series(client: TestClient, *beginnings: str) -> Series:
    return {name: value for name, value in typed(client) if name.startswith(beginnings or "")}


def paths(client: TestClient) -> set[str]:
    return {route.path for route in client.app.routes if isinstance(route, Route)}  # type: ignore[attr-defined]
