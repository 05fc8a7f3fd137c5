"""Everything else that the workspace's data decides: each subject by a handful of documents."""

from datetime import timedelta
from typing import Any

import pytest
from pymongo.database import Database

from collector.sources.collections import Collection
from collector.statistics.reading import Absent
from tests.factories import NOW, hours, insert, message, read, room, setting, user

Db = Database[dict[str, Any]]


def licensed(database: Db, *modules: str) -> None:
    insert(database, Collection.STATISTICS, {"createdAt": NOW, "enterprise": {"modules": list(modules), "tags": ["x"]}})


def test_pins_and_stars_leave_out_hidden_and_removed_messages(real_database: Db) -> None:
    for index in ("pinned", "starred._id", "t"):
        real_database[Collection.MESSAGES].create_index(index, sparse=True)
    real_database[Collection.MESSAGES].create_index([("tcount", 1), ("tlm", 1)], sparse=True)
    star = [{"_id": "ann"}]
    insert(
        real_database,
        Collection.MESSAGES,
        message(rid="1", pinned=True, starred=star),
        message(rid="1", pinned=True, _hidden=True),
        message(rid="2", pinned=True, t="rm"),
        message(rid="3", pinned=False, starred=[]),
        message(rid="3", starred=star, _hidden=True),
        message(tcount=0, tlm=NOW),
        message(t="e2e"),
    )

    assert read("pinned", real_database) == {"totalRoomsWithPinned": 2, "totalPinned": 1}
    assert read("starred", real_database) == {"totalRoomsWithStarred": 2, "totalStarred": 1}
    assert read("totalThreads", real_database) == {"totalThreads": 1}
    assert read("totalEncryptedMessages", real_database) == {"totalEncryptedMessages": 1}


def test_invitations_add_up_their_uses(real_database: Db) -> None:
    insert(real_database, Collection.INVITES, {"uses": 3}, {"uses": 0}, {}, {"uses": "many"})

    assert read("invites", real_database) == {"totalLinkInvitation": 4, "totalLinkInvitationUses": 3}


def test_a_role_is_custom_if_it_is_not_protected_and_says_so(real_database: Db) -> None:
    roles = ({"scope": "Users", "protected": True}, {"scope": "Users", "protected": False}, {"scope": "Subscriptions"})
    insert(real_database, Collection.ROLES, *roles)

    assert read("roles", real_database) == {"totalSubscriptionRoles": 1, "totalUserRoles": 2, "totalCustomRoles": 1}


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
    assert values["homeBodyChanged"] is False
    assert values["customCSSChanged"] == Absent("the setting theme-custom-css is not set")


@pytest.mark.parametrize("logo", [{}, {"defaultUrl": "x"}, None, "url"])
def test_a_logo_without_a_url_is_the_shipped_one(real_database: Db, logo: Any) -> None:
    insert(real_database, Collection.SETTINGS, setting("Assets_logo", logo))

    assert read("customization_settings", real_database)["logoChange"] is False


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


def test_sizes_that_are_not_numbers_add_nothing(real_database: Db) -> None:
    insert(real_database, Collection.UPLOADS, {"size": 2**33}, {"size": 5.0}, {"size": "7"}, {"size": None}, {})

    assert read("uploads", real_database) == {"uploadsTotal": 5, "uploadsTotalSize": 2**33 + 5}


def test_integrations_are_counted_by_type_and_state(real_database: Db) -> None:
    incoming, outgoing = {"type": "webhook-incoming"}, {"type": "webhook-outgoing"}
    rows = (incoming | {"enabled": True, "scriptEnabled": True}, incoming | {"enabled": 1}, outgoing, {"type": "other"})
    insert(real_database, Collection.INTEGRATIONS, *rows)

    values = read("integrations", real_database)
    assert {key.partition(".")[2]: value for key, value in values.items()} == {
        "totalIntegrations": 4,
        "totalIncoming": 2,
        "totalIncomingActive": 1,
        "totalOutgoing": 1,
        "totalOutgoingActive": 0,
        "totalWithScriptEnabled": 1,
    }


