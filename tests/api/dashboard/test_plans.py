"""What the page asks for is read by the indexes of the store."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo.database import Database
from selenium.webdriver import Chrome

from collector.mongodb.connection import connect
from tests.api.dashboard.browser import Page, afresh
from tests.api.dashboard.serving import served
from tests.plans import Asked, needs_no_index, plan

QUERIES = 9  # of the page: newest, lists, series and forecast


@pytest.fixture
def heard() -> Asked:
    return Asked()


@pytest.fixture
def page(driver: Chrome, history: Database[Any], mongod_url: str, heard: Asked) -> Iterator[Page]:
    with connect(mongod_url, "TEST", heard) as client, served(client[history.name]) as address:
        yield afresh(Page(driver, address).open())


def test_each_range_of_the_page_is_read_by_the_index(page: Page, history: Database[Any], heard: Asked) -> None:
    page.sign_in().wait_for_cards().wait_for_plots()
    for choice in ("7d", "365d", "all"):
        page.choose(choice)
        page.wait_for_plots()

    found = [plan(history, query) for query in heard.queries if not needs_no_index(query)]
    assert len(found) > QUERIES
    for each in found:
        assert each.indexes in ({"trends"}, {"_id_"}), each  # snapshots that are not in memory are read by their ids
        assert not each.sorts, each
        assert "COLLSCAN" not in each.stages, each
