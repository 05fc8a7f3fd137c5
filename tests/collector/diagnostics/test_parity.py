"""A snapshot compared with the server's own statistics document."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson import DatetimeMS, Decimal128, Timestamp
from pymongo.database import Database

from collector.demo.sample import workspace
from collector.diagnostics import parity
from collector.diagnostics.deviations import DEVIATIONS
from collector.diagnostics.parity import Comparison, Settings, Verdict, compare
from collector.key_paths import place
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog
from collector.statistics.collector import Collector
from collector.statistics.reading import Cost, Reading, Statistic, Unit
from collector.statistics.releases import Release, before, since
from collector.statistics.subject import SETTING
from tests.factories import SMALL, insert, with_id
from tests.processes import rcstats
from tests.releases.names import RELEASES
from tests.releases.server_document import aged, server_document

Db = Database[dict[str, Any]]
NOW = datetime(2024, 3, 15, 12, 30, 0, 500_000, UTC)
EQUAL, EXPLAINED, UNEXPLAINED = Verdict
UNKNOWN = Settings()


def compared(
    ours: dict[str, Any],
    server: dict[str, Any],
    *statistics: Statistic,
    age: float = 0,
    settings: Settings = UNKNOWN,
) -> list[Comparison]:
    """Compares both documents, of release 8.6; the server's is `age` minutes older."""
    own = {"unavailable": {"gone": "there is none"}, "notes": {"cut": "only 2 are listed"}}
    theirs = {"_id": "x", "createdAt": NOW - timedelta(minutes=age), "version": "8.6.1"} | server
    readings = [Reading("made_up", statistics, "nowhere", Cost.FREE, lambda _: {})]
    found = compare({"createdAt": NOW, "collector": own} | ours, theirs, readings, settings)
    return [one for one in found if one.key != "version"]


def one(key: str, unit: Unit = Unit.NUMBER, **more: Any) -> Statistic:
    return Statistic(key, "Made up.", unit, **more)


def verdict(ours: Any, server: Any, *, moves: bool = False, age: float = 0) -> Verdict:
    (found,) = compared({"key": ours}, {"key": server}, one("key", moves=moves), age=age)
    return found.verdict


@pytest.mark.parametrize(
    ("ours", "server"),
    [
        (5, 5.0),
        ("a", "a"),
        (NOW, NOW),
        (NOW, "2024-03-15T12:30:00.500Z"),
        (NOW, "Fri Mar 15 2024 13:30:00 GMT+0100 (Central European Standard Time)"),
        ([{"a": 1}, {"b": 2}], [{"b": 2.0}, {"a": 1}]),
        ({"a": 1}, {"a": 1, "b": None}),
        ({"a": 1, "b": {"c": None}}, {"a": 1, "b": {}}),
        ([{"id": None, "type": "widget"}], [{"type": "widget"}]),
        (False, False),
    ],
)
def test_equivalent_values_are_equal(ours: Any, server: Any) -> None:
    assert verdict(ours, server) is EQUAL


@pytest.mark.parametrize("server", [{}, {"a": None}, {"a": {}}, {"a": {"b": None}}, {"a": {"b": {}}}])
@pytest.mark.parametrize("ours", [{}, {"a": None}, {"a": {}}, {"a": {"b": None}}])
def test_null_absent_and_an_empty_document_are_the_same_nothing(ours: dict[str, Any], server: dict[str, Any]) -> None:
    assert compared(ours, server, one("a.b")) == []


@pytest.mark.parametrize(
    ("ours", "server"), [(5, 6), ("a", "b"), (NOW, "never"), (NOW, ""), ([1], [1, 1]), ({"a": 1}, {"a": 2}), (True, 1)]
)
def test_other_values_of_the_same_moment_are_unexplained(ours: Any, server: Any) -> None:
    assert verdict(ours, server) is UNEXPLAINED


def test_a_comparison_has_the_difference() -> None:
    ours = {"number": 1200, "date": NOW}
    server = {"number": 200, "date": "2024-03-15T12:29:00.500Z"}

    assert [found.difference for found in compared(ours, server, one("number"), one("date"))] == ["+1,000", "+60 s"]


@pytest.mark.parametrize(
    ("ours", "age", "expected"), [(105, 1, EXPLAINED), (150, 1, UNEXPLAINED), (150, 60, EXPLAINED), (100, 60, EQUAL)]
)
def test_a_value_that_moves_must_be_close_to_that_of_a_fresh_document(ours: int, age: float, expected: Verdict) -> None:
    assert verdict(ours, 100, moves=True, age=age) is expected


