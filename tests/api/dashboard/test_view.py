"""The view that somebody chooses: by the address, with a period to compare with, and as a file."""

import csv
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database
from selenium.webdriver import Chrome

from tests.api.dashboard.browser import PHONE, Page, afresh
from tests.api.dashboard.serving import served
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(180)


def test_a_view_is_shared_by_its_address(page: Page) -> None:
    page.signed_in(query="?range=90d&plots=rooms,totalThreads,users&compare=before").wait_for_cards().wait_for_plots()

    assert page.titles() == ["Rooms by type", "Users"]
    assert "totalThreads: not in this snapshot." in page.text("#empty")
    assert page.run("return document.querySelector('#range :checked').value") == "90d"
    assert page.find("#compare").is_selected()


def test_what_is_chosen_is_in_the_address_and_outlives_a_reload(page: Page) -> None:
    page.sign_in().wait_for_cards().wait_for_plots()
    page.choose("7d")
    page.wait_for_plots()
    page.find("#chooser summary").click()
    page.run("performance.clearMarks('plots')")
    page.find("#plot-names input[value='users']").click()
    page.wait_for_plots()

    assert "range=7d&plots=active,messages," in page.driver.current_url
    page.driver.refresh()
    page.wait_for_cards().wait_for_plots()
    assert "Users" not in page.titles()
    assert page.run("return document.querySelector('#range :checked').value") == "7d"


def test_any_figure_of_the_dictionary_can_be_plotted(page: Page) -> None:
    page.signed_in(query="?plots=users").wait_for_cards().wait_for_plots()
    page.find("#chooser summary").click()
    page.wait(lambda: page.all("#figure-names option[value='activeUsers']"))
    page.run("performance.clearMarks('plots')")
    page.find("#figure").send_keys("activeUsers")
    page.find("#add-figure button").click()
    page.wait_for_plots()

    assert page.titles() == ["Users", "Enabled accounts"]
    assert page.driver.current_url.endswith("?plots=users,activeUsers")


@pytest.mark.parametrize("query", ["?range=1000y&plots=%3Cb%3E,..,=1%2B1", "?range=2026-13-45..x&plots=,", "?plots="])
def test_an_odd_address_does_no_harm(page: Page, query: str) -> None:
    page.signed_in(query=query).wait_for_cards().wait_for_plots()

    assert page.card("totalUsers") == "1,320"
    assert page.complaints() == []


def test_the_period_before_is_drawn_as_dashes(page: Page) -> None:
    page.signed_in(query="?plots=users").wait_for_cards().wait_for_plots()
    page.run("performance.clearMarks('plots')")
    page.find("#compare").click()
    page.wait_for_plots()
    now, before = page.points(0, 0), page.points(0, 3)

    assert 0 < before[-1] < now[-1]
    assert page.run("return document.querySelector('.picture').chart.data.datasets[3].borderDash") == [4, 4]
    assert "Dashed lines show the period before." in page.text("#range-note")


def test_the_numbers_of_a_plot_are_saved_as_csv(page: Page, tmp_path: Path) -> None:
    page.signed_in(query="?plots=users").wait_for_cards().wait_for_plots()
    to = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.driver.execute_cdp_cmd("Browser.setDownloadBehavior", to)
    page.find(".save").click()
    file = tmp_path / "rcstats-users.csv"
    eventually(file.exists)
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))

    assert list(rows[0]) == ["from", "to", "Accounts", "Enabled accounts", "Online, peak"]
    assert rows[-1]["Accounts"] == "1320"
    assert page.complaints() == []


def test_the_page_fits_a_phone(driver: Chrome, history: Database[Any]) -> None:
    with served(history) as address:
        page = afresh(Page(driver, address).open()).signed_in(PHONE).wait_for_cards().wait_for_plots()
        page.wait(lambda: page.all("#forecast tbody tr"))

        assert page.run("return document.documentElement.scrollWidth") == 390
        frame = "const {clientWidth, scrollWidth} = document.querySelector('#forecast .scroll');"
        assert page.run(f"{frame} return scrollWidth <= clientWidth")
