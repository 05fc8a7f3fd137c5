"""What the workspace has changed of its look."""

from typing import Any

import pytest
from pymongo.database import Database

from collector.sources.collections import Collection
from collector.statistics.values import UNDEFINED
from tests.factories import insert, read, setting

Db = Database[dict[str, Any]]


def test_a_look_is_changed_where_the_value_is_not_what_is_shipped(real_database: Db) -> None:
    insert(
        real_database,
        Collection.SETTINGS,
        setting("Assets_logo", {"url": "assets/logo.svg"}),
        setting("Layout_Home_Title", "Ours", packageValue="Home"),
        setting("Layout_Home_Body", "same"),
    )

    values = read("customization_settings", real_database)
    assert values["logoChange"] is values["homeTitleChanged"] is True
    assert values["homeBodyChanged"] is values["customCSSChanged"] is False
    assert values["showHomeButton"] is UNDEFINED


@pytest.mark.parametrize("logo", [{}, {"defaultUrl": "x"}, None, "url"])
def test_a_logo_without_a_url_is_the_shipped_one(real_database: Db, logo: Any) -> None:
    insert(real_database, Collection.SETTINGS, setting("Assets_logo", logo))

    assert read("customization_settings", real_database)["logoChange"] is False