@pytest.mark.parametrize(("age", "expected"), [(0, UNEXPLAINED), (5, EXPLAINED), (60, EXPLAINED)])
def test_a_total_may_have_moved_a_little_after_a_minute(age: float, expected: Verdict) -> None:
    assert verdict(103, 100, age=age) is expected
    assert verdict([103], [100], age=age) is expected


@pytest.mark.parametrize(
    ("ours", "server"), [("a", "b"), (True, False), (5, "5"), ([1], {"a": 1}), (5, False), (None, "a"), (False, None)]
)
def test_texts_flags_and_other_types_do_not_move(ours: Any, server: Any) -> None:
    assert verdict(ours, server, age=600) is UNEXPLAINED


def test_the_cause_of_an_older_document_is_its_age() -> None:
    (found,) = compared({"key": 900}, {"key": 5}, one("key"), age=7 * 60)
    (moved,) = compared({"key": 9}, {"key": 5}, one("key", moves=True))

    assert (found.cause, moved.cause) == ("counted 7 hours later", parity.MOVES)


def test_a_value_that_is_not_known_or_cut_has_its_reason_as_cause() -> None:
    found = compared({"cut": [1, 2]}, {"gone": 1, "cut": [1, 2, 3]}, one("gone"), one("cut"))

    assert [(each.key, each.verdict, each.cause) for each in found] == [
        ("gone", EXPLAINED, "there is none"),
        ("cut", EXPLAINED, "only 2 are listed"),
    ]


def test_a_count_that_the_server_did_not_finish_is_explained_and_one_without_a_value_is_not() -> None:
    found = compared({"here": 1, "null": 1}, {"null": None}, one("here"), one("null"))

    assert [each.cause for each in found] == [parity.LACKING, ""]


def of_setting(key: str) -> Statistic:
    return one(key, source=f"{SETTING}Some_Setting", is_setting=True)


@pytest.mark.parametrize("server", [{"settings": {"beside": 1, "left": None}}, {"settings": {"beside": 1}}])
def test_a_row_that_the_server_ignores_is_unexplained(server: dict[str, Any]) -> None:
    ours = {"settings": {"beside": 1, "left": 5}}
    found = compared(ours, server, of_setting("settings.beside"), of_setting("settings.left"), age=600)

    assert [(each.key, each.verdict) for each in found] == [("settings.beside", EQUAL), ("settings.left", UNEXPLAINED)]


def test_a_setting_that_was_changed_since_is_explained() -> None:
    def cause(settings: Settings) -> str:
        return compared({"key": "a"}, {"key": "b"}, of_setting("key"), settings=settings)[0].cause

    assert cause(Settings(changed={"Some_Setting"})) == parity.CHANGED
    assert cause(Settings(changed={"Another"}, licensed={"Some_Setting"})) == ""


@pytest.mark.parametrize(("uptime", "cause"), [(30.5, parity.NO_LICENCE_YET), (3000, ""), ("30", ""), (None, "")])
def test_a_licensed_setting_is_explained_just_after_a_start(uptime: Any, cause: str) -> None:
    server = {"key": False, "process": {"uptime": uptime}}
    statistics = of_setting("key"), one("process.uptime")
    found = compared({"key": 50}, server, *statistics, settings=Settings(licensed={"Some_Setting"}))

    assert found[0].cause == cause


def test_names_of_other_releases_are_explained_and_unknown_names_are_not() -> None:
    statistics = one("old", releases=before("8.0")), one("of", releases=since("8.0")), one("of", releases=before("8.0"))
    server = {"old": 3, "of": 1, "new": {"a": 3}, "os": {"new": 1}, "nothing": {"a": None}}
    found = compared({"of": 1}, server, *statistics)

    assert [(each.key, each.verdict, each.cause) for each in found] == [
        ("of", EQUAL, ""),
        ("old", EXPLAINED, "other releases have it: before 8.0"),
        ("new", UNEXPLAINED, ""),
        ("os", UNEXPLAINED, ""),
    ]


@pytest.mark.parametrize(
    ("version", "cause"), [("9.9.0", parity.NEWER), (None, parity.NO_RELEASE), ("develop", parity.NO_RELEASE)]
)
def test_an_unknown_name_of_an_unknown_release_is_explained(version: Any, cause: str) -> None:
    assert [found.cause for found in compared({}, {"version": version, "novel": 1})] == [cause]


