"""Settings that are statistics."""

from typing import Any

from pymongo.database import Database

from collector.sources.collections import Collection
from collector.sources.licence import Licence
from collector.statistics.releases import Release
from collector.statistics.values import UNDEFINED, Absent
from tests.factories import insert, licensed, read, setting

Db = Database[dict[str, Any]]


def test_a_setting_is_given_as_it_is_and_undefined_where_it_has_no_value(real_database: Db) -> None:
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
    assert values["settings.email.smtp.smtpHost"] is UNDEFINED
    assert values["settings.email.smtp.smtpPort"] is None
    assert values["settings.email.smtp.fromEmail"] is UNDEFINED
    assert isinstance(values["settings.cannedResponses.cannedResponsesEnabled"], Absent)
    assert read("imported_users_settings", real_database)["importer.totalCSVImportedUsers"] == -1


def test_a_setting_that_a_release_removed_has_no_value_from_there_on(real_database: Db) -> None:
    insert(real_database, Collection.SETTINGS, setting("WebRTC_Enable_Channel", True))

    key = "settings.webRTC.webRTCEnableChannel"
    assert read("settings_settings", real_database, release=Release(7, 10))[key] is True
    assert read("removed_settings", real_database, release=Release(8))[key] is UNDEFINED


def test_a_licensed_setting_has_its_value_under_the_licence_only(real_database: Db) -> None:
    more = {"enterprise": True, "modules": ["message-read-receipt"], "invalidValue": False}
    insert(real_database, Collection.SETTINGS, setting("Message_Read_Receipt_Enabled", True, **more))

    def value(licence: Licence) -> Any:
        return read("settings_settings", real_database, licence=licence)["settings.message.readReceiptEnabled"]

    assert [value(licensed("message-read-receipt")), value(licensed("abac")), value(Licence())] == [True, False, True]
