"""The page at `/` in a real browser, over a year of hourly snapshots."""

import json
import math
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.resources import files as resources
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import uvicorn
from pymongo.database import Database
from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from api.access.admission import Admission
from api.app import create
from api.caching.responses import ResponseCache
from api.dashboard import static_files
from api.routes.health import Status
from api.routes.statistics import Statistics
from collector.demo.mongod import free_port
from collector.mongodb.connection import Client
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store
from tests.api.conftest import ADMIN, LIST, PLAIN
from tests.factories import insert, keep, login, permission, setting, snapshot
from tests.waiting import eventually

USER, TOKEN = ADMIN["X-User-Id"], ADMIN["X-Auth-Token"]
BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--lang=en-GB"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
WIDE, PHONE = (1440, 1000), (390, 844)
HOURS = 365 * 24
READINGS = {f"reading_{n}": {"ok": True, "seconds": 0.0012} for n in range(50)}
FAILED = {"ok": False, "seconds": 15.0, "error": "MongoDB stopped it after 15 s"}

browser_needed = pytest.mark.skipif(not (BROWSER and DRIVER), reason="there is no chromium with its chromedriver")
pytestmark = pytest.mark.timeout(180)


def hourly(age: int, now: datetime) -> dict[str, Any]:
    """A snapshot of so many hours ago, of a workspace that grows and sleeps at night."""
    chance, at = random.Random(age), now - timedelta(hours=age)  # noqa: S311
    grown, day = 1 - age / HOURS / 2, math.sin((at.hour - 8) / 12 * math.pi) * 0.45 + 0.55
    weekday = 1.0 if at.weekday() < 5 else 0.3

    def some(number: float, share: float = 0.02) -> int:
        return round(number * grown * chance.uniform(1 - share, 1 + share))

    messages = {f"total{kind}Messages": round(n * grown) for kind, n in MESSAGES.items()}
    found = snapshot(at=at, slot=at.replace(minute=0), version="7.10.0")
    found |= {f"total{kind}": round(n * grown) for kind, n in ROOMS.items()} | messages
    found |= {"totalUsers": round(1320 * grown), "activeUsers": round(1100 * grown)}
    found |= {"onlineUsers": some(420 * day * weekday, 0.1), "totalMessages": sum(messages.values())}
    found |= {"uploadsTotal": round(21_000 * grown), "uploadsTotalSize": round(38 * 2**30 * grown)}
    found["uniqueUsersOfYesterday"] = users(round(520 * grown * (1.0 if (at.weekday() - 1) % 7 < 5 else 0.35)))
    found["uniqueUsersOfLastWeek"] = users(round(730 * grown))
    found["uniqueUsersOfLastMonth"] = users(round(910 * grown))
    load, free = day * weekday * 2.4 + chance.random() * 0.6, 9 - 3 * day * weekday + chance.random()
    return found | {"os": {"loadavg": [load, 1, 1], "totalmem": 16 * 2**30, "freemem": round(free * 2**30)}}


ROOMS = {"Rooms": 2290, "Channels": 310, "PrivateGroups": 420, "Direct": 1380, "Discussions": 96, "Livechat": 180}
MESSAGES = {"Channel": 410_000, "PrivateGroup": 260_000, "Direct": 340_000, "Discussions": 42_000, "Livechat": 18_000}


def users(count: int) -> dict[str, Any]:
    return {"year": 2026, "month": 1, "day": 1, "data": [{"count": count, "sessions": count * 4, "roles": []}]}


def year(now: datetime) -> list[dict[str, Any]]:
    """The newest is of a minute ago, in that of three hours before a reading failed, and two days have none."""
    found = [hourly(age, now) for age in range(HOURS) if age not in range(400, 448)]
    for document in found:
        document["collector"] |= {"readings": dict(READINGS), "seconds": 0.84, "timezone": "Europe/Berlin"}
    found[3]["collector"]["readings"]["uploads"] = FAILED
    return found


