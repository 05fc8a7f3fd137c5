"""What users, visitors and administrators may put into a workspace costs no snapshot, and each reading little."""

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import bson
import pytest
from bson import Decimal128
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from collector import catalog
from collector.bounds import size
from collector.connection import Document
from collector.reading import Absent, Noted, at
from collector.snapshot import BUDGET, Circumstances, Runner, lay_out
from collector.sources.rocketchat import Collection, RocketChat
from collector.spool import LARGEST
from collector.store import Store
from tests.factories import NOW, hours, insert, number, read, room, setting, sources, user

Db = Database[Document]

HUGE = "x" * 9_000_000


def broken(document: Document, text: bytes = b"TEXT") -> Any:
    """The document with bytes that are not UTF-8 in place of a text."""
    return RawBSONDocument(bson.encode(document).replace(text, b"\xff\xfe\xfd\xfc"[: len(text)]))


def snapshot_of(database: Db) -> Document:
    """A whole snapshot as of NOW, kept in a store."""
    runner = Runner(sources(database), None, time.monotonic() + BUDGET, lambda: False)
    about = Circumstances(RocketChat(database).identity(), "UTC")
    document = lay_out([runner.run(reading) for reading in catalog.READINGS], about, NOW, NOW)
    assert Store(database).add(document)
    return document


def large(name: str, value: Any) -> Document:
    """A setting that has not its value's size twice."""
    return setting(name, value, packageValue="")


def failed(document: Document) -> dict[str, str]:
    """The error of each reading that failed, without those of messages, which want indexes."""
    readings = document["collector"]["readings"]
    found = {name: record["error"] for name, record in readings.items() if not record["ok"]}
    return {name: error for name, error in found.items() if "has no index" not in error}


LANGUAGES: dict[str, tuple[Any, dict[str, int]]] = {
    "NUL": ("de\0x", {"de%00x": 1, "none": 1}),
    "a dollar sign": ("$where", {"%24where": 1, "none": 1}),
    "dots": ("de.x", {"de%2Ex": 1, "none": 1}),
    "9 MB": (HUGE, {"none": 2}),
    "a list": (["de", "x"], {"none": 2}),
    "a number": (7, {"none": 2}),
    "the key of all others": ("none", {"none": 2}),
}


@pytest.mark.parametrize(("language", "shown"), LANGUAGES.values(), ids=LANGUAGES)
def test_no_language_costs_a_snapshot_or_the_count_of_the_others(
    real_database: Db, language: Any, shown: dict[str, int]
) -> None:
    insert(real_database, Collection.USERS, user(language="de"), user(language=language), user())

    document = snapshot_of(real_database)
    assert document["userLanguages"] == {"de": 1} | shown
    assert failed(document) == {}


def test_languages_in_broken_utf_8_are_counted_together(real_database: Db) -> None:
    users = real_database[Collection.USERS]
    users.insert_many([broken(user(language=language)) for language in ("TEXT", "TEXT", "ATEXT")])

    assert snapshot_of(real_database)["userLanguages"] == {"\ufffd" * 4: 2, "A" + "\ufffd" * 4: 1, "none": 0}


def test_of_very_many_languages_the_most_frequent_are_listed_and_a_note_says_so(real_database: Db) -> None:
    insert(real_database, Collection.USERS, *(user(language=f"{n:0250}") for n in range(5000)))
    insert(real_database, Collection.USERS, *(user(language="de") for _ in range(3)))

    document = snapshot_of(real_database)
    languages = document["userLanguages"]
    assert languages["de"] == 3
    assert sum(languages.values()) == 5003
    assert 900 < len(languages) < 1100
    note = f"only {len(languages) - 1} entries are listed: there are more than a snapshot takes"
    assert document["collector"]["notes"] == {"userLanguages": note}


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


