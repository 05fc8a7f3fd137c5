"""No setting, and no document of the server, costs a snapshot or more than itself."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import bson
import pytest
from bson.datetime_ms import DatetimeMS
from pymongo.database import Database

from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.statistics import catalog
from collector.statistics.releases import Release
from collector.statistics.values import Absent
from collector.store.spool import LARGEST
from tests.factories import NOW, insert, number, read, room, setting, user
from tests.hostile import HUGE, broken, conversation, counted, devices, failed, large, snapshot_of

Db = Database[Document]


IDS: dict[str, Any] = {"NUL": "a\0b", "9 MB": HUGE, "a list": ["a"], "a document": {"$where": "x"}, "NaN": float("nan")}


@pytest.mark.parametrize("unique_id", IDS.values(), ids=IDS)
def test_no_id_of_the_workspace_costs_a_snapshot(real_database: Db, unique_id: Any) -> None:
    insert(real_database, Collection.SETTINGS, large("uniqueID", unique_id), setting("Language", "de"))

    document = snapshot_of(real_database)
    assert document["collector"]["workspace"] in {"a\0b", real_database.name}
    assert document["wizard"]["language"] == "de"


def test_an_id_of_the_workspace_in_broken_utf_8_is_read(real_database: Db) -> None:
    real_database[Collection.SETTINGS].insert_one(broken(setting("uniqueID", "TEXT")))

    assert snapshot_of(real_database)["collector"]["workspace"] == "\ufffd" * 4


def test_a_setting_that_is_too_large_or_too_deep_costs_only_itself(real_database: Db) -> None:
    deep: Any = "deep"
    for _ in range(170):
        deep = {"a": deep}
    values = {"SMTP_Host": HUGE, "SMTP_Port": deep, "From_Email": "a@b.example", "Industry": float("nan")}
    insert(real_database, Collection.SETTINGS, *(large(name, value) for name, value in values.items()))

    document = snapshot_of(real_database)
    reasons = document["collector"]["unavailable"]
    assert document["settings"]["email"]["smtp"] == {"fromEmail": "a@b.example"}
    taken = "takes 9000012 bytes; the limit for all values of its reading is 65536"
    assert reasons["settings"]["email"]["smtp"] == {
        "smtpHost": f"the value {taken}",
        "smtpPort": "the value cannot be stored",
    }
    assert reasons["wizard"]["industry"] == "the value is not a finite number"
    assert failed(document) == {
        "settings_settings": "settings.email.smtp.smtpPort cannot be stored; settings.email.smtp.smtpHost " + taken
    }


TOLD: dict[str, Any] = {
    "no document": "text",
    "a list": [1],
    "modules of 9 MB": {"modules": [HUGE], "tags": ["a"]},
    "modules in numbers": {"modules": [1, float("nan")], "tags": None},
}


@pytest.mark.parametrize("enterprise", TOLD.values(), ids=TOLD)
def test_an_odd_document_of_the_server_costs_what_is_odd_in_it(real_database: Db, enterprise: Any) -> None:
    insert(real_database, Collection.STATISTICS, {"createdAt": NOW, "version": "8.0.0", "enterprise": enterprise})

    document = snapshot_of(real_database)
    assert document["version"] == "8.0.0"
    assert failed(document).keys() <= {"licence"}
    assert document.get("enterprise", {}).get("modules") in (None, [1, None])


def test_the_inputs_of_a_reading_may_have_any_type(real_database: Db) -> None:
    row = counted(1)
    for odd in (HUGE, {"a": HUGE}, DatetimeMS(9_000_000_000_000_000)):
        insert(real_database, Collection.SESSIONS, row | {"_id": number(), "_computedAt": odd})
    insert(real_database, Collection.SESSIONS, row | {"_id": number(), "_computedAt": NOW})

    document = snapshot_of(real_database)
    assert document["collector"]["readings"]["sessions"]["settledBy"]["computedAt"] == NOW


def test_any_snapshot_fits_into_a_document_of_mongodb() -> None:
    account = 2**20
    assert sum(reading.most_bytes for reading in catalog.READINGS) + account < LARGEST


def test_a_workspace_that_is_hostile_everywhere_gives_a_snapshot(real_database: Db) -> None:
    for of, documents in hostile():
        insert(real_database, of, *documents)

    document = snapshot_of(real_database, release=Release(7, 10))
    assert len(bson.encode(document)) < 5_000_000
    assert document["totalUsers"] == 5002
    told = {"build", "licence", "migration"}
    assert {name for name in failed(document) if not name.endswith("_settings")} == told
    assert {"userLanguages", "omnichannelSources", "matrixFederation", "services"} <= document["collector"][
        "notes"
    ].keys()


def hostile() -> Iterable[tuple[Collection, Iterable[Any]]]:
    """Documents that are as large and as many as one document of a snapshot could not take."""
    yield Collection.USERS, (user(language=HUGE + end) for end in "ab")
    yield Collection.USERS, (user(language=f"{n:0250}") for n in range(5000))
    yield Collection.ROOMS, (conversation(type=f"{n:0250}", id=f"{n:0250}", alias=f"{n:0250}") for n in range(5000))
    yield Collection.ROOMS, (room(federated=True, fname=HUGE, usersCount=n) for n in range(2))
    yield Collection.MATRIX_BRIDGED_ROOMS, ({"fromServer": f"{n:0250}"} for n in range(5000))
    yield Collection.SESSIONS, ([counted(0) | {"devices": devices(5000)}])
    yield Collection.MIGRATIONS, [{"_id": "control", "version": HUGE}]
    yield (
        Collection.STATISTICS,
        [{"createdAt": NOW, "version": HUGE, "enterprise": {"modules": ["a"] * 200_000, "tags": ["b"]}}],
    )
    ids = [s.source.removeprefix("setting ") for s in catalog.STATISTICS if s.is_setting]
    yield Collection.SETTINGS, (setting(name, "x" * 100_000) for name in dict.fromkeys(ids) if "Count" not in name)
    names = ("uniqueID", *(f"Accounts_OAuth_Custom-{n:0200}" for n in range(3000)))
    yield Collection.SETTINGS, (setting(name, "x" * 300) for name in names)


def test_the_reasons_for_what_is_absent_are_true(real_database: Db) -> None:
    insert(real_database, Collection.USERS, user(lastLogin="never"), user(lastLogin=DatetimeMS(2**53)))
    insert(real_database, Collection.SETTINGS, {"_id": "uniqueID", "value": "id"})

    assert read("lastLogin", real_database)["lastLogin"] == Absent("no account has a date of its last login")
    assert read("workspace", real_database) == {
        "uniqueId": "id",
        "installedAt": Absent("the setting uniqueID has no date"),
    }
    insert(real_database, Collection.USERS, user(lastLogin=NOW - timedelta(days=1)))
    assert read("lastLogin", real_database)["lastLogin"] == NOW - timedelta(days=1)
