"""The cards, and what they say where numbers are missing or old."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from pymongo.database import Database
from selenium.webdriver import Chrome

from tests.api.conftest import ADMIN
from tests.api.dashboard.browser import Page, afresh
from tests.api.dashboard.serving import filled, newest, served
from tests.api.dashboard.year import FAILED
from tests.factories import nulls, snapshot

pytestmark = pytest.mark.timeout(180)


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


def test_the_failed_reading_is_in_the_health_table(page: Page) -> None:
    page.sign_in().wait_for_cards()
    page.wait(lambda: page.all("#health tbody tr"))
    rows = page.all("#health tbody tr")

    assert len(rows) == 24
    assert str(FAILED["error"]) in rows[3].text
    assert "uploads" in rows[3].text
    assert "none" in rows[0].text


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


def test_before_the_first_snapshot_it_says_so(driver: Chrome, real_database: Database[dict[str, Any]]) -> None:
    filled(real_database, [snapshot("of another workspace")])
    with served(real_database) as address:
        page = afresh(Page(driver, address).open()).sign_in()
        page.wait(lambda: page.text("#taken") == "No snapshot has been taken yet.")

        assert not page.find("#board").is_displayed()


def test_null_is_no_number_and_no_change(driver: Chrome, real_database: Database[dict[str, Any]]) -> None:
    now = datetime.now(UTC)
    filled(
        real_database,
        [
            snapshot(at=now - timedelta(days=1), totalUsers=7, totalMessages=9),
            snapshot(at=now, totalUsers=7, totalMessages=None, **nulls()),
        ],
    )
    with served(real_database) as address:
        page = afresh(Page(driver, address).open()).sign_in().wait_for_cards().wait_for_plots()

        assert page.card("totalMessages") == "–"
        assert "Rocket.Chat itself has no value." in page.text('[data-path="totalMessages"]')
        assert page.all('[data-path="totalMessages"] dd') == []
        assert page.complaints() == []
