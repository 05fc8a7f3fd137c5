"""Which workspace, which release."""

from typing import Any

import pytest
from bson import Timestamp
from pymongo.database import Database

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics.values import UNDEFINED, Absent
from tests.factories import NOW, hours, insert, read, reading, setting

Db = Database[dict[str, Any]]


def test_id_and_date_of_the_workspace_come_from_its_setting(database: Db) -> None:
    insert(database, Collection.SETTINGS, setting("uniqueID", "wD4EP3M7FeFzJZgk9", createdAt=NOW))

    assert read("workspace", database) == {"uniqueId": "wD4EP3M7FeFzJZgk9", "installedAt": NOW}


def test_without_the_setting_the_id_is_undefined_and_the_date_absent(database: Db) -> None:
    absent = Absent("the workspace has no setting uniqueID")
    assert read("workspace", database) == {"uniqueId": UNDEFINED, "installedAt": absent}


def test_without_value_and_date_in_the_setting_the_id_is_undefined_and_the_date_absent(database: Db) -> None:
    insert(database, Collection.SETTINGS, {"_id": "uniqueID"})

    absent = Absent("the setting uniqueID has no date")
    assert read("workspace", database) == {"uniqueId": UNDEFINED, "installedAt": absent}


def test_the_name_is_that_of_the_setting(database: Db) -> None:
    insert(database, Collection.SETTINGS, setting("Site_Name", "Acme"))

    assert read("name", database) == {"collector.workspaceName": "Acme"}


@pytest.mark.parametrize("value", [None, "", 7, ["Acme"]])
def test_a_workspace_without_a_text_as_its_name_has_none(database: Db, value: Any) -> None:
    insert(database, Collection.SETTINGS, setting("Site_Name", value))

    assert read("name", database) == {"collector.workspaceName": Absent("the setting Site_Name has no name")}


def test_the_release_is_that_of_the_servers_newest_document(database: Db) -> None:
    insert(
        database,
        Collection.STATISTICS,
        {"createdAt": NOW, "version": "7.10.0", "tag": "7.10.0", "branch": "HEAD"},
        {"createdAt": NOW - hours(24), "version": "7.9.0"},
    )

    values = read("build", database)
    assert [values[key] for key in ("version", "tag", "branch")] == ["7.10.0", "7.10.0", "HEAD"]


@pytest.mark.parametrize("odd", [Timestamp(2**32 - 1, 1), "2999-01-01", [NOW + hours(1)], None])
def test_documents_without_a_date_do_not_count_if_others_have_one(real_database: Db, odd: object) -> None:
    insert(real_database, Collection.STATISTICS, {"createdAt": NOW, "version": "7.10.0"})
    insert(real_database, Collection.STATISTICS, {"createdAt": odd, "version": "7.9.0"})

    assert read("build", real_database)["version"] == RocketChat(real_database).release() == "7.10.0"


def test_documents_without_a_date_count_if_there_are_no_others(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, {"version": "7.9.0"})

    assert read("build", real_database)["version"] == RocketChat(real_database).release() == "7.9.0"


def test_a_tag_that_the_document_lacks_is_undefined(database: Db) -> None:
    insert(database, Collection.STATISTICS, {"createdAt": NOW, "version": "0.61.0-develop"})

    values = read("build", database)
    assert values["version"] == "0.61.0-develop"
    assert values["tag"] is UNDEFINED


def test_the_release_is_unknown_without_a_document_of_the_server(database: Db) -> None:
    assert read("build", database)["version"] == Absent("the server has not stored a statistics document yet")


@pytest.mark.parametrize("value", [None, "", 7, "x" * 257, ["id"], float("nan")])
def test_a_workspace_without_a_proper_id_goes_by_its_database(database: Db, value: object) -> None:
    insert(database, Collection.SETTINGS, setting("uniqueID", value))

    assert RocketChat(database).identity() == database.name


def test_a_site_is_part_of_the_key_and_not_of_the_uniqueid(database: Db) -> None:
    insert(database, Collection.SETTINGS, setting("uniqueID", "workspace"))
    site = RocketChat(database, site="berlin")

    assert [found.identity() for found in (site, site.labelled("one reading"), site.scanning())] == [
        "workspace@berlin"
    ] * 3
    assert reading("workspace").read(Sources(site))["uniqueId"] == "workspace"
