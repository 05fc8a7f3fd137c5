"""The plots, their ranges and their tables."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.api.dashboard.browser import TOKEN, USER, Page, afresh
from tests.api.dashboard.serving import served

pytestmark = pytest.mark.timeout(180)


def test_the_whole_page_makes_no_complaint_and_gives_no_token_away(page: Page) -> None:
    page.sign_in().wait_for_cards().wait_for_plots()

    assert page.complaints() == []
    assert len(page.all(".picture canvas")) == len(page.titles()) == 9
    assert not any("token" in url or USER in url.partition("?")[2] for url in page.requested())
    assert TOKEN not in page.html()
    assert page.run("return document.querySelector('#token').value") == ""
    assert page.run("return [localStorage.length, document.cookie]") == [0, ""]


def test_a_gap_is_shown_as_a_gap_and_a_plot_has_few_points(page: Page) -> None:
    page.sign_in().wait_for_plots()

    users = page.points()
    assert 200 < len(users) <= 400
    assert users[-1] == 1320
    assert users.count(None) == 1


@pytest.mark.parametrize(("choice", "least", "most"), [("7d", 160, 175), ("365d", 350, 370), ("all", 350, 370)])
def test_another_range_has_another_plot(page: Page, choice: str, least: int, most: int) -> None:
    page.sign_in().wait_for_plots()
    before = page.points()
    page.choose(choice)
    page.wait_for_plots()

    assert page.points() != before
    assert least <= len(page.points()) <= most


def test_a_range_from_a_day_to_another(page: Page) -> None:
    page.sign_in().wait_for_plots()
    page.find("#range label:has([value='custom'])").click()
    assert not page.all("#plots[aria-busy='true']")  # nothing is asked for before the days are chosen
    assert page.run("return document.getElementById('to').value") == str(datetime.now(UTC).date())
    page.run("performance.clearMarks('plots')")
    show(page, 9, 7)
    page.wait_for_plots()

    assert 70 <= len(page.points()) <= 74
    assert "range=" in page.driver.current_url


def show(page: Page, first: int, last: int) -> None:
    """Asks for the days from one age to another."""
    today = datetime.now(UTC).date()
    for field, age in (("from", first), ("to", last)):
        value = str(today - timedelta(days=age))
        page.run("document.getElementById(arguments[0]).value = arguments[1]", field, value)
    page.find("#custom button").click()


def test_a_range_that_ends_before_it_begins_is_refused_where_it_is_chosen(page: Page) -> None:
    page.sign_in().wait_for_plots()
    page.find("#range label:has([value='custom'])").click()
    show(page, 7, 9)

    assert page.text("#range-problem") == "Select a first day, and a last day that is not earlier."


def test_a_range_without_snapshots_says_so_once(page: Page) -> None:
    page.signed_in(query="?range=2019-03-01..2019-04-01").wait_for_cards().wait_for_plots()

    assert page.titles() == []
    assert page.text("#range-note").startswith("No snapshots between Mar 1, 2019 and Apr 1, 2019. The oldest is of ")
    assert page.text("#empty") == ""


def test_the_numbers_of_a_plot_are_a_table_on_demand(page: Page) -> None:
    page.sign_in().wait_for_plots()
    box = page.find(".plot")
    assert not page.all(".plot table")
    box.find_element(By.CSS_SELECTOR, "summary").click()
    page.wait(lambda: page.all(".plot table"))

    newest_row = page.all(".plot tbody tr")[0].text
    assert "1,320" in newest_row
    assert "maximum" in str(page.find(".picture").get_attribute("aria-label"))


def test_the_forecast_is_labelled_as_such_and_has_an_interval(page: Page) -> None:
    page.sign_in()
    page.wait(lambda: page.all("#forecast tbody tr"))

    assert page.text("#forecast p").startswith("Forecast from the last ")
    assert page.text("#forecast tbody tr th") == "Accounts"
    assert " to " in page.text("#forecast tbody td:nth-of-type(2)")


def test_a_year_is_there_soon(page: Page, record_property: Callable[[str, object], None]) -> None:
    page.run("sessionStorage.setItem('rcstats.login', arguments[0])", json.dumps({"userId": USER, "token": TOKEN}))
    page.open().wait_for_cards().wait_for_plots()
    marks = "return ['cards', 'plots'].map((name) => performance.getEntriesByName(name)[0].startTime)"
    cards, plots = page.run(marks)
    page.choose("365d")
    begun = page.run("return performance.now()")
    page.wait_for_plots()
    year = page.run(marks)[1] - begun

    for name, milliseconds in (("cards", cards), ("whole page", plots), ("a year", year)):
        record_property(name, round(milliseconds))
    assert cards < 15_000
    assert plots < 60_000
    assert year < 60_000


def test_without_chartjs_the_numbers_are_there_all_the_same(driver: Chrome, history: Database[Any]) -> None:
    with served(history, chart=lambda: None) as address:
        page = afresh(Page(driver, address).open()).sign_in().wait_for_cards().wait_for_plots()

        assert "chartkick is not installed" in page.text("#range-note")
        page.find(".plot summary").click()
        page.wait(lambda: "1,320" in page.all(".plot tbody tr")[0].text)
        assert page.complaints() == []
