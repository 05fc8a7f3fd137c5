"""What the dashboards and pages show is read by the indexes of the store."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from pymongo.database import Database

from collector.mongodb.connection import Client, connect
from collector.store.snapshots import TRENDS
from tests.api.conftest import ADMIN, LIST, client_of
from tests.api.dashboard.serving import filled
from tests.api.dashboard.year import year
from tests.plans import Asked, Plan, needs_no_index, plan

Db = Database[dict[str, Any]]
Request = tuple[str, dict[str, str]]
SERIES = "/api/v1/statistics.series"
API = Path(__file__).parents[2] / "api"
PAGES = [API.parent / "README.md", *sorted(API.rglob("*.md"))]


@pytest.fixture(scope="module")
def history(real_client: Client) -> Iterator[Db]:
    """A year of snapshots, four a day."""
    database = real_client["plans"]
    filled(database, year(datetime.now(UTC))[::6])
    yield database
    real_client.drop_database(database.name)


@pytest.fixture
def plans(history: Db, mongod_url: str) -> Iterator[Callable[[Request], list[Plan]]]:
    """The plans of the queries that a request makes."""
    asked = Asked()
    with connect(mongod_url, "TEST", asked) as client, client_of(client[history.name]) as api:

        def of(request: Request) -> list[Plan]:
            asked.queries.clear()
            path, given = request
            answer = api.get(path, params=given, headers=ADMIN)
            assert answer.status_code == 200, answer.text
            return [plan(history, query) for query in asked.queries if not needs_no_index(query)]

        yield of


def of_grafana() -> Iterator[Request]:
    told = json.loads((API / "grafana" / "infinity.json").read_text(encoding="utf-8"))
    (every,) = [each["query"].split(",") for each in told["templating"]["list"] if each["name"] == "every"]
    for url in (target["url"] for panel in told["panels"] for target in panel.get("targets", ())):
        for width in every:
            address = url.replace("$every", width).replace("${__from:date:iso}", "-365d")
            yield request(address.replace("${__to:date:iso}", "now"))


def of_pages() -> Iterator[Request]:
    """The requests in the pages: addresses, each with the parameters that curl adds to it, and examples in tables."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            more = dict(re.findall(r"--data-urlencode '(\w+)=([^']*)'", block))
            for path, given in map(request, re.findall(r"/api/v1/statistics\.[a-z]+(?:\?[^\s\"']+)?", block)):
                if path == LIST or given:  # the others are names of routes
                    yield path, given | more
        yield from of_table(text)


def of_table(text: str) -> Iterator[Request]:
    for name, row in re.findall(r"^\| `(query|sort|fields)` \| (.*)$", text, re.MULTILINE):
        yield from ((LIST, {name: example}) for example in re.findall(r"`(\{.*?\})`[ .]", row))


def request(address: str) -> Request:
    path, _, query = address.partition("?")
    return path, dict(parse_qsl(query))


def is_covered(request: Request) -> bool:
    """Whether it is a series of statistics that an index has."""
    path, given = request
    return path == SERIES and set(given["fields"].split(",")) <= set(TRENDS)


GRAFANA, SHOWN = list(of_grafana()), list(of_pages())


def test_the_requests_are_found_in_the_files() -> None:
    assert len(GRAFANA) > 50
    assert [path for path, _ in SHOWN].count(LIST) > 3
    assert SERIES in [path for path, _ in SHOWN]
    assert {"query", "sort", "fields", "count"} <= {name for _, given in SHOWN for name in given}


@pytest.mark.parametrize("asked", [*GRAFANA, *SHOWN], ids=str)
def test_what_the_files_show_is_read_by_the_index(plans: Callable[[Request], list[Plan]], asked: Request) -> None:
    found = plans(asked)

    assert found
    for each in found:
        assert each.indexes == {"trends"}, each
        assert "COLLSCAN" not in each.stages, each
        assert not (each.documents and is_covered(asked)), each
        assert not each.sorts or asked == (LIST, {"sort": '{"totalUsers":-1}'}), each


@pytest.mark.parametrize("sort", [1, -1])
@pytest.mark.parametrize("moment", ["$gte", "$lt"])
def test_a_page_by_date_reads_its_own_snapshots_alone(
    plans: Callable[[Request], list[Plan]], sort: int, moment: str
) -> None:
    where = {"createdAt": {moment: {"$date": int(datetime.now(UTC).timestamp() * 1000) - 180 * 24 * 3_600_000}}}
    given = {"query": json.dumps(where), "sort": json.dumps({"createdAt": sort}), "count": "10"}
    page, total = plans((LIST, given))

    assert (page.documents, set(page.indexes), page.sorts) == (10, {"trends"}, False)
    assert total.indexes == {"trends"}


def test_the_page_says_what_other_filters_sort_orders_and_series_cost() -> None:
    text = " ".join((API / "README.md").read_text(encoding="utf-8").split())
    (covered,) = re.findall(r"An index has these statistics: (.*?)\. A series of any other reads each snapshot", text)

    assert "other filters and sort orders read each snapshot that the filter on `createdAt` leaves" in text
    assert set(re.findall(r"`([\w.]+)`", covered)) == set(TRENDS)


def test_the_newest_snapshot_and_the_forecast_are_read_by_the_index(plans: Callable[[Request], list[Plan]]) -> None:
    (newest,) = plans(("/api/v1/statistics", {}))
    forecast = plans(("/api/v1/statistics.forecast", {}))

    assert (newest.documents, set(newest.indexes), newest.sorts) == (1, {"trends"}, False)
    assert {index for each in forecast for index in each.indexes} == {"trends"}
    assert not any(each.sorts for each in forecast)