def filled(database: Database[Any], documents: list[dict[str, Any]]) -> None:
    insert(database, Collection.SETTINGS, setting("uniqueID", "workspace"))
    people = login(USER, TOKEN, ["user", "admin"]), login("plain", PLAIN["X-Auth-Token"], ["user"])
    insert(database, Collection.USERS, *people)
    insert(database, Collection.PERMISSIONS, permission(["admin"]))
    Store(database).prepare()
    keep(database, *documents)


@contextmanager
def served(
    database: Database[Any],
    prefix: str = "",
    calls: int = 0,
    plotly: Callable[[], Path | None] = static_files.installed_plotly,
) -> Iterator[str]:
    """The address of the real application over a database, also behind a prefix."""
    workspace, store = RocketChat(database), Store(database)
    answers = ResponseCache(Admission(workspace, calls=calls), store, keep=2**24)
    app = create(answers, Statistics(answers, store, Future, (), "Europe/Berlin"), Status({}), plotly=plotly)
    whole = Starlette(routes=[Mount(prefix, app)]) if prefix else app
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(whole, port=port, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started)
        yield f"http://127.0.0.1:{port}{prefix}/"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def history(mongod_url: str, real_client: Client) -> Iterator[Database[Any]]:
    """A year of hourly snapshots."""
    assert mongod_url
    name = f"page_{uuid4().hex}"
    now = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    filled(real_client[name], year(now))
    yield real_client[name]
    real_client.drop_database(name)


@pytest.fixture(scope="module")
def address(history: Database[Any]) -> Iterator[str]:
    with served(history) as found:
        yield found


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = BROWSER or ""
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options, ChromeService(DRIVER))
    yield browser
    browser.quit()


class Page:
    """The page as somebody uses it."""

    def __init__(self, driver: Chrome, address: str) -> None:
        self.driver = driver
        self.address = address

    def open(self, size: tuple[int, int] = WIDE) -> "Page":
        view = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", view)
        self.driver.get(self.address)
        return self

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
        self.wait(lambda: self.all("#cards .changes dd"))
        return self

    def wait_for_plots(self) -> "Page":
        self.wait(lambda: self.run("return performance.getEntriesByName('plots').length > 0"))
        self.wait(lambda: not self.all("#plots[aria-busy]"))
        return self

    def card(self, path: str) -> str:
        return self.text(f'[data-path="{path}"] .number')

    def choose(self, choice: str) -> None:
        self.run("performance.clearMarks('plots')")
        self.find(f"#range label:has([value='{choice}'])").click()

    def points(self, plot: int = 0, line: int = 0) -> list[Any]:
        """The values of a line as they are drawn."""
        script = "return document.querySelectorAll('.picture')[arguments[0]].data[arguments[1]].y"
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


@pytest.fixture
def page(driver: Chrome, address: str) -> Page:
    """Nobody is signed in, and nothing is in the console."""
    found = Page(driver, address).open()
    return afresh(found)


def afresh(page: Page) -> Page:
    page.run("localStorage.clear(); sessionStorage.clear()")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    page.driver.get("about:blank")
    page.complaints()
    return page.open()


def newest(address: str) -> dict[str, Any]:
    return dict(httpx2.get(f"{address}api/v1/statistics", headers=ADMIN).json())


@browser_needed
def test_signed_in_by_the_form_the_cards_have_the_numbers_of_the_api(page: Page) -> None:
    page.sign_in().wait_for_cards()
    now = newest(page.address)

    for path in ("totalUsers", "activeUsers", "onlineUsers", "totalRooms", "totalMessages", "uploadsTotal"):
        assert page.card(path) == f"{now[path]:,}"
    assert page.card("uploadsTotalSize") == "38 GiB"
    for period in ("Yesterday", "LastWeek", "LastMonth"):
        count = now[f"uniqueUsersOf{period}"]["data"][0]["count"]
        assert page.card(f"uniqueUsersOf{period}.data.0.count") == f"{count:,}"
    assert "taken" in page.text("#taken")
    assert "minute" in page.text("#taken")


