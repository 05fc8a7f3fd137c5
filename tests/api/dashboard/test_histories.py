"""Histories of other shapes: of one day, of mixed distances, with figures that some snapshots lack."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database
from selenium.webdriver import Chrome

from tests.api.dashboard.browser import Page, afresh
from tests.api.dashboard.serving import event, events, filled, limits, served
from tests.api.dashboard.year import hourly

pytestmark = pytest.mark.timeout(180)

NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0) - timedelta(hours=1)
WEEK = 7 * 24  # hours


def aged(hours: Iterable[int]) -> list[dict[str, Any]]:
    return [hourly(age, NOW) for age in hours]


def known(page: Page, line: int = 0) -> int:
    return len([value for value in page.points(0, line) if value is not None])


def test_a_weekly_history_before_an_hourly_one_is_drawn_as_a_line(
    driver: Chrome, real_database: Database[dict[str, Any]]
) -> None:
    filled(real_database, aged([*range(48), *range(WEEK, 13 * WEEK, WEEK)]))
    with served(real_database) as address:
        page = afresh(Page(driver, address).open()).signed_in(query="?range=90d").wait_for_plots()

        drawn = page.points()
        assert None not in drawn
        assert len(drawn) > 12
        page.find(".plot summary").click()
        page.wait(lambda: len(page.all(".plot tbody tr")) == len(drawn))


def test_a_lone_snapshot_is_drawn_as_a_dot(driver: Chrome, real_database: Database[dict[str, Any]]) -> None:
    filled(real_database, aged([*range(24), 100, *range(200, 224)]))
    with served(real_database) as address:
        page = afresh(Page(driver, address).open()).signed_in(query="?range=30d").wait_for_plots()
        script = """
          const {chart} = document.querySelector('.picture');
          const data = chart.data.datasets[0].data;
          const lone = data.findIndex(({y}, n) => y !== null && data[n - 1]?.y === null && data[n + 1]?.y === null);
          const {x, y} = chart.getDatasetMeta(0).data[lone];
          const scale = chart.currentDevicePixelRatio;
          return [...chart.ctx.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data];
        """
        assert page.run(script)[3] == 255


def test_a_snapshot_without_a_figure_is_no_gap_in_its_line(
    driver: Chrome, real_database: Database[dict[str, Any]]
) -> None:
    documents = aged(range(72))
    for document in documents[9::24]:
        del document["totalUsers"]
    filled(real_database, documents)
    with served(real_database) as address:
        page = afresh(Page(driver, address).open()).signed_in().wait_for_plots()

        assert None not in page.points()
        assert known(page) == 72 - 3
        assert known(page, 1) == 72


def test_the_first_day_looks_as_it_should(driver: Chrome, real_database: Database[dict[str, Any]]) -> None:
    filled(real_database, aged(range(3)))
    with served(real_database) as address:
        page = afresh(Page(driver, address).open()).signed_in().wait_for_cards().wait_for_plots()

        assert page.text("#young").startswith("History starts now. rcstats import adds")
        assert known(page) == 3
        assert page.text('[data-path="totalUsers"] .change') == "no earlier value yet"
        assert "Messages per day: not enough history in this range." in page.text("#empty")
        assert page.complaints() == []


def test_a_plot_without_figures_says_why_and_takes_no_room(
    driver: Chrome, real_database: Database[dict[str, Any]]
) -> None:
    documents = aged(range(48))
    for document in documents:
        del document["os"]
        document["collector"]["unavailable"] = {"os": "the server's host is unknown"}
    filled(real_database, documents)
    with served(real_database) as address:
        page = afresh(Page(driver, address).open()).signed_in().wait_for_cards().wait_for_plots()

        assert not {"Host load", "Host memory", "Connections"} & set(page.titles())
        assert "Host load: the server's host is unknown." in page.text("#empty")
        assert "Connections: not in this snapshot." in page.text("#empty")


def test_all_plots_have_the_chosen_range(driver: Chrome, real_database: Database[dict[str, Any]]) -> None:
    filled(real_database, aged(range(0, 24 * 40, 3)))
    with served(real_database) as address:
        page = afresh(Page(driver, address).open()).signed_in(query="?range=7d").wait_for_plots()
        axes = page.run(
            "return [...document.querySelectorAll('.plot:not([hidden]) .picture')]"
            ".map(({chart: {scales: {x}}}) => [x.min, x.max, x.left, x.right].map(Math.round).join())"
        )

        assert len(axes) == len(page.titles()) > 5
        assert len({axis.rsplit(",", 2)[0] for axis in axes}) == 1
        assert len(set(axes)) == 1


def test_messages_are_not_compared_across_a_backfill(driver: Chrome, real_database: Database[dict[str, Any]]) -> None:
    documents = aged(range(0, 24 * 20, 6))
    seam = NOW - timedelta(days=3)
    for document in documents:
        if document["createdAt"] < seam:
            document["totalMessages"] -= 500_000  # documents, of which the server has deleted many
    filled(real_database, documents)
    happened = event(at=seam.isoformat(), kind="backfill")
    with served(real_database, fakes=(limits(), events(happened))) as address:
        page = afresh(Page(driver, address).open()).signed_in().wait_for_cards().wait_for_plots()

        bars = [bar for bar in page.points(2) if bar is not None]
        assert len(bars) > 10
        assert max(bars) < 10_000
        page.wait(lambda: "in a day" in page.text('[data-path="totalMessages"] .change'))


def test_reconstructed_snapshots_are_named_as_such(driver: Chrome, real_database: Database[dict[str, Any]]) -> None:
    documents = aged(range(3))
    documents[2]["collector"] |= {"kind": "reconstructed"}
    filled(real_database, documents)
    with served(real_database) as address:
        page = afresh(Page(driver, address).open()).signed_in().wait_for_cards()
        page.wait(lambda: len(page.all("#health tbody tr")) == 3)

        assert "scheduled 0.1 s – none" in page.all("#health tbody tr")[0].text
        assert "reconstructed – – –" in page.all("#health tbody tr")[2].text