@pytest.mark.parametrize(
    ("source", "explained"), [("host", True), ("instance", True), ("statistics", False), (7, False)]
)
def test_a_fact_about_the_server_that_is_not_from_its_document_may_differ(source: Any, explained: bool) -> None:
    ours = {"os": {"release": "6.2"}, "collector": {"origin": {"os": {"source": source}}}}
    (found,) = compared(ours, {"os": {"release": "6.1"}}, one("os.release"))

    assert found.verdict is (EXPLAINED if explained else UNEXPLAINED)


def test_the_collectors_own_fields_are_not_compared() -> None:
    assert compared({}, {}, one("collector.messages.counted")) == []


@pytest.mark.parametrize("taken", [None, "2024-03-15", 5, Timestamp(1, 1), DatetimeMS(10**15), [NOW]])
def test_a_document_without_a_date_explains_all_its_values(taken: Any) -> None:
    (found,) = compared({"key": 5}, {"key": 900, "createdAt": taken}, one("key"))

    assert found.cause == parity.NO_DATE


def test_dates_at_either_end_of_the_calendar_can_be_compared() -> None:
    assert verdict(NOW, "Fri Dec 31 9999 23:59:59 GMT-1400 (Somewhere)") is UNEXPLAINED
    assert verdict(NOW, "9999-12-31T23:59:59-14:00") is UNEXPLAINED
    assert verdict(NOW, "0001-01-01T00:00:00+14:00") is UNEXPLAINED
    assert verdict(5, 5, age=2000 * 365 * 24 * 60) is EQUAL


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), Decimal128("NaN"), [float("nan")]])
def test_nan_and_infinity_are_compared_like_any_value(odd: Any) -> None:
    assert verdict(odd, odd) is EQUAL
    assert verdict(5, odd) is UNEXPLAINED


NAN = float("nan")
SOURCE = {"type": "api", "id": "a"}
WEEK = {"year": 2024, "data": [{"count": 2, "roles": [{"role": "user", "count": 2}]}]}
OTHER_ROLES = {"year": 2024, "data": [{"count": 2, "roles": [{"role": "admin", "count": 2}]}]}


@pytest.mark.parametrize(
    ("key", "server", "ours"),
    [
        ("totlalLivechat", None, 3),
        ("lastLogin", "", None),
        ("lastSeenSubscription", 1_710_000_000, None),
        ("userLanguages", {"de": 3, "a,b": 1, "none": 2}, {"de": 3, "none": 3}),
        ("totalMessages", NAN, 7),
        ("totalDirectMessages", "07", 7),
        ("uploadsTotalSize", Decimal128("7"), 7),
        ("omnichannelSources", [SOURCE | {"count": 2}, SOURCE | {"count": 1}], [SOURCE | {"count": 3}]),
        ("uniqueUsersOfLastWeek", OTHER_ROLES, WEEK),
        ("services.oauth.custom", {"0": {"enabled": True, "users": 0}}, {"Company": {"enabled": False, "users": 9}}),
        ("apps.totalActive", 5, 4),
        ("apps.totalInstalled", False, 4),
        ("matrixFederation.biggestRoom", {"_id": "a", "usersCount": 5}, {"_id": "b", "usersCount": 5}),
        ("enterprise.seatRequests", 5, 0),
        ("instanceCount", 0, 1),
        ("mongoStorageEngine", "unknown", "wiredTiger"),
    ],
)  # fmt: skip
def test_a_decision_of_rcstats_has_its_reason_as_cause(key: str, server: Any, ours: Any) -> None:
    (found,) = compared(document(key, ours), document(key, server), one(key))

    assert found.verdict is EXPLAINED
    assert found.cause in {deviation.reason for deviation in DEVIATIONS}


@pytest.mark.parametrize(
    ("key", "server", "ours"),
    [
        ("lastLogin", "", NOW),
        ("userLanguages", {"de": 4, "none": 2}, {"de": 3, "none": 3}),
        ("totalMessages", 8, 7),
        ("omnichannelSources", [{"type": "api", "count": 2}], [{"type": "api", "count": 3}]),
        ("uniqueUsersOfLastWeek", {"year": 2024, "data": [{"count": 3}]}, WEEK),
        ("uniqueUsersOfLastWeek", None, WEEK),
        ("services.oauth.custom", {"Company": {"users": 8}}, {"Company": {"users": 9}}),
        ("apps.totalInstalled", 5, 4),
        ("matrixFederation.biggestRoom", {"_id": "a", "usersCount": 6}, {"_id": "b", "usersCount": 5}),
        ("mongoStorageEngine", "inMemory", "wiredTiger"),
    ],
)
def test_a_decision_of_rcstats_explains_no_other_difference(key: str, server: Any, ours: Any) -> None:
    (found,) = compared(document(key, ours), document(key, server), one(key))

    assert found.verdict is UNEXPLAINED


