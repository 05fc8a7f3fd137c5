"""The sample workspace has the collections, fields, indexes and settings of the release that it runs."""

from datetime import UTC, datetime

import pytest
from pymongo.database import Database

from collector.demo.sample import indexes, own_statistics, workspace
from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.statistics.releases import Release
from tests.factories import SMALL
from tests.releases import names
from tests.releases.names import RELEASES

Db = Database[Document]
SIX, EARLY_SEVEN, LATE_SEVEN, EIGHT, LATE_EIGHT, NINE = RELEASES

ONLY_THE_SERVER_KNOWS = """
version tag branch fips allowUnsafeQueryAndFieldsApiParamsEnabled apps.engineVersion enterprise.modules enterprise.tags
os.uptime os.loadavg os.freemem os.cpus process.uptime deploy.method deploy.platform msEnabled oplogEnabled
dailyPeakConnections
""".split()


def filled(database: Db, release: Release) -> Db:
    workspace.fill(database, datetime.now(UTC), SMALL, release=release)
    return database


def ids(database: Db) -> set[str]:
    return {row["_id"] for row in database[Collection.SETTINGS].find()}


def newest(database: Db) -> Document:
    return database[Collection.STATISTICS].find_one(sort=[("createdAt", -1)]) or {}


@pytest.mark.parametrize("release", RELEASES, ids=str)
def test_the_server_s_own_document_has_names_of_its_release(release: Release, real_database: Db) -> None:
    own = newest(filled(real_database, release))
    of_release = names.of_server(release, own["enterprise"]["modules"])

    assert Release.parse(own["version"]) == release
    assert set(names.of_document(own)) <= of_release
    known = set(ONLY_THE_SERVER_KNOWS) & of_release
    undefined = set() if release >= LATE_SEVEN else {"tag", "branch"}
    assert known - undefined <= set(names.of_document(own))


def test_a_sample_runs_8_6_1_unless_it_is_told_another_release(real_database: Db) -> None:
    workspace.fill(real_database, datetime.now(UTC), SMALL)
    assert newest(real_database)["version"] == "8.6.1"


@pytest.mark.parametrize(
    ("release", "there"),
    [
        (SIX, {Collection.MATRIX_BRIDGED_ROOMS}),
        (EARLY_SEVEN, {Collection.MATRIX_BRIDGED_ROOMS, Collection.CONTACTS}),
        (LATE_SEVEN, {Collection.MATRIX_BRIDGED_ROOMS, Collection.CONTACTS, Collection.FREESWITCH_CALLS}),
        (EIGHT, {Collection.CONTACTS, Collection.ABAC_ATTRIBUTES}),
        (NINE, {Collection.CONTACTS, Collection.ABAC_ATTRIBUTES}),
    ],
)
def test_collections_come_and_go(release: Release, there: set[Collection], real_database: Db) -> None:
    found = set(filled(real_database, release).list_collection_names())

    assert {collection for collection in indexes.COLLECTIONS if collection in found} == there


def test_calls_and_what_went_with_them_come_and_go(real_database: Db) -> None:
    assert filled(real_database, SIX)[Collection.ROOMS].count_documents({"t": "v"})
    real_database.client.drop_database(real_database.name)

    new = filled(real_database, NINE)
    assert [query for query in GONE if new[Collection.ROOMS].count_documents(query)] == []
    gone = [{"services.tokenpass": {"$exists": True}}, {"extension": {"$exists": True}}]
    assert new[Collection.USERS].count_documents({"$or": gone}) == 0
    assert new[Collection.MESSAGES].count_documents({"t": {"$regex": "^voip"}}) == 0


GONE: list[Document] = [
    {"t": "v"},
    {"callStatus": {"$exists": True}},
    {"createdOTR": True},
    {"streamingOptions": {"$exists": True}},
]


def test_settings_come_and_go(real_database: Db) -> None:
    old = ids(filled(real_database, SIX))
    assert {"VoIP_Enabled", "WebRTC_Enabled", "OTR_Enable", "OTR_Count", "Accounts_OAuth_Tokenpass"} <= old
    assert not {"ABAC_Enabled", "Merged_Contacts_Count", "Federation_Service_Enabled", "Livestream_enabled"} & old

    real_database.client.drop_database(real_database.name)
    new = ids(filled(real_database, EIGHT))
    assert not {"VoIP_Enabled", "WebRTC_Enabled", "OTR_Enable", "OTR_Count", "Accounts_OAuth_Tokenpass"} & new
    assert {"ABAC_Enabled", "Merged_Contacts_Count", "Federation_Service_Enabled"} <= new


def test_a_licensed_setting_says_so_in_its_row(real_database: Db) -> None:
    rows = {row["_id"]: row for row in filled(real_database, NINE)[Collection.SETTINGS].find()}
    told = {key: rows["Push_request_content_from_server"][key] for key in ("enterprise", "modules", "invalidValue")}

    assert told == {"enterprise": True, "modules": ["push-privacy"], "invalidValue": False}
    assert "enterprise" not in rows["Layout_Home_Title"]
    assert rows["LDAP_Enable"]["enterprise"] is True
    wanted = {module for row in rows.values() for module in row.get("modules", [])}
    assert wanted - set(own_statistics.modules(NINE)) == {"federation", "oauth-enterprise"}


@pytest.mark.parametrize(
    ("release", "there"), [(Release(6, 2), []), (SIX, ["starred._id_1", "t_1"]), (LATE_EIGHT, ["starred._id_1", "t_1"])]
)
def test_messages_have_the_indexes_of_the_release(release: Release, there: list[str], real_database: Db) -> None:
    found = filled(real_database, release)[Collection.MESSAGES].index_information()
    assert sorted({"t_1", "starred._id_1"} & found.keys()) == there


def test_the_server_s_documents_expire_from_8_2_on(real_database: Db) -> None:
    kept = filled(real_database, EIGHT)[Collection.STATISTICS].index_information()["createdAt_1"]
    assert kept["expireAfterSeconds"] == 365 * 86_400
