"""The table of the workspace's instances."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.database import Database
from selenium.webdriver import Chrome

from tests.api.dashboard.browser import Page, afresh
from tests.api.dashboard.serving import filled, served
from tests.factories import snapshot

pytestmark = pytest.mark.timeout(180)

CHAT = {"kind": "server", "host": "chat-1", "port": "3000", "pid": 7, "nodeVersion": "v22.16.0"}
CHAT |= {"uptime": 10_800.0, "cpus": 4, "totalmem": 8 * 2**30, "connections": 171}


def opened(driver: Chrome, database: Database[dict[str, Any]], address: str, **own: Any) -> Page:
    taken = snapshot(at=datetime.now(UTC), totalUsers=7)
    taken["collector"] |= own
    filled(database, [taken])
    return afresh(Page(driver, address).open()).signed_in().wait_for_cards()


def test_each_instance_has_a_row(driver: Chrome, real_database: Database[dict[str, Any]]) -> None:
    streamer = {"kind": "streamer", "pid": 9}
    with served(real_database) as address:
        page = opened(driver, real_database, address, instances=[CHAT, streamer])
        rows = [row.text for row in page.all("#instances tbody tr")]

        assert rows == ["chat-1:3000 171 3 h v22.16.0 7 4 8 GiB", "streamer – – – 9 – –"]


def test_without_instances_the_reason_is_there(driver: Chrome, real_database: Database[dict[str, Any]]) -> None:
    with served(real_database) as address:
        page = opened(driver, real_database, address, unavailable={"instances": "the reading instances failed"})

        assert page.text("#instances").lower() == "the reading instances failed"