@pytest.mark.parametrize(
    ("on", "gateway", "url", "bits"), [(True, True, "ours", 7), (True, False, "theirs", 1), (False, True, "theirs", 2)]
)
def test_push_settings_are_bits(real_database: Db, on: bool, gateway: bool, url: str, bits: int) -> None:
    rows = (setting("Push_enable", on), setting("Push_enable_gateway", gateway))
    insert(real_database, Collection.SETTINGS, *rows, setting("Push_gateway", url, packageValue="theirs"))

    assert read("push_gateway", real_database) == {"push": bits}


def test_services_count_active_persons_who_have_them(real_database: Db) -> None:
    insert(
        real_database,
        Collection.USERS,
        user(services={"ldap": {"id": 1}, "google": None, "Company": {}}),
        user(services={"ldap": {}}, roles=["guest"]),
        user(services={"ldap": {}}, type="app"),
        user(services={"ldap": {}}, active=False),
        user(services={"facebook": {}, "github_enterprise": {}}, roles=["guest", "user"]),
        user(services=[{"ldap": {}}]),
        user(services="ldap"),
    )
    custom = "Accounts_OAuth_Custom-Company"
    insert(
        real_database,
        Collection.SETTINGS,
        setting("Accounts_OAuth_Facebook", True),
        setting(custom, True),
        setting(f"{custom}-merge_roles", False),
        setting(f"{custom}-roles_to_sync", "admin"),
    )

    values = read("services", real_database)
    assert values["services.ldap.users"] == values["services.oauth.google.users"] == 1
    assert values["services.oauth.githubEnterprise.users"] == values["services.oauth.facebook.users"] == 1
    assert values["services.cas.users"] == 0
    assert values["services.oauth.twitter.users"] == Absent("this release does not support the provider")
    provider = {"enabled": True, "mergeRoles": False, "users": 1, "rolesToSync": True}
    assert values["services.oauth.custom"] == {"Company": provider}


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


def test_conferences_are_counted_by_type_and_status(real_database: Db) -> None:
    pairs = (("direct", 0), ("direct", 1), ("direct", 3), ("direct", 4), ("videoconference", 3), ("livechat", 1))
    insert(real_database, Collection.VIDEO_CONFERENCES, *({"type": kind, "status": status} for kind, status in pairs))

    values = read("conferences", real_database)
    assert {key.partition(".")[2] for key, value in values.items() if value} == {
        "direct.calling",
        "direct.started",
        "direct.ended",
        "videoConference.ended",
        "livechat.started",
    }


def test_rooms_of_teams_leave_out_main_rooms(real_database: Db) -> None:
    insert(real_database, Collection.TEAMS, {}, {})
    inside = {"teamId": "t"}
    rooms = (room(**inside), room(**inside, teamDefault=True), room(**inside, teamMain=True), room())
    insert(real_database, Collection.ROOMS, *rooms)

    assert read("teams", real_database) == {"teams.totalTeams": 2}
    assert read("team_rooms", real_database) == {
        "teams.totalRoomsInsideTeams": 2,
        "teams.totalDefaultRoomsInsideTeams": 1,
    }


def test_federation_by_matrix(real_database: Db) -> None:
    big = room(federated=True, usersCount=50, fname="Big", name="big")
    small = room(federated=True, usersCount=2)
    insert(real_database, Collection.ROOMS, big, small, room(federated=False, usersCount=99))
    insert(real_database, Collection.SETTINGS, setting("Federation_Matrix_homeserver_domain", "home"))
    insert(
        real_database, Collection.MATRIX_BRIDGED_ROOMS, *({"fromServer": name} for name in ("b", "a", "b", "home")), {}
    )

    values = {**read("federated_rooms", real_database), **read("external_servers", real_database)}
    assert values["matrixFederation.biggestRoom"] == {"_id": big["_id"], "name": "Big", "usersCount": 50}
    assert values["matrixFederation.smallestRoom"] == {"_id": small["_id"], "name": "", "usersCount": 2}
    assert values["matrixFederation.amountOfFederatedRooms"] == 2
    assert values["matrixFederation.externalConnectedServers"] == {"quantity": 2, "servers": ["a", "b"]}


