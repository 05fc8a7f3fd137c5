"""Apps."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from tests.factories import insert, read

Db = Database[dict[str, Any]]


def test_apps_are_counted_by_the_status_that_is_stored(real_database: Db) -> None:
    statuses = ("auto_enabled", "manually_enabled", "manually_disabled", "compiler_error_disabled", None)
    private: dict[str, Any] = {"installationSource": "private"}
    rows: list[dict[str, Any]] = [{"status": status} for status in statuses]
    insert(
        real_database, Collection.APPS, *rows, private | {"status": "auto_enabled"}, private | {"status": "disabled"}
    )

    values = read("apps", real_database)
    assert {key.partition(".")[2]: value for key, value in values.items()} == {
        "totalInstalled": 7,
        "totalActive": 3,
        "totalFailed": 3,
        "totalPrivateApps": 2,
        "totalPrivateAppsEnabled": 1,
    }
