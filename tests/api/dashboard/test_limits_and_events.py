"""Limits and events, as their routes tell them."""

from typing import Any

import pytest
from pymongo.database import Database
from selenium.webdriver import Chrome

from tests.api.dashboard.browser import Page, afresh
from tests.api.dashboard.serving import after, event, events, fake, limit, limits, served

pytestmark = pytest.mark.timeout(180)


def test_the_limits_come_first_each_with_what_is_left(driver: Chrome, history: Database[Any]) -> None:
    reached = {"date": after(20), "earliest": after(12), "latest": after(40)}
    support = limit(title="Support", used=None, allowed=None, share=None, left=3, date=after(3), state="critical")
    ended = support | {"title": "MongoDB", "left": 0, "date": None, "state": "reached", "source": "MongoDB 6.0"}
    with served(history, fakes=(limits(limit(reached=reached), support, ended), events())) as address:
        page = afresh(Page(driver, address).open()).signed_in().wait_for_cards()
        page.wait(lambda: len(page.all(".limit")) == 3)
        seats, end, without_date = page.all(".limit")

        assert "5 left" in seats.text
        assert "45 of 50 (90%), reached about" in seats.text
        assert "warning" in str(seats.get_attribute("class"))
        assert page.find(".limit progress").get_attribute("aria-label") == "Seats: 45 of 50"
        assert "in 3 days" in end.text
        assert without_date.text.split("\n") == ["MongoDB", "reached", "MongoDB 6.0"]
        assert page.run("return document.querySelector('h2:not(#sign-in-title)').textContent") == "Limits"
        assert page.complaints() == []


def test_the_servers_own_routes_are_asked(driver: Chrome, history: Database[Any]) -> None:
    with served(history, fakes=()) as address:
        page = afresh(Page(driver, address).open()).signed_in().wait_for_cards()
        page.wait(lambda: page.text("#limits-note").startswith("No limits apply to this workspace"))

        assert page.complaints() == []


def test_a_server_without_limits_costs_one_line(driver: Chrome, history: Database[Any]) -> None:
    missing = fake("statistics.limits", lambda: {"success": False}, lambda: 404)
    with served(history, fakes=(missing, events())) as address:
        page = afresh(Page(driver, address).open()).signed_in().wait_for_cards()
        page.wait(lambda: page.text("#limits-note") == "This server does not report limits.")

        assert not page.find("#problem").is_displayed()
    page.complaints()


def test_events_are_listed_and_marked_on_the_plots_as_text(driver: Chrome, history: Database[Any]) -> None:
    upgrade = event(text="Rocket.Chat 7.9.1 to 7.10.0")
    note = event(at=after(-9), since=None, kind="note", text="<img src=x onerror=alert(1)>", id="1")
    with served(history, fakes=(limits(), events(upgrade, note))) as address:
        page = afresh(Page(driver, address).open()).signed_in().wait_for_cards().wait_for_plots()

        assert "upgrade\nRocket.Chat 7.9.1 to 7.10.0" in page.text("#events-list")
        assert "<img src=x" in page.text("#events-list")
        marks = "return document.querySelector('.picture').chart.options.plugins.marks.events.length"
        assert page.run(marks) == 2
        assert page.complaints() == []


def test_many_events_are_folded(driver: Chrome, history: Database[Any]) -> None:
    many = [event(at=after(-n / 10), kind="restart", text=f"Instance {n}") for n in range(1, 30)]
    with served(history, fakes=(limits(), events(*many))) as address:
        page = afresh(Page(driver, address).open()).signed_in().wait_for_cards().wait_for_plots()

        assert len(page.all("#events-list li")) == 8
        assert page.text("#events-count") == "21 earlier"
