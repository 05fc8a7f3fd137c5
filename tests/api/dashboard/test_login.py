"""Signing in, staying signed in, and requests that are refused."""

from typing import Any

import pytest
from pymongo.database import Database
from selenium.webdriver import Chrome

from tests.api.conftest import PLAIN
from tests.api.dashboard.browser import TOKEN, USER, Page, afresh
from tests.api.dashboard.serving import served

pytestmark = pytest.mark.timeout(180)


def test_a_wrong_token_and_a_missing_permission_are_told_in_plain_words(page: Page) -> None:
    page.sign_in(token="wrong")
    page.wait(lambda: page.find("#login-problem").is_displayed())
    assert page.text("#login-problem") == "The user ID or the token is wrong, or this login has expired."

    page.find("#user-id").clear()
    page.sign_in("plain", PLAIN["X-Auth-Token"])
    page.wait(lambda: "permission view-statistics" in page.text("#login-problem"))
    assert not page.find("#board").is_displayed()
    assert page.run("return sessionStorage.getItem('rcstats.login')") is None


def test_a_token_that_no_header_can_carry_is_a_wrong_one(page: Page) -> None:
    page.sign_in(token="tökën – ☃")
    page.wait(lambda: page.find("#login-problem").is_displayed())

    assert page.text("#login-problem") == "The user ID or the token is wrong, or this login has expired."


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


def test_after_signing_in_the_page_is_at_its_top_and_nothing_is_framed(page: Page) -> None:
    page.sign_in().wait_for_cards().wait_for_plots()

    assert page.run("return scrollY") == 0
    assert page.run("return document.activeElement.id") == "main"
    assert page.find("#main").value_of_css_property("outline-style") == "none"


def test_too_many_requests_are_told_with_the_time_to_wait(driver: Chrome, history: Database[Any]) -> None:
    with served(history, calls=3) as address:
        page = afresh(Page(driver, address).open()).sign_in()
        page.wait(lambda: "Too many requests. Please wait" in page.problem())

        assert "The page tries again within" in page.problem()
        page.complaints()