def test_no_name_of_a_provider_costs_more_than_itself(real_database: Db) -> None:
    names = ("acme", "a\0b", "$a.b", "x" * 400, "large")
    insert(real_database, Collection.SETTINGS, *(setting(f"Accounts_OAuth_Custom-{name}", True) for name in names))
    insert(real_database, Collection.SETTINGS, large("Accounts_OAuth_Custom-large-merge_roles", HUGE))
    real_database[Collection.SETTINGS].insert_one(broken(setting("Accounts_OAuth_Custom-TEXT", value=True)))
    insert(real_database, Collection.USERS, user(services={"acme": {}, "other": {}}))
    real_database[Collection.USERS].insert_one(broken(user(services={"TEXT": {}})))

    document = snapshot_of(real_database)
    found = document["services"]["oauth"]["custom"]
    assert {name: provider["users"] for name, provider in found.items()} == {
        "%24a%2Eb": 0,
        "a%00b": 0,
        "acme": 1,
        "\ufffd" * 4: 0,
    }
    assert document["collector"]["notes"]["services"]["oauth"]["custom"].startswith("only 4 entries are listed")
    assert failed(document) == {}


def test_a_setting_that_is_too_large_or_too_deep_costs_only_itself(real_database: Db) -> None:
    deep: Any = "deep"
    for _ in range(170):
        deep = {"a": deep}
    values = {"SMTP_Host": HUGE, "SMTP_Port": deep, "From_Email": "a@b.example", "Industry": float("nan")}
    insert(real_database, Collection.SETTINGS, *(large(name, value) for name, value in values.items()))

    document = snapshot_of(real_database)
    reasons = document["collector"]["unavailable"]
    assert document["settings"]["email"]["smtp"] == {"fromEmail": "a@b.example"}
    taken = "takes 9000012 bytes; the values of its reading may take 65536 together"
    assert reasons["settings"]["email"]["smtp"] == {
        "smtpHost": f"the value {taken}",
        "smtpPort": "the value cannot be stored",
    }
    assert reasons["wizard"]["industry"] == "the value is not a finite number"
    assert failed(document) == {
        "settings_settings": "settings.email.smtp.smtpPort cannot be stored; settings.email.smtp.smtpHost " + taken
    }


# What may stand where a number belongs, and what it adds.
NUMBERS: dict[str, tuple[Any, float]] = {
    "the largest of 64 bits": (2**63 - 1, 0),
    "1e300": (1e300, 0),
    "NaN": (float("nan"), 0),
    "Infinity": (float("inf"), 0),
    "-Infinity": (float("-inf"), 0),
    "a Decimal128": (Decimal128("5"), 5),
    "NaN as Decimal128": (Decimal128("NaN"), 0),
    "a large Decimal128": (Decimal128("1E+6000"), 0),
    "a text": ("12", 0),
    "a list": ([3], 0),
    "a document": ({"n": 3}, 0),
    "a flag": (True, 0),
    "a date": (NOW, 0),
    "null": (None, 0),
    "a fraction": (0.5, 0.5),
}
SUMS = {
    "totalChannelMessages": (Collection.ROOMS, "msgs"),
    "uploadsTotalSize": (Collection.UPLOADS, "size"),
    "totalLinkInvitationUses": (Collection.INVITES, "uses"),
    "enterprise.voip.total.callsDuration": (Collection.FREESWITCH_CALLS, "duration"),
    "uniqueUsersOfYesterday.data": (Collection.SESSIONS, "time"),
}


@pytest.mark.parametrize(("odd", "adds"), NUMBERS.values(), ids=NUMBERS)
def test_no_number_costs_a_sum_or_makes_it_odd(real_database: Db, odd: Any, adds: float) -> None:
    licence = {"createdAt": NOW, "enterprise": {"modules": ["livechat-enterprise"]}, "dailyPeakConnections": 7}
    insert(real_database, Collection.STATISTICS, licence, licence | {"_id": 1, "dailyPeakConnections": odd})
    insert(real_database, Collection.ANALYTICS, {"type": "seat-request", "count": odd})
    for of, field in SUMS.values():
        insert(real_database, of, *(counted(value) | {field: value} for value in (odd, odd, 2)))

    values = snapshot_of(real_database)
    assert failed(values) == {}
    found = {key: at(values, key) for key in SUMS}
    assert {key: value[0]["time"] if isinstance(value, list) else value for key, value in found.items()} == (
        dict.fromkeys(SUMS, 2 + 2 * adds)
    )
    assert values["enterprise"]["seatRequests"] == adds
    assert values["maxMonthlyPeakConnections"] == max(7, adds)


def counted(value: Any) -> Document:
    """A document that is a channel, a file, an invitation, a call and a day's sessions of a user at once."""
    day = {"year": 2024, "month": 3, "day": 14, "userId": "ann", "mostImportantRole": "user", "type": "user_daily"}
    used = {"sessions": value, "time": value, "device": {"type": "browser"}}
    return {"_id": number(), "t": "c", "sessions": value, "devices": [used], **day}


