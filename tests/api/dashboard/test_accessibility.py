"""The page by keyboard, for screen readers, and in both themes."""

from importlib.resources import files as resources

import pytest
from selenium.webdriver import ActionChains, Keys

from tests.api.dashboard.browser import PHONE, TOKEN, USER, WIDE, Page

pytestmark = pytest.mark.timeout(180)


def test_everything_is_reached_and_worked_by_keyboard(page: Page) -> None:
    page.wait(lambda: page.find("#sign-in").is_displayed())
    for text in (USER, Keys.TAB, TOKEN, Keys.ENTER):
        press(page, text)
    page.wait_for_cards().wait_for_plots()
    reached = walked(page)

    assert {"theme", "sign-out", "range", "compare", "info", "link save", "summary", "scroll"} <= reached
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_LEFT):
        page.run("document.querySelector('#range :checked').focus()")
        press(page, key)
    page.run("document.querySelector('.plot summary').focus()")
    press(page, Keys.ENTER)
    page.wait(lambda: page.all(".plot table"))


def press(page: Page, keys: str) -> None:
    ActionChains(page.driver).send_keys(keys).perform()


def walked(page: Page) -> set[str]:
    """What has the focus, one after the other, and visibly, as somebody presses Tab."""
    script = """
      const {id, name, localName, className} = document.activeElement;
      return [id || name || className || localName, document.activeElement.matches(':focus-visible')];
    """
    found: dict[str, bool] = {}
    for _ in range(80):
        press(page, Keys.TAB)
        name, is_seen = page.run(script)
        found[name] = is_seen
    found.pop("body", None)  # between the last one and the first
    assert all(found.values()), found
    return set(found)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_serious(page: Page, theme: str, size: tuple[int, int]) -> None:
    page.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    )
    page.open(size)
    page.wait(lambda: page.find("#sign-in").is_displayed())
    assert serious(page) == []

    page.sign_in().wait_for_cards().wait_for_plots()
    for summary in page.all(".plot summary")[1:3]:  # those of a line a day
        page.run("arguments[0].click()", summary)
    page.wait(lambda: len(page.all(".plot table")) == 2)
    assert serious(page) == []
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody from using the page."""
    source = resources("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page.run(source)
    found = page.driver.execute_async_script("axe.run().then(arguments[0])")
    return [
        f"{violation['id']} {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def test_the_switch_turns_the_theme_and_it_stays(page: Page) -> None:
    page.sign_in().wait_for_plots()
    light = page.find("body").value_of_css_property("background-color")
    page.find("#theme").click()
    dark = page.find("body").value_of_css_property("background-color")
    assert light != dark

    page.open().wait_for_plots()
    assert page.find("body").value_of_css_property("background-color") == dark
    assert page.complaints() == []