def document(key: str, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    place(found, key, value)
    return found


def test_the_servers_token_is_explained_without_its_value() -> None:
    (found,) = compared({}, {"statsToken": "secret"})

    assert (found.verdict, found.server) == (EXPLAINED, parity.HIDDEN)


def test_each_decision_is_on_a_statistic_or_a_secret() -> None:
    keys = [f"{statistic.key}." for statistic in catalog.STATISTICS] + ["statsToken.", "totlalLivechat."]
    decided = [path for deviation in DEVIATIONS for path in deviation.keys.split()]

    assert [path for path in decided if not any(key.startswith(f"{path}.") for key in keys)] == []


UTC_ZONE = ZoneInfo("UTC")


def healthy(database: Db, release: Release) -> tuple[dict[str, Any], dict[str, Any]]:
    """Our document of a sample workspace, and the server's of the same moment."""
    begun = datetime.now(UTC)
    workspace.fill(database, begun, SMALL, release=release)
    ours = Collector(Sources(RocketChat(database)), "UTC", lambda _: None).collect(fresh=True)
    return ours, server_document(database, ours["collector"]["startedAt"], UTC_ZONE, release)


@pytest.mark.parametrize("release", RELEASES, ids=str)
def test_on_a_healthy_workspace_nothing_is_unexplained(real_database: Db, release: Release) -> None:
    ours, server = healthy(real_database, release)

    for age in (timedelta(0), timedelta(hours=20)):
        found = list(compare(ours, aged(server, age), catalog.READINGS))
        unexplained = [(each.key, each.server, each.ours) for each in found if each.verdict is UNEXPLAINED]
        assert unexplained == []
        assert sum(each.verdict is EQUAL for each in found) > 200


def test_a_wrong_definition_is_unexplained(real_database: Db) -> None:
    ours, server = healthy(real_database, Release(7, 10))
    verified = {"totalVerifiedContacts": ours["contactVerification"]["totalVerifiedContacts"] + 70}
    otherwise = server | {"contactVerification": server["contactVerification"] | verified}
    found = compare(ours, otherwise, catalog.READINGS)

    assert [each.key for each in found if each.verdict is UNEXPLAINED] == ["contactVerification.totalVerifiedContacts"]


@pytest.mark.parametrize(
    ("newest", "date"),
    [
        ({"createdAt": "2999-01-01"}, "2024-03-15 12:30 UTC"),
        ({"createdAt": Timestamp(2**32 - 1, 1)}, "2024-03-15 12:30 UTC"),
        ({"createdAt": DatetimeMS(10**15)}, "2024-03-15 12:30 UTC"),
        ({"createdAt": [NOW + timedelta(days=1)]}, "2024-03-15 12:30 UTC"),
        ({"createdAt": {"at": NOW}, "[/key]": {"[b]": 1}}, "2024-03-15 12:30 UTC"),
    ],
)
def test_a_document_without_a_date_is_not_the_servers_newest(
    real_database: Db, mongod_url: str, newest: dict[str, Any], date: str
) -> None:
    old = {"_id": "old", "createdAt": NOW.replace(microsecond=0), "[/odd]": 1}
    insert(real_database, Collection.STATISTICS, old, {"_id": "newest"} | newest)
    url = mongod_url.replace("/?", f"/{with_id(real_database).name}?")
    ended = rcstats("parity", mongo_url=url, store_url=url)

    assert (ended.stderr, ended.returncode) == ("", 0)
    assert f"The server's document dates from {date} (" in ended.stdout
    assert "[/odd]" in ended.stdout


@pytest.mark.parametrize("createdat", [{}, {"createdAt": "2999-01-01"}, {"createdAt": None}])
def test_parity_uses_a_document_without_a_date_if_no_document_has_one(
    real_database: Db, mongod_url: str, createdat: dict[str, Any]
) -> None:
    insert(real_database, Collection.STATISTICS, {"_id": "odd", "novel": 1} | createdat)
    url = mongod_url.replace("/?", f"/{with_id(real_database).name}?")
    ended = rcstats("parity", mongo_url=url, store_url=url)

    assert (ended.stderr, ended.returncode) == ("", 0)
    assert "The server's document dates from an unknown time." in ended.stdout
    assert "novel" in ended.stdout
