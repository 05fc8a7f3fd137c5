"""Push notifications."""

from typing import Any

import pytest
from pymongo.database import Database

from collector.sources.collections import Collection
from tests.factories import insert, read, setting

Db = Database[dict[str, Any]]


@pytest.mark.parametrize(
    ("on", "gateway", "url", "bits"), [(True, True, "ours", 7), (True, False, "theirs", 1), (False, True, "theirs", 2)]
)
def test_push_settings_are_bits(real_database: Db, on: bool, gateway: bool, url: str, bits: int) -> None:
    rows = (setting("Push_enable", on), setting("Push_enable_gateway", gateway))
    insert(real_database, Collection.SETTINGS, *rows, setting("Push_gateway", url, packageValue="theirs"))

    assert read("push_gateway", real_database) == {"push": bits}
