"""Visitors, agents, departments, sources, contacts and calls."""

from datetime import timedelta
from typing import Any

import pytest
from pymongo.database import Database

from collector.sources.collections import Collection
from collector.statistics.releases import Release
from collector.statistics.values import UNDEFINED
from tests.factories import NOW, insert, message, read, room, setting, user

Db = Database[dict[str, Any]]

BEFORE_8 = Release(7, 10)
EMPTY = {"contactsCount": 0, "conversationsCount": 0, "sources": []}


@pytest.fixture(autouse=True)
def indexes(real_database: Db) -> None:
    real_database[Collection.MESSAGES].create_index("t", sparse=True)


def conversation(contact: str, days: float = 0, **source: Any) -> dict[str, Any]:
    visitor = {"_id": contact, "activity": ["2024-03"]}
    return room("l", v=visitor, source=source or {"type": "widget"}, ts=NOW - timedelta(days=days, seconds=1))


def test_collections_are_sized_and_agents_counted(real_database: Db) -> None:
    insert(real_database, Collection.VISITORS, {}, {})
    insert(real_database, Collection.DEPARTMENTS, {"archived": True}, {"type": "u"}, {})
    insert(real_database, Collection.USERS, user(roles=["user", "livechat-agent"]), user(roles=["livechat-manager"]))
    insert(real_database, Collection.CUSTOM_FIELDS, {"public": True}, {"public": "yes"})

    sizes = read("omnichannel_sizes", real_database)
    assert (sizes["totalLivechatVisitors"], sizes["departments"], sizes["emailInboxes"]) == (2, 3, 0)
    assert read("archivedDepartments", real_database) == {"archivedDepartments": 1}
    assert read("agents", real_database) == {"totalLivechatAgents": 1, "totalLivechatManagers": 1}
    assert read("public_fields", real_database) == {"totalLivechatPublicCustomFields": 1}


def test_sources_that_are_shown_alike_are_one_row_and_their_order_does_not_depend_on_counts(real_database: Db) -> None:
    insert(
        real_database,
        Collection.ROOMS,
        conversation("a", type="app", id="1", alias="wa", label="one"),
        conversation("b", type="app", id="1", alias="wa", label="two"),
        conversation("c"),
        *(conversation(f"api {n}", type="api") for n in range(3)),
        conversation("d", type="sms"),
        room("l"),
        room("c", source={"type": "widget"}),
    )

    assert read("sources", real_database)["omnichannelSources"] == [
        {"id": UNDEFINED, "alias": UNDEFINED, "type": "api", "count": 3},
        {"id": "1", "alias": "wa", "type": "app", "count": 2},
        {"id": UNDEFINED, "alias": UNDEFINED, "type": "sms", "count": 1},
        {"id": UNDEFINED, "alias": UNDEFINED, "type": "widget", "count": 1},
    ]


def test_a_conversation_put_on_hold_twice_counts_once(real_database: Db) -> None:
    held = {"t": "omnichannel_placed_chat_on_hold"}
    insert(
        real_database, Collection.MESSAGES, message(rid="1", **held), message(rid="1", **held), message(rid="2", **held)
    )

    assert read("on_hold", real_database) == {"chatsOnHold": 2}


def test_settings_that_are_missing_have_the_values_that_the_server_gives_them(real_database: Db) -> None:
    values = read("omnichannel_settings", real_database)

    assert values["livechatAutomaticForwardingUnansweredChats"] is True
    assert values["BusinessHours.strategy"] == ""
    assert values["livechatEnabled"] is UNDEFINED


@pytest.mark.parametrize(("timeout", "forwards"), [(0, False), (0.0, False), (60, True), (False, True), ("0", True)])
def test_forwarding_is_off_at_the_number_zero_only(real_database: Db, timeout: Any, forwards: bool) -> None:
    insert(real_database, Collection.SETTINGS, setting("Livechat_auto_transfer_chat_timeout", timeout))

    assert read("omnichannel_settings", real_database)["livechatAutomaticForwardingUnansweredChats"] is forwards