@browser_needed
def test_a_card_says_how_its_number_changed(page: Page) -> None:
    page.sign_in().wait_for_cards()
    parameters = {"fields": "totalUsers", "every": "1d", "start": "-32d"}
    days = httpx2.get(f"{page.address}api/v1/statistics.series", headers=ADMIN, params=parameters).json()
    taken = datetime.fromisoformat(newest(page.address)["createdAt"])
    before = [last(days, taken - timedelta(days=age)) for age in (1, 7, 30)]

    assert before[0] >= before[1] > before[2]
    assert [each.text for each in page.all('[data-path="totalUsers"] dd')] == [change(1320 - was) for was in before]


def last(days: dict[str, Any], until: datetime) -> int:
    """The value of the last day that had begun by then."""
    known = [n for n, at in enumerate(days["at"]) if datetime.fromisoformat(at) <= until]
    return int(days["series"]["totalUsers"][known[-1]])


def change(number: int) -> str:
    return f"+{number}" if number else "±0"


@browser_needed
def test_the_whole_page_makes_no_complaint_and_gives_no_token_away(page: Page) -> None:
    page.sign_in().wait_for_cards().wait_for_plots()

    assert page.complaints() == []
    assert len(page.all(".picture .main-svg")) >= len(page.all(".picture")) == 9
    assert not any("token" in url or USER in url.partition("?")[2] for url in page.requested())
    assert TOKEN not in page.html()
    assert page.run("return document.querySelector('#token').value") == ""
    assert page.run("return [localStorage.length, document.cookie]") == [0, ""]


@browser_needed
def test_a_gap_is_shown_as_a_gap_and_a_plot_has_few_points(page: Page) -> None:
    page.sign_in().wait_for_plots()

    users = page.points()
    assert 200 < len(users) <= 400
    assert users[-1] == 1320
    assert users.count(None) == 1


@browser_needed
@pytest.mark.parametrize(("choice", "least", "most"), [("7d", 160, 175), ("365d", 350, 370), ("all", 350, 370)])
def test_another_range_has_another_plot(page: Page, choice: str, least: int, most: int) -> None:
    page.sign_in().wait_for_plots()
    before = page.points()
    page.choose(choice)
    page.wait_for_plots()

    assert page.points() != before
    assert least <= len(page.points()) <= most


@browser_needed
def test_a_range_from_a_day_to_another(page: Page) -> None:
    page.sign_in().wait_for_plots()
    page.choose("custom")
    today = datetime.now(UTC).date()
    for field, age in (("from", 9), ("to", 7)):
        value = str(today - timedelta(days=age))
        page.run("document.getElementById(arguments[0]).value = arguments[1]", field, value)
    page.find("#custom button").click()
    page.wait_for_plots()

    assert 70 <= len(page.points()) <= 74


@browser_needed
def test_the_numbers_of_a_plot_are_a_table_on_demand(page: Page) -> None:
    page.sign_in().wait_for_plots()
    box = page.find(".plot")
    assert not page.all(".plot table")
    box.find_element(By.CSS_SELECTOR, "summary").click()
    page.wait(lambda: page.all(".plot table"))

    newest_row = page.all(".plot tbody tr")[0].text
    assert "1,320" in newest_row
    assert "maximum" in str(page.find(".picture").get_attribute("aria-label"))


@browser_needed
def test_the_failed_reading_is_in_the_health_table(page: Page) -> None:
    page.sign_in().wait_for_cards()
    page.wait(lambda: page.all("#health tbody tr"))
    rows = page.all("#health tbody tr")

    assert len(rows) == 24
    assert str(FAILED["error"]) in rows[3].text
    assert "uploads" in rows[3].text
    assert "none" in rows[0].text


@browser_needed
def test_the_forecast_is_labelled_as_such_and_has_an_interval(page: Page) -> None:
    page.sign_in()
    page.wait(lambda: page.all("#forecast tbody tr"))

    assert page.text("#forecast p").startswith("A forecast from the last ")
    assert page.text("#forecast tbody tr th") == "Users"
    assert " to " in page.text("#forecast tbody td:nth-of-type(2)")


