"""The forms in which metrics are told, and Prometheus's conventions."""

import re
from collections import Counter
from typing import Any

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from pymongo.database import Database
from starlette.testclient import TestClient

from api.app import OTHER
from api.routes import workspace_metrics
from collector.statistics import catalog
from collector.statistics.reading import of_release
from collector.statistics.releases import NEWEST
from tests.api.conftest import LIST
from tests.api.scrapes import families, paths, typed

Db = Database[dict[str, Any]]


def test_metrics_are_plain_text_unless_openmetrics_is_requested(here: TestClient, taken: dict[str, Any]) -> None:
    asked = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    text, better = here.get("/metrics"), here.get("/metrics", headers={"Accept": asked})

    assert text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert better.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
    found = list(openmetrics.text_string_to_metric_families(better.text))  # type: ignore[no-untyped-call]
    assert {"rcstats_slots", "rcstats_http_requests", "rcstats_build", "rocketchat"} <= {
        family.name for family in found
    }
    for answer in (text, better):
        assert f"\nrocketchat_accounts {float(taken['totalUsers'])}\n" in answer.text


@pytest.mark.parametrize("version", ["", "x", "1.x", "2.x", "2..0", "-1", "1.0.0é", "9" * 5000, "1" + ".0" * 2000])
@pytest.mark.parametrize("kind", ["application/openmetrics-text", "text/plain"])
def test_an_invalid_version_in_the_accept_header_is_tolerated(here: TestClient, kind: str, version: str) -> None:
    answer = here.get("/metrics", headers={b"Accept": f"{kind};version={version}".encode("latin-1")})

    assert answer.status_code == 200
    assert "\nrcstats_store_up 1.0\n" in answer.text


UNITS = ("milli", "micro", "minutes", "hours", "days", "_ms", "kilobytes", "mebibytes", "percent", "bits")
ENDS = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


def test_metric_names_follow_prometheus_conventions(here: TestClient, taken: dict[str, Any]) -> None:
    assert taken["collector"]["readings"]
    here.get("/nothing")
    found = families(here)
    names = Counter(family.name for family in found)

    assert names.most_common(1)[0][1] == 1
    assert [name for name in names if not re.fullmatch(r"(rcstats|rocketchat|process)(_[a-z]+)+", name)] == []
    assert [name for name in names if any(unit in name for unit in UNITS)] == []
    for family in found:
        assert re.fullmatch(r"[A-Z0-9].{4,}\.", family.documentation), family.name
        assert family.samples, family.name
        assert all(sample.name.endswith(ENDS[family.type]) for sample in family.samples), family.name
        if family.type == "gauge":
            assert not family.name.endswith(("_total", "_count", "_sum", "_bucket", "_created")), family.name


def test_each_metric_is_unique_and_its_labels_are_bounded(here: TestClient, taken: dict[str, Any]) -> None:
    for path in ("/health", "/nothing", "/metrics", LIST):
        here.get(path)
    found: dict[str, set[str]] = {}
    for family in families(here):
        for label, value in (item for sample in family.samples for item in sample.labels.items()):
            found.setdefault(label, set()).add(value)

    assert [name for name, times in Counter(name for name, _ in typed(here)).items() if times > 1] == []
    readings = {reading.name for reading in of_release(catalog.READINGS, NEWEST)}
    assert found["reading"] == readings == set(taken["collector"]["readings"])
    assert found["route"] <= paths(here) | {OTHER}
    assert all(re.fullmatch(r"[1-5]\d\d|online|away|busy|offline", value) for value in found["status"])
    bounded = {"outcome", "asked_for", "state", "type", "room_type", "le", "reading", "route", "status"}
    assert set(found) <= bounded | {"version", *workspace_metrics.ABOUT}
    assert len(typed(here)) < 600