def test_a_sum_beyond_64_bits_is_a_double(real_database: Db) -> None:
    insert(real_database, Collection.ROOMS, *(room("cpdl"[n % 4], msgs=2**53 - 1) for n in range(4000)))

    document = snapshot_of(real_database)
    assert failed(document) == {}
    assert document["totalMessages"] == pytest.approx(4000 * 2**53)
    assert document["collector"]["messages"]["counted"] == pytest.approx(4000 * 2**53)


def test_sums_over_the_past_leave_out_odd_numbers_too(real_database: Db) -> None:
    sizes = [value for value, _ in NUMBERS.values()]
    insert(real_database, Collection.UPLOADS, *({"uploadedAt": NOW, "size": size} for size in (*sizes, 2)))
    real_database[Collection.UPLOADS].create_index([("uploadedAt", -1)])

    span = (NOW - hours(1), NOW + hours(1))
    workspace = RocketChat(real_database)
    found = workspace.sums_between(Collection.UPLOADS, "uploadedAt", {"uploadedAt": -1}, span, [1, "$size"])
    assert found == [len(sizes) + 1, 7.5]


def test_conversations_with_100_000_destinations_are_one_source(real_database: Db) -> None:
    for batch in range(10):
        destinations = (f"{batch}-{n}" for n in range(10_000))
        insert(real_database, Collection.ROOMS, *(conversation(type="sms", destination=name) for name in destinations))

    document = snapshot_of(real_database)
    assert document["omnichannelSources"] == [{"type": "sms", "count": 100_000}]
    assert failed(document) == {}


def conversation(**source: Any) -> Document:
    number_of = number()
    return room("l", source=source, ts=NOW - hours(1), v={"_id": f"v{number_of}", "activity": ["2024-03"]})


def test_of_very_many_sources_the_most_frequent_are_listed_and_all_are_counted(real_database: Db) -> None:
    few = [conversation(type="app", alias=f"{n:0200}") for n in range(5000)]
    insert(real_database, Collection.ROOMS, *few, *(conversation(type="widget") for _ in range(3)))

    rows = read("sources", real_database)["omnichannelSources"]
    contacts = read("active_contacts", real_database)["omnichannelContactsBySource"]
    assert (type(rows), type(contacts)) == (Noted, Noted)
    assert rows.value[0] == {"type": "widget", "count": 3}
    assert (contacts.value["contactsCount"], contacts.value["conversationsCount"]) == (5003, 5003)
    assert contacts.value["sources"][0] == {"source": "widget", "contactsCount": 3, "conversationsCount": 3}
    assert 900 < len(contacts.value["sources"]) < len(rows.value) < 1100
    assert failed(snapshot_of(real_database)) == {}


def test_lists_of_kinds_have_the_same_order_every_time(real_database: Db) -> None:
    rooms = [conversation(type=kind, alias=alias) for kind in "dcba" for alias in (*"4321", None)]
    found = []
    for ordered in (rooms, rooms[::-1], rooms[7:] + rooms[:7]):
        real_database[Collection.ROOMS].delete_many({})
        insert(real_database, Collection.ROOMS, *ordered)
        found.append((read("sources", real_database), read("active_contacts", real_database)))

    assert found[0] == found[1] == found[2]


ODD_SOURCES: tuple[Any, ...] = (
    None,
    "text",
    ["list"],
    {"type": ["list"], "alias": {"a": 1}, "id": b"bytes"},
    {"type": HUGE, "id": float("nan"), "alias": None},
    {"type": "app", "id": 7, "alias": "a\0b"},
)


def test_an_odd_source_is_shown_without_what_is_odd(real_database: Db) -> None:
    insert(real_database, Collection.ROOMS, *(conversation() | {"source": source} for source in ODD_SOURCES))
    real_database[Collection.ROOMS].insert_one(broken(conversation(type="TEXT")))

    document = snapshot_of(real_database)
    assert sorted(document["omnichannelSources"], key=str) == [
        {"count": 4},
        {"id": 7, "alias": "a\0b", "type": "app", "count": 1},
        {"id": None, "alias": None, "count": 1},
        {"type": "\ufffd" * 4, "count": 1},
    ]
    assert failed(document) == {}