def test_figures_of_a_module_are_absent_without_its_licence(real_database: Db) -> None:
    licensed(real_database, "auditing")

    values = read("omnichannel_licensed", real_database)
    assert set(values.values()) == {Absent("the licence does not include livechat-enterprise")}
    assert read("licence", real_database) == {"enterprise.modules": ["auditing"], "enterprise.tags": ["x"]}


def test_figures_of_licensed_modules_are_absent_if_the_licence_is_unknown(real_database: Db) -> None:
    assert set(read("abac", real_database).values()) == {Absent("the server has not stored its licence")}


def test_figures_of_licensed_omnichannel(real_database: Db) -> None:
    licensed(real_database, "livechat-enterprise")
    insert(real_database, Collection.DEPARTMENTS, {"type": "u"}, {})
    insert(real_database, Collection.LIVECHAT_TAGS, {})
    rooms = (room("l", priorityId="p", pdfTranscriptRequested=True), room("l", slaId="s", pdfTranscriptFileId="f"))
    insert(real_database, Collection.ROOMS, *rooms)

    values = read("omnichannel_licensed", real_database)
    assert {key.partition(".")[2]: value for key, value in values.items()} == {
        "livechatTags": 1,
        "cannedResponses": 0,
        "slas": 0,
        "businessUnits": 1,
        "livechatMonitors": 0,
        "omnichannelRoomsWithPriorities": 1,
        "omnichannelRoomsWithSlas": 1,
        "omnichannelPdfTranscriptRequested": 1,
        "omnichannelPdfTranscriptSucceeded": 1,
    }


def test_calls_are_counted_by_period_direction_and_success(real_database: Db) -> None:
    licensed(real_database, "livechat-enterprise")
    calls = (("internal", 5, 0.5), ("external_inbound", 4, 3), ("external_outbound", None, 20), ("internal", 100, 60))
    for direction, duration, days in calls:
        row = {"direction": direction, "startedAt": NOW - timedelta(days=days)}
        insert(real_database, Collection.FREESWITCH_CALLS, row | ({"duration": duration} if duration else {}))

    values = read("freeswitch_calls", real_database)
    assert values["enterprise.voip.lastWeek"] == {
        "internalCalls": 1,
        "externalInboundCalls": 1,
        "externalOutboundCalls": 0,
        "callsDuration": 9,
        "externalCalls": 1,
        "successfulCalls": 1,
        "failedCalls": 1,
        "calls": 2,
    }
    assert [values[f"enterprise.voip.{p}"]["calls"] for p in ("total", "lastMonth", "lastWeek", "lastDay")] == [
        4,
        3,
        2,
        1,
    ]


def test_seat_requests_are_found_with_and_without_a_date(real_database: Db) -> None:
    assert read("seat_requests", real_database) == {"enterprise.seatRequests": 0}

    insert(real_database, Collection.ANALYTICS, {"type": "seat-request", "count": 3, "date": 20240315})
    assert read("seat_requests", real_database) == {"enterprise.seatRequests": 3}


def test_abac_counts_values_and_rooms(real_database: Db) -> None:
    licensed(real_database, "abac")
    insert(real_database, Collection.ABAC_ATTRIBUTES, {"values": ["a", "b"]}, {"values": []}, {})
    insert(real_database, Collection.ROOMS, room(abacAttributes=[{"key": "k"}]), room(abacAttributes=[]), room())

    assert list(read("abac", real_database).values()) == [3, 2, 1]


def test_the_peak_is_the_highest_that_the_server_stored_since_midnight_thirty_days_ago(real_database: Db) -> None:
    midnight = NOW - timedelta(days=30, hours=12, minutes=30)
    documents = [{"createdAt": midnight - hours(0.1), "dailyPeakConnections": 900}]
    documents += [{"createdAt": midnight, "dailyPeakConnections": 70}, {"createdAt": NOW, "dailyPeakConnections": 60}]
    insert(real_database, Collection.STATISTICS, *documents)

    values = read("peaks", real_database)
    assert values["maxMonthlyPeakConnections"] == 70
    assert values["dailyPeakConnections"] == Absent("the server keeps it only in memory")


def test_mongodbs_release_and_engine_are_read(real_database: Db) -> None:
    values = read("mongo", real_database)

    assert values["mongoVersion"].count(".") == 2
    assert values["mongoStorageEngine"] == "wiredTiger"