@browser_needed
def test_a_wrong_token_and_a_missing_permission_are_told_in_plain_words(page: Page) -> None:
    page.sign_in(token="wrong")
    page.wait(lambda: page.find("#problem").is_displayed())
    assert page.text("#problem") == "The user ID or the token is wrong, or this login has expired."

    page.find("#user-id").clear()
    page.sign_in("plain", PLAIN["X-Auth-Token"])
    page.wait(lambda: "permission view-statistics" in page.text("#problem"))
    assert not page.find("#board").is_displayed()
    assert page.run("return sessionStorage.getItem('rcstats.login')") is None


@browser_needed
def test_a_token_that_no_header_can_carry_is_a_wrong_one(page: Page) -> None:
    page.sign_in(token="tökën – ☃")
    page.wait(lambda: page.find("#problem").is_displayed())

    assert page.text("#problem") == "The user ID or the token is wrong, or this login has expired."


@browser_needed
def test_the_login_of_rocketchats_own_client_is_used_behind_its_address_and_never_written(
    driver: Chrome, history: Database[Any]
) -> None:
    with served(history, "/rcstats") as behind:
        page = afresh(Page(driver, behind).open())
        keys = {"Meteor.userId": USER, "Meteor.loginToken": TOKEN}
        page.run("for (const [key, value] of Object.entries(arguments[0])) localStorage.setItem(key, value)", keys)
        page.open().wait_for_cards().wait_for_plots()
        assert page.complaints() == []
        assert page.run("return {...localStorage}") == keys

        page.find("#sign-out").click()
        page.open()
        page.wait(lambda: page.find("#sign-in").is_displayed())
        assert page.run("return {...localStorage}") == keys
        page.find("#use-chat").click()
        page.wait_for_cards()


@browser_needed
def test_a_login_lasts_as_long_as_the_tab_or_as_long_as_somebody_wants(page: Page) -> None:
    page.sign_in().wait_for_cards()
    assert page.run("return localStorage.length") == 0
    page.open().wait_for_cards()
    page.find("#sign-out").click()

    page.sign_in(stay=True).wait_for_cards()
    page.run("sessionStorage.clear()")
    page.open().wait_for_cards()
    page.find("#sign-out").click()
    assert page.run("return localStorage.length") == 0


@browser_needed
def test_too_many_requests_and_a_server_that_went_away(driver: Chrome, history: Database[Any]) -> None:
    with served(history, calls=3) as address:
        page = afresh(Page(driver, address).open()).sign_in()
        page.wait(lambda: "Too many requests. Please wait" in page.text("#problem"))
        page.run("performance.clearMarks()")
    page.run("document.querySelector('#range [value=\"7d\"]').click()")
    page.wait(lambda: page.text("#problem").startswith("The server does not respond"))

    assert page.card("totalUsers") == "1,320"
    page.complaints()


@browser_needed
def test_what_was_not_read_has_a_reason_and_old_numbers_a_warning(
    driver: Chrome, real_database: Database[dict[str, Any]]
) -> None:
    old = snapshot(at=datetime.now(UTC) - timedelta(hours=5), totalUsers=7)
    old["collector"]["unavailable"] = {"totalMessages": "the reading rooms failed", "uploadsTotal": "<b>not</b> read"}
    filled(real_database, [old])
    with served(real_database) as address:
        page = afresh(Page(driver, address).open()).sign_in().wait_for_cards().wait_for_plots()

        assert page.card("totalMessages") == "–"
        assert "the reading rooms failed" in page.text('[data-path="totalMessages"]')
        assert "<b>not</b> read" in page.text('[data-path="uploadsTotal"]')
        assert "taken 5 hours ago · no new snapshot" in page.text("#taken")
        assert page.complaints() == []


@browser_needed
def test_before_the_first_snapshot_it_says_so(driver: Chrome, real_database: Database[dict[str, Any]]) -> None:
    filled(real_database, [snapshot("of another workspace")])
    with served(real_database) as address:
        page = afresh(Page(driver, address).open()).sign_in()
        page.wait(lambda: page.text("#taken") == "No snapshot has been taken yet.")

        assert not page.find("#board").is_displayed()