def test_contacts_of_this_month_are_those_with_its_activity(real_database: Db) -> None:
    insert(
        real_database,
        Collection.ROOMS,
        conversation("ann"),
        conversation("ann"),
        conversation("ann", type="app", alias="wa"),
        room("l", v={"_id": "bob", "activity": ["2024-02"]}, source={"type": "widget"}, ts=NOW),
    )

    found = read("active_contacts", real_database)["omnichannelContactsBySource"]
    assert (found["contactsCount"], found["conversationsCount"]) == (2, 3)
    assert sorted(found["sources"], key=str) == [
        {"source": "wa", "contactsCount": 1, "conversationsCount": 1},
        {"source": "widget", "contactsCount": 1, "conversationsCount": 2},
    ]


def test_windows_of_contacts_roll(real_database: Db) -> None:
    rooms = [conversation("ann", days) for days in (0.5, 3, 20, 40)]
    insert(real_database, Collection.ROOMS, *rooms, conversation("bob", 3))

    values = read("unique_contacts", real_database)
    counts = {key: (value["contactsCount"], value["conversationsCount"]) for key, value in values.items()}
    assert counts == {
        "uniqueContactsOfYesterday": (1, 1),
        "uniqueContactsOfLastWeek": (2, 3),
        "uniqueContactsOfLastMonth": (2, 4),
    }


def test_without_conversations_there_are_no_contacts(real_database: Db) -> None:
    assert read("active_contacts", real_database) == {"omnichannelContactsBySource": EMPTY}
    assert set(map(str, read("unique_contacts", real_database).values())) == {str(EMPTY)}


BY_RELEASE = (
    (Release(7, 10), {"totalContactsWithoutChannels": 1, "totalVerifiedContacts": 3}),
    (Release(8), {"totalContactsWithoutChannels": 1, "totalVerifiedContacts": 1}),
)


@pytest.mark.parametrize(("release", "redefined"), BY_RELEASE)
def test_contacts_are_distinguished_by_their_channels(
    release: Release, redefined: dict[str, int], real_database: Db
) -> None:
    def contact(*channels: dict[str, Any], **over: Any) -> dict[str, Any]:
        return {"unknown": False, "channels": list(channels)} | over

    insert(
        real_database,
        Collection.CONTACTS,
        contact({"blocked": True, "verified": True}, {"blocked": True}, conflictingFields=[{}, {}]),
        contact({"blocked": True}, {"blocked": False}),
        contact({"blocked": True}, {}),
        contact(unknown=True),
        {"channels": "none", "conflictingFields": 7},
    )

    lists = "contacts" if release >= Release(8) else "contacts_until_7"
    names = (lists, "verification", "contactVerification.totalVerifiedContacts")
    values: dict[str, Any] = {}
    for name in names:
        values |= read(name, real_database, release=release)
    assert {key.partition(".")[2]: value for key, value in values.items()} == {
        "totalContacts": 5,
        "totalConflicts": 2,
        "avgChannelsPerContact": 6 / 5,
        "totalUnknownContacts": 1,
        "totalBlockedContacts": 3,
        "totalFullyBlockedContacts": 1,
        "totalPartiallyBlockedContacts": 2,
    } | redefined


def test_without_contacts_the_average_is_zero(real_database: Db) -> None:
    assert set(read("contacts", real_database).values()) == {0}


def test_voip_is_counted_before_release_8(real_database: Db) -> None:
    insert(real_database, Collection.ROOMS, room("v"))
    held = {"t": "voip-call-on-hold"}
    insert(
        real_database,
        Collection.MESSAGES,
        message(t="voip-call-wrapup"),
        message(rid="1", **held),
        message(rid="1", **held),
    )
    assert read("voip_calls", real_database, release=BEFORE_8) == {
        "voipCalls": 1,
        "voipSuccessfulCalls": 1,
        "voipErrorCalls": 0,
        "voipOnHoldCalls": 1,
    }


def test_extensions_are_counted_before_release_8(real_database: Db) -> None:
    insert(real_database, Collection.USERS, user(extension="80000"), user())

    assert read("voip_extensions", real_database, release=BEFORE_8) == {"voipExtensions": 1}