def devices(count: int) -> list[Document]:
    """As many browsers and systems as forged headers can name."""
    names = [f"{n:0250}" for n in range(count)]
    return [
        {"sessions": 1, "time": 60, "device": {"type": name, "name": name, "os": {"name": name, "version": name}}}
        for name in names
    ]


def test_of_very_many_devices_those_of_the_most_time_are_listed_and_all_users_counted(real_database: Db) -> None:
    most = {"sessions": 9, "time": 999, "device": {"type": "browser", "name": HUGE}}
    for n, devices_of_one in enumerate(([most], devices(5000), devices(3000))):
        used = {"sessions": 1, "time": 60, "devices": devices_of_one}
        insert(real_database, Collection.SESSIONS, counted(0) | used | {"userId": f"u{n}"})

    values = read("sessions", real_database)
    for key in ("Devices", "OS"):
        shown = values[f"unique{key}OfYesterday"]
        assert isinstance(shown, Noted)
        assert 200 < len(shown.value["data"]) < 1000
        assert shown.value["data"][-1]["time"] == 120
    assert values["uniqueDevicesOfYesterday"].value["data"][0] == {"type": "browser", "count": 9, "time": 999}
    assert values["uniqueUsersOfLastMonth"]["data"][0]["count"] == 3
    assert sum(size(value.value if isinstance(value, Noted) else value) for value in values.values()) < 2_400_000


@pytest.mark.parametrize(("odd", "users"), [([2024], 1), ([2024, "x"], 1), (2024.0, 2), ("2024", 1)])
def test_a_row_with_an_odd_year_costs_the_sessions_of_nobody_else(real_database: Db, odd: Any, users: int) -> None:
    insert(real_database, Collection.SESSIONS, counted(1) | {"year": odd}, counted(1) | {"userId": "bob"})

    assert read("sessions", real_database)["uniqueUsersOfYesterday"]["data"][0]["count"] == users


def test_federated_rooms_with_odd_sizes_and_names_are_counted(real_database: Db) -> None:
    odd = [room(federated=True, usersCount=size, fname="odd") for size in ("many", float("nan"), [9], None, 1e300)]
    big = room(_id="big", federated=True, usersCount=9, fname="x" * 100_000, name="plain")
    insert(real_database, Collection.ROOMS, *odd, big)
    insert(real_database, Collection.MATRIX_BRIDGED_ROOMS, *({"fromServer": f"{n:0250}"} for n in range(5000)))
    insert(real_database, Collection.MATRIX_BRIDGED_ROOMS, *({"fromServer": odd} for odd in (HUGE, ["a"], None, 7)))

    document = snapshot_of(real_database)
    federation = document["matrixFederation"]
    assert federation["amountOfFederatedRooms"] == 6
    assert federation["biggestRoom"] == {"_id": "big", "name": "plain", "usersCount": 9}
    servers = federation["externalConnectedServers"]
    assert (servers["quantity"], 900 < len(servers["servers"]) < 1100) == (5002, True)
    assert failed(document) == {}


def test_kinds_that_are_lists_or_documents_cost_no_count_of_the_others(real_database: Db) -> None:
    odd: tuple[Any, ...] = (["direct"], {"direct": 1}, float("nan"), HUGE, ["online"], "private", True)
    names = ("t", "type", "status", "scope", "protected", "enabled", "scriptEnabled", "installationSource", "direction")
    documents = [{"_id": f"{n}-{name}", name: value} for n, value in enumerate(odd) for name in names]
    for of in (Collection.USERS, Collection.ROLES, Collection.APPS, Collection.INTEGRATIONS, Collection.ROOMS):
        for document in documents:
            insert(real_database, of, document)
    insert(real_database, Collection.ROOMS, room("c"))
    insert(real_database, Collection.USERS, user(status="online"))
    insert(
        real_database, Collection.VIDEO_CONFERENCES, {"type": "direct", "status": 1}, {"type": ["direct"], "status": 1}
    )

    document = snapshot_of(real_database)
    assert failed(document) == {}
    assert (document["totalChannels"], document["onlineUsers"], document["totalCustomRoles"]) == (1, 1, 0)
    assert document["videoConf"]["direct"]["started"] == 1
    assert document["apps"]["totalPrivateApps"] == 1


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


def test_what_a_reading_is_settled_by_may_be_of_any_kind(real_database: Db) -> None:
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

    document = snapshot_of(real_database)
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
