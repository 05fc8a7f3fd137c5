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


def test_a_card_says_how_its_number_changed_in_a_week(page: Page) -> None:
    page.sign_in().wait_for_cards().wait_for_plots()
    parameters = {"fields": "totalUsers", "every": "1d", "start": "-32d"}
    days = httpx2.get(f"{page.address}api/v1/statistics.series", headers=ADMIN, params=parameters).json()
    taken = datetime.fromisoformat(newest(page.address)["createdAt"])
    was = last(days, taken - timedelta(days=7))

    page.wait(lambda: page.text('[data-path="totalUsers"] .change'))
    text = page.text('[data-path="totalUsers"] .change')
    assert text.startswith(f"+{1320 - was} in 7 days (+")
    assert text.endswith("%)")
    assert page.all('[data-path="totalUsers"] .spark polyline')


def last(days: dict[str, Any], until: datetime) -> int:
    """The value of the last day that had begun by then."""
    known = [n for n, at in enumerate(days["at"]) if datetime.fromisoformat(at) <= until]
    return int(days["series"]["totalUsers"][known[-1]])


def test_a_figure_has_one_name_and_no_two_figures_share_it(page: Page) -> None:
    page.sign_in().wait_for_cards().wait_for_plots()
    names = [each.text for each in page.all("#cards h3")]

    assert len(set(names)) == len(names) == 10
    assert names[:2] == ["Accounts", "Enabled accounts"]
    assert page.text('[data-name="users"] .legend').startswith("Accounts 1,320")


def test_the_definition_stands_where_the_figure_stands(page: Page) -> None:
    page.sign_in().wait_for_cards()
    page.find('[data-path="totalUsers"] .info').click()
    page.wait(lambda: "All accounts, including bots" in page.text("#definition"))

    assert "totalUsers" in page.text("#definition")


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
        assert "taken 5 hours ago · old figures: no new snapshot since" in page.text("#taken")
        assert page.complaints() == []


def test_the_head_names_the_workspace_as_text(driver: Chrome, real_database: Database[dict[str, Any]]) -> None:
    named = snapshot(at=datetime.now(UTC), totalUsers=7)
    named["collector"] |= {"workspaceName": "Acme <b>Chat</b>", "site": "east", "timezone": "Europe/Berlin"}
    filled(real_database, [named])
    with served(real_database) as address:
        page = afresh(Page(driver, address).open()).signed_in().wait_for_cards().wait_for_plots()

        assert page.text("#workspace") == "Acme <b>Chat</b> (east)"
        assert page.driver.title == "Acme <b>Chat</b> (east) · rcstats"
        assert page.text("#zone") == "Times are in Europe/Berlin."


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
        assert page.all('[data-path="totalMessages"] .change') == []
        assert page.complaints() == []
