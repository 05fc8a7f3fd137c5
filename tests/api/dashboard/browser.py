"""The page as somebody uses it, in a real browser."""

import json
from collections.abc import Callable
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.api.conftest import ADMIN

USER, TOKEN = ADMIN["X-User-Id"], ADMIN["X-Auth-Token"]

WIDE, PHONE = (1440, 1000), (390, 844)


class Page:
    """The page as somebody uses it."""

    def __init__(self, driver: Chrome, address: str) -> None:
        self.driver = driver
        self.address = address

    def open(self, size: tuple[int, int] = WIDE, query: str = "") -> "Page":
        view = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", view)
        self.driver.get(self.address + query)
        return self

    def signed_in(self, size: tuple[int, int] = WIDE, query: str = "") -> "Page":
        """The page of somebody who has signed in in this tab before."""
        self.run("sessionStorage.setItem('rcstats.login', arguments[0])", json.dumps({"userId": USER, "token": TOKEN}))
        return self.open(size, query)

    def sign_in(self, user: str = USER, token: str = TOKEN, *, stay: bool = False) -> "Page":
        self.wait(lambda: self.find("#sign-in").is_displayed())
        self.find("#user-id").send_keys(user)
        self.find("#token").send_keys(token)
        if stay:
            self.find("#stay").click()
        self.find("#login button[type=submit]").click()
        return self

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def wait(self, true: Callable[[], object], seconds: float = 30) -> None:
        WebDriverWait(self.driver, seconds, 0.05).until(lambda _: true())

    def text(self, selector: str) -> str:
        return self.find(selector).text

    def wait_for_cards(self) -> "Page":
        self.wait(lambda: self.run("return performance.getEntriesByName('cards').length > 0"))
        return self

    def wait_for_plots(self) -> "Page":
        self.wait(lambda: self.run("return performance.getEntriesByName('plots').length > 0"))
        self.wait(lambda: not self.all("[aria-busy='true']"))
        return self

    def card(self, path: str) -> str:
        return self.text(f'[data-path="{path}"] .number')

    def choose(self, choice: str) -> None:
        self.run("performance.clearMarks('plots')")
        self.find(f"#range label:has([value='{choice}'])").click()

    def titles(self) -> list[str]:
        """The plots that are shown."""
        return [each.text for each in self.all(".plot h3") if each.is_displayed()]

    def problem(self) -> str:
        return self.text("#problem-text")

    def points(self, plot: int = 0, line: int = 0) -> list[Any]:
        """The values of a line as they are drawn."""
        script = """
          const {data} = document.querySelectorAll('.picture')[arguments[0]].chart.data.datasets[arguments[1]];
          return data.map(({y}) => y);
        """
        return list(self.run(script, plot, line))

    def requested(self) -> list[str]:
        """The URLs of everything that was asked for."""
        script = "return performance.getEntries().filter(({name}) => name.startsWith('http')).map(({name}) => name)"
        return list(self.run(script))

    def html(self) -> str:
        return str(self.run("return document.documentElement.outerHTML"))

    def complaints(self) -> list[str]:
        """What the browser's console has that is no mere note; a refused stylesheet or script is among it."""
        log = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in log if entry["level"] in {"SEVERE", "WARNING"}]


def afresh(page: Page) -> Page:
    page.run("localStorage.clear(); sessionStorage.clear()")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    page.driver.get("about:blank")
    page.complaints()
    return page.open()
