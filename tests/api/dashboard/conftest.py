"""A browser, and the page over a year of hourly snapshots."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pymongo.database import Database
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from collector.mongodb.connection import Client
from tests.api.dashboard.browser import Page, afresh
from tests.api.dashboard.serving import event, events, filled, limit, limits, served
from tests.api.dashboard.year import year

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--lang=en-GB"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)


@pytest.fixture(scope="session")
def history(mongod_url: str, real_client: Client) -> Iterator[Database[Any]]:
    """A year of hourly snapshots."""
    assert mongod_url
    name = f"page_{uuid4().hex}"
    now = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    filled(real_client[name], year(now))
    yield real_client[name]
    real_client.drop_database(name)


@pytest.fixture(scope="session")
def address(history: Database[Any]) -> Iterator[str]:
    with served(history, fakes=(limits(limit()), events(event()))) as found:
        yield found


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    if not (BROWSER and DRIVER):
        pytest.skip("there is no chromium with its chromedriver")
    options = ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options, ChromeService(DRIVER))
    yield browser
    browser.quit()


@pytest.fixture
def page(driver: Chrome, address: str) -> Page:
    """Nobody is signed in, and nothing is in the console."""
    found = Page(driver, address).open()
    return afresh(found)