@browser_needed
def test_everything_is_reached_and_worked_by_keyboard(page: Page) -> None:
    page.wait(lambda: page.find("#sign-in").is_displayed())
    for text in (USER, Keys.TAB, TOKEN, Keys.ENTER):
        press(page, text)
    page.wait_for_cards().wait_for_plots()
    reached = walked(page)

    assert {"theme", "sign-out", "range", "summary", "scroll"} <= reached
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_LEFT):
        page.run("document.querySelector('#range :checked').focus()")
        press(page, key)
    page.run("document.querySelector('summary').focus()")
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
    for _ in range(24):
        press(page, Keys.TAB)
        name, is_seen = page.run(script)
        found[name] = is_seen
    found.pop("body", None)  # between the last one and the first
    assert all(found.values()), found
    return set(found)


@browser_needed
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
    for summary in page.all("summary")[1:3]:  # those of a line a day
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


@browser_needed
def test_the_switch_turns_the_theme_and_it_stays(page: Page) -> None:
    page.sign_in().wait_for_plots()
    light = page.find("body").value_of_css_property("background-color")
    page.find("#theme").click()
    dark = page.find("body").value_of_css_property("background-color")
    assert light != dark

    page.open().wait_for_plots()
    assert page.find("body").value_of_css_property("background-color") == dark
    assert page.complaints() == []


@browser_needed
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


@browser_needed
def test_without_plotly_the_numbers_are_there_all_the_same(driver: Chrome, history: Database[Any]) -> None:
    with served(history, plotly=lambda: None) as address:
        page = afresh(Page(driver, address).open()).sign_in().wait_for_cards().wait_for_plots()

        assert "plotly is not installed" in page.text("#range-note")
        page.find("summary").click()
        page.wait(lambda: "1,320" in page.all(".plot tbody tr")[0].text)
        assert page.complaints() == []


def test_the_page_names_only_what_is_there_and_by_relative_addresses(anonymous: TestClient) -> None:
    answer = anonymous.get("/")
    named = {part.split('"')[0] for part in answer.text.split('="page/')[1:]}

    assert {"page.js", "page.css", "theme.js"} <= named
    for name in named:
        assert anonymous.get(f"/page/{name}").status_code == 200
    assert 'href="/' not in answer.text
    assert 'src="/' not in answer.text


def test_the_pages_policy_is_strict(anonymous: TestClient) -> None:
    headers = anonymous.get("/").headers

    assert "default-src 'none'; script-src 'self';" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/page/page.js", "/page/page.css", "/page/plotly.min.js"])
def test_a_file_is_not_sent_again_to_who_has_it(anonymous: TestClient, path: str) -> None:
    tag = anonymous.get(path).headers["etag"]

    assert anonymous.get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_plotly_travels_in_few_bytes_and_is_kept_by_its_release(anonymous: TestClient, encoding: str) -> None:
    (address,) = [part.split('"')[0] for part in anonymous.get("/").text.split('data-plotly="')[1:]]
    with anonymous.stream("GET", f"/{address}", headers={"Accept-Encoding": encoding}) as answer:
        raw = b"".join(answer.iter_raw())

    assert answer.headers["content-encoding"] == encoding
    assert len(raw) < 2_000_000
    assert "immutable" in answer.headers["cache-control"]
    assert anonymous.get("/page/plotly.min.js?v=0").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/page/", "/page/static_files.py", "/page/none.js", "/page/..%2fapp.py", "/page/index.html"]
)
def test_nothing_else_is_served(anonymous: TestClient, path: str) -> None:
    assert anonymous.get(path).status_code == 404


def test_the_page_is_small() -> None:
    folder = Path(static_files.__file__).parent
    sizes = {kind: sum(path.stat().st_size for path in folder.glob(f"*.{kind}")) for kind in ("js", "css")}

    assert sizes["js"] < 34_000
    assert sizes["css"] < 10_000


def test_the_api_that_it_asks_is_there(anonymous: TestClient) -> None:
    assert anonymous.get(LIST).status_code == 401
