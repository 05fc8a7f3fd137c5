"""Settings that are statistics."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from collector.statistics.reading import Absent
from tests.factories import insert, read, setting

Db = Database[dict[str, Any]]


def test_a_setting_is_given_as_it_is_and_absent_where_it_has_no_value(real_database: Db) -> None:
    insert(
        real_database,
        Collection.SETTINGS,
        setting("E2E_Enable", "yes"),
        {"_id": "SMTP_Host"},
        setting("SMTP_Port", None),
        setting("CSV_Importer_Count", -1),
    )

    values = read("settings_settings", real_database)
    assert values["settings.e2ee.e2e"] == "yes"
    assert isinstance(values["settings.email.smtp.smtpHost"], Absent)
    assert isinstance(values["settings.email.smtp.smtpPort"], Absent)
    assert read("imported_users_settings", real_database)["importer.totalCSVImportedUsers"] == -1
