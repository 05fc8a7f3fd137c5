"""What the page says and shows while the server is away, slow or without its database, and afterwards."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo.database import Database
from selenium.webdriver import Chrome
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collector.demo.mongod import free_port
from tests.api.dashboard.browser import Page, afresh
from tests.api.dashboard.serving import QUIET, fake, served

pytestmark = pytest.mark.timeout(180)

FASTER = 20
CLOCK = f"""
  const [later, limit] = [setTimeout, AbortSignal.timeout.bind(AbortSignal)];
  window.setTimeout = (what, time, ...given) => later(what, time / {FASTER}, ...given);
  AbortSignal.timeout = (time) => limit(time / {FASTER});
"""
NO_MONGODB = {"success": False, "error": "the workspace's MongoDB did not answer in time"}


@contextmanager
def fast_clock(driver: Chrome) -> Iterator[None]:
    """Gives the pages a clock on which their limits and attempts pass twenty times as fast."""
    added = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": CLOCK})
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_after_an_outage_everything_returns_by_itself_with_the_chosen_range(
    driver: Chrome, history: Database[Any]
) -> None:
    port = free_port()
    with fast_clock(driver):
        with served(history, port=port) as address:
            page = afresh(Page(driver, address).open()).sign_in().wait_for_cards().wait_for_plots()
            before = page.points()
        page.run("scrollTo(0, document.body.scrollHeight)")
        page.choose("7d")
        page.wait(lambda: page.problem().startswith("The server does not respond. The figures are those of "))

        edges = "const {top, bottom} = document.getElementById('problem').getBoundingClientRect();"
        assert page.run(f"{edges} return top > 0 && bottom < innerHeight")
        assert page.points() == before
        assert page.text("#plots-problem") == "The plots do not show the chosen view yet."
        assert page.card("totalUsers") == "1,320"
        with served(history, port=port):
            page.wait(lambda: not page.find("#problem").is_displayed())
            page.wait_for_plots()
            assert 160 <= len(page.points()) <= 175
            assert page.driver.current_url.endswith("?range=7d")
            assert page.text("#plots-problem") == ""
    page.complaints()


def test_a_reload_without_the_database_shows_the_page_its_reason_and_a_button(
    driver: Chrome, history: Database[Any]
) -> None:
    state = {"status": 503}
    away = fake("statistics", lambda: NO_MONGODB, lambda: state["status"])
    with served(history, fakes=(away, *QUIET)) as address:
        page = afresh(Page(driver, address).open()).signed_in()
        page.wait(page.problem)

        assert page.problem().startswith(
            "Statistics are not available at the moment: the workspace's MongoDB did not answer in time. The page"
        )
        assert page.find("#board").is_displayed()
        assert len(page.all("#cards .card")) == 10
        assert len(page.titles()) == 10
        assert page.find("#retry").is_displayed()
    page.complaints()


def test_the_button_tries_again_at_once(driver: Chrome, history: Database[Any]) -> None:
    asked: list[str] = []

    async def counted(_: Request) -> Response:
        asked.append("again")
        return JSONResponse(NO_MONGODB, 503)

    with served(history, fakes=(Route("/api/v1/statistics", counted), *QUIET)) as address:
        page = afresh(Page(driver, address).open()).signed_in()
        page.wait(page.problem)
        before = len(asked)
        page.find("#retry").click()
        page.wait(lambda: len(asked) > before)
    page.complaints()


def test_a_server_that_hangs_is_waited_for_visibly_and_then_reported(driver: Chrome, history: Database[Any]) -> None:
    async def hang(_: Request) -> Response:
        await asyncio.sleep(3)
        return JSONResponse(NO_MONGODB, 503)

    with fast_clock(driver), served(history, fakes=(Route("/api/v1/statistics", hang), *QUIET)) as address:
        page = afresh(Page(driver, address).open()).signed_in()
        page.wait(lambda: page.text("#waiting") == "Waiting for the server: newest snapshot …")
        page.wait(lambda: page.problem().startswith("The server has not responded for 10 seconds."))

        assert not page.find("#waiting").is_displayed()
    page.complaints()


def test_one_part_that_fails_costs_itself(driver: Chrome, history: Database[Any]) -> None:
    refused = fake("statistics.forecast", lambda: {"success": False, "error": "no forecast today"}, lambda: 400)
    with served(history, fakes=(refused, *QUIET)) as address:
        page = afresh(Page(driver, address).open()).signed_in().wait_for_cards().wait_for_plots()
        page.wait(lambda: page.text("#forecast-problem") == "no forecast today")

        assert not page.find("#problem").is_displayed()
        assert page.card("totalUsers") == "1,320"
    page.complaints()
