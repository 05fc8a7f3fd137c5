"""What users, visitors and forged headers name themselves costs no snapshot, and lists of names little."""

from typing import Any

import pytest
from pymongo.database import Database

from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.statistics.bounds import size
from collector.statistics.releases import Release
from collector.statistics.values import UNDEFINED, Noted
from tests.factories import insert, read, room, setting, user
from tests.hostile import HUGE, broken, conversation, counted, devices, failed, large, snapshot_of

Db = Database[Document]


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
    note = f"only {len(languages) - 1} entries are listed: the others exceed the limits of a snapshot"
    assert document["collector"]["notes"] == {"userLanguages": note}


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


def test_conversations_with_100_000_destinations_are_one_source(real_database: Db) -> None:
    for batch in range(10):
        destinations = (f"{batch}-{n}" for n in range(10_000))
        insert(real_database, Collection.ROOMS, *(conversation(type="sms", destination=name) for name in destinations))

    document = snapshot_of(real_database)
    assert document["omnichannelSources"] == [{"id": None, "alias": None, "type": "sms", "count": 100_000}]
    assert failed(document) == {}


def test_of_very_many_sources_the_most_frequent_are_listed_and_all_are_counted(real_database: Db) -> None:
    few = [conversation(type="app", alias=f"{n:0200}") for n in range(5000)]
    insert(real_database, Collection.ROOMS, *few, *(conversation(type="widget") for _ in range(3)))

    rows = read("sources", real_database)["omnichannelSources"]
    contacts = read("active_contacts", real_database)["omnichannelContactsBySource"]
    assert (type(rows), type(contacts)) == (Noted, Noted)
    assert rows.value[-1] == {"id": UNDEFINED, "alias": UNDEFINED, "type": "widget", "count": 3}
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
        {"id": 7, "alias": "a\0b", "type": "app", "count": 1},
        {"id": None, "alias": None, "count": 1},
        {"id": None, "alias": None, "count": 4},
        {"id": None, "alias": None, "type": "\ufffd" * 4, "count": 1},
    ]
    assert failed(document) == {}


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


def test_federated_rooms_with_odd_sizes_and_names_are_counted(real_database: Db) -> None:
    odd = [room(federated=True, usersCount=size, fname="odd") for size in ("many", float("nan"), [9], None, 1e300)]
    big = room(_id="big", federated=True, usersCount=9, fname="x" * 100_000, name="plain")
    insert(real_database, Collection.ROOMS, *odd, big)
    insert(real_database, Collection.MATRIX_BRIDGED_ROOMS, *({"fromServer": f"{n:0250}"} for n in range(5000)))
    insert(real_database, Collection.MATRIX_BRIDGED_ROOMS, *({"fromServer": odd} for odd in (HUGE, ["a"], None, 7)))

    document = snapshot_of(real_database, release=Release(7, 10))
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
    assert (document["totalChannels"], document["onlineUsers"], document["totalCustomRoles"]) == (1, 2, 0)
    assert document["videoConf"]["direct"]["started"] == 2  # a list with the word is a match, as of a query
    assert document["apps"]["totalPrivateApps"] == 1
