"""Which limits apply to a workspace, and from where they are known."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pymongo.database import Database

from collector.errors import UnreachableError
from collector.key_paths import Document, at
from collector.sources.collections import Collection
from collector.statistics.snapshot import SnapshotContext, take
from collector.statistics.values import Absent, Noted
from tests import factories, limited
from tests.factories import NOW, insert, read, reading
from tests.tokens import token

Db = Database[Document]


def known(database: Db, **over: Any) -> tuple[dict[str, Document], str]:
    """The limits by name, and the reasons for which others are not known."""
    found = read("limits", database, **over)["collector.limits"]
    rows, note = (found.value, found.note) if isinstance(found, Noted) else (found, "")
    return {row["name"]: row for row in rows}, note


MODULES = {"licence": factories.licensed()}


def test_connections_are_limited_without_a_module_that_lifts_the_limit(real_database: Db) -> None:
    limited.connected(real_database, NOW, 10)

    assert known(real_database, **MODULES)[0]["connections"]["allowed"] == 200
    for module in ("unlimited-presence", "scalability"):
        assert known(real_database, licence=factories.licensed(module)) == ({}, "")
    assert known(real_database) == ({}, "")  # the licence is not known


@pytest.mark.parametrize("is_off", [None, "no", 0])
def test_a_workspace_without_the_switch_of_presence_has_no_such_limit(real_database: Db, is_off: Any) -> None:
    limited.connected(real_database, NOW, 10, is_off=is_off)

    assert known(real_database, **MODULES) == ({}, "")


def test_presence_that_was_switched_off_leaves_no_connections(real_database: Db) -> None:
    limited.connected(real_database, NOW, 10, is_off=True)
    found = known(real_database, **MODULES)[0]["connections"]

    assert found["left"] == 0
    assert found["source"].endswith("Presence_broadcast_disabled is true: presence is off")


BOTH = [{"max": 50, "behavior": "start_fair_policy"}, {"max": 60, "behavior": "prevent_action"}]


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        (BOTH, 60),
        (BOTH[:1], 50),
        ([*BOTH, {"max": 55, "behavior": "invalidate_license"}], 55),
        ([{"max": 50.0, "behavior": "prevent_action"}], 50),
        ([{"max": 0, "behavior": "prevent_action"}], 0),
        ([{"max": -1, "behavior": "prevent_action"}], None),
        ([{"max": "50", "behavior": "prevent_action"}], None),
        ([{"max": True, "behavior": "prevent_action"}], None),
        ([{"max": float("nan"), "behavior": "prevent_action"}], None),
        ([{"max": 50, "behavior": "dance"}], None),
        ([{"max": 50, "behavior": ["prevent_action"]}], None),
        ([{"max": 50}], None),
        ([[], 7, None], None),
        (7, None),
        (None, None),
    ],
    ids=str,
)
def test_the_lowest_maximum_of_the_licence_that_does_more_than_warn_counts(
    real_database: Db, given: Any, allowed: int | None
) -> None:
    limited.licensed(real_database, limits={"activeUsers": given})

    assert at(known(real_database)[0], "seats.allowed") == allowed


def test_only_a_valid_licence_limits(real_database: Db) -> None:
    limited.limited(real_database, activeUsers=5)
    for status in ("Invalid", "", None, 7, ["Valid"]):
        real_database[Collection.SETTINGS].update_one({"_id": "Enterprise_License_Status"}, {"$set": {"value": status}})

        assert "seats" not in known(real_database)[0]


UNREADABLE: dict[str, Any] = {
    "of version 2": "Zm9vYmFy",
    "no text": 7,
    "of another algorithm": f"RCV3_{token({'limits': {'activeUsers': BOTH}}, 'HS256')}",
    "without a signature": f"RCV3_{token({'limits': {'activeUsers': BOTH}}).rpartition('.')[0]}",
    "a list": f"RCV3_{token([1])}",
    "not JSON": f"RCV3_{token(b'{')}",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_a_licence_that_cannot_be_read_limits_nothing_and_is_noted(real_database: Db, text: Any) -> None:
    limited.settings(real_database, Enterprise_License_Status="Valid", Enterprise_License=text)

    assert known(real_database) == ({}, "the licence's limits and period cannot be read")


def test_the_licence_ends_with_the_first_period_that_invalidates_it(real_database: Db) -> None:
    later, never = NOW + timedelta(days=40), NOW + timedelta(days=5)
    limited.licensed(
        real_database,
        validation=limited.periods((later, "invalidate_license"), (never, "disable_modules")),
    )

    found = known(real_database)[0]["licence"]
    assert (found["date"].date(), found["left"], found["unit"]) == (later.date(), 40, "days")


@pytest.mark.parametrize("until", ["soon", 7, None, "", "9999-12-31T23:59:59Z", "0001-01-01", "2024-13-01"])
def test_a_period_without_a_plausible_end_is_none(real_database: Db, until: Any) -> None:
    period = {"validUntil": until, "invalidBehavior": "invalidate_license"}
    limited.licensed(real_database, validation={"validPeriods": [period, 7]})

    assert known(real_database) == ({}, "")


def test_the_lock_out_counts_calendar_days_of_the_server(real_database: Db) -> None:
    last = datetime(2024, 3, 8, 23, 30, tzinfo=UTC)
    limited.reported(real_database, last, told=4)

    assert known(real_database)[0]["lockOut"] == {
        "name": "lockOut",
        "date": datetime(2024, 3, 18, tzinfo=UTC),
        "left": 3,
        "unit": "days",
        "source": "the report to the vendor of 2024-03-08 23:30 UTC; "
        "Cloud_Workspace_AirGapped_Restrictions_Remaining_Days is 4",
        "certainty": "certain",
    }
    ahead = timezone(timedelta(hours=1))
    assert known(real_database, timezone=ahead)[0]["lockOut"]["left"] == 4


@pytest.mark.parametrize(
    ("told", "certainty"), [(3, "certain"), (4, "certain"), (9, "likely"), (-1, "likely"), ("3", "likely")]
)
def test_the_lock_out_is_certain_where_the_server_agrees(real_database: Db, told: Any, certainty: str) -> None:
    limited.reported(real_database, NOW - timedelta(days=7), told=told)

    found = known(real_database)[0]["lockOut"]
    assert (found["left"], found["certainty"]) == (3, certainty)


def test_a_workspace_that_has_not_reported_for_ten_days_is_locked(real_database: Db) -> None:
    limited.reported(real_database, NOW - timedelta(days=30), told=0)
    found = known(real_database)[0]["lockOut"]

    assert (found["left"], found["certainty"]) == (0, "certain")
    assert "date" not in found
    assert found["source"].startswith("no report in 10 days; ")


def test_a_workspace_that_has_just_been_installed_is_not_called_locked(real_database: Db) -> None:
    limited.unlicensed(real_database)
    limited.settings(real_database, **{limited.TOLD_DAYS: -1})
    found, note = known(real_database)

    assert "lockOut" not in found
    assert note == "lockOut: the server has neither reported to the vendor nor restricted itself yet"


@pytest.mark.parametrize("status", ["Valid", None, 7])
def test_a_workspace_that_has_or_may_have_a_licence_is_not_locked_out(real_database: Db, status: Any) -> None:
    limited.reported(real_database, NOW - timedelta(days=7))
    real_database[Collection.SETTINGS].update_one({"_id": "Enterprise_License_Status"}, {"$set": {"value": status}})

    assert "lockOut" not in known(real_database)[0]


def test_a_release_without_the_restriction_is_not_locked_out(real_database: Db) -> None:
    limited.reported(real_database, NOW - timedelta(days=7))
    real_database[Collection.SETTINGS].delete_one({"_id": limited.TOLD_DAYS})

    assert "lockOut" not in known(real_database)[0]


RECEIPTS: dict[str, Any] = {
    "no text": 7,
    "no token": "nonsense",
    "of another algorithm": token({"timestamp": "2024-03-08T00:00:00Z"}, "none"),
    "without a date": token({"timestamp": 7}),
    "an implausible date": token({"timestamp": "9999-12-31T00:00:00Z"}),
}


@pytest.mark.parametrize("receipt", RECEIPTS.values(), ids=RECEIPTS)
def test_a_receipt_that_cannot_be_read_is_noted(real_database: Db, receipt: Any) -> None:
    limited.reported(real_database, NOW - timedelta(days=7), receipt=receipt)
    found, note = known(real_database)

    assert "lockOut" not in found
    assert note == "lockOut: the newest statsToken cannot be read"


ENDS = "2024-06-30T00:00:00.000Z"


@pytest.mark.parametrize(
    ("versions", "is_known"),
    [
        ([{"version": "8.6.0", "expiration": "2024-05-01"}, {"version": "8.6.1", "expiration": ENDS}], True),
        ([{"version": "8.6.0", "expiration": ENDS}, {"version": "8.5.1", "expiration": "2024-05-01"}], True),
        ([{"version": "8.5.1", "expiration": ENDS}], False),
        ([{"version": "8.6.1", "expiration": 7}], False),
        ([{"version": ["8.6.1"], "expiration": ENDS}], False),
        ([{"version": 8.6, "expiration": ENDS}, 7], False),
        ([], False),
    ],
    ids=str,
)
def test_support_ends_as_the_token_says_of_the_version_or_its_minor_release(
    real_database: Db, versions: list[Any], is_known: bool
) -> None:
    insert(real_database, Collection.STATISTICS, {"createdAt": NOW, "version": "8.6.1"})
    limited.settings(real_database, Cloud_Workspace_Supported_Versions_Token=limited.supporting(*versions))
    found, note = known(real_database)

    assert at(found, "support.date") == (datetime(2024, 6, 30, tzinfo=UTC) if is_known else None)
    assert ("support" in note) is not is_known


@pytest.mark.parametrize("text", [7, "nonsense", ["a.b.c"], token({"versions": 7})])
def test_a_token_of_supported_versions_that_cannot_be_read_is_noted(real_database: Db, text: Any) -> None:
    insert(real_database, Collection.STATISTICS, {"createdAt": NOW, "version": "8.6.1"})
    limited.settings(real_database, Cloud_Workspace_Supported_Versions_Token=text)
    found, note = known(real_database)

    assert "support" not in found
    assert (
        note
        == "support: Cloud_Workspace_Supported_Versions_Token cannot be read, or does not name the server's version"
    )


def test_a_mongodb_that_the_release_does_not_support_has_no_days_left(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, {"createdAt": NOW, "version": "8.6.1"})
    found = known(real_database)[0]["mongodbSupport"]

    assert (found["left"], "date" in found) == (0, False)
    assert "does not support" in found["source"]


def test_a_mongodb_that_the_release_supports_is_no_limit(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, {"createdAt": NOW, "version": "7.10.0"})

    assert known(real_database) == ({}, "")


def test_the_servers_statistics_are_lost_with_the_oldest_that_is_not_imported(real_database: Db) -> None:
    over = limited.server_statistics(real_database, NOW, 12)

    found = known(real_database, **over)[0]["serverStatistics"]
    assert (found["left"], found["date"]) == (12, NOW + timedelta(days=12))
    assert known(real_database, not_imported=lambda _: []) == ({}, "")
    assert known(real_database) == ({}, "")  # the store is not known


def test_where_mongodb_deletes_no_statistics_nothing_is_lost(real_database: Db) -> None:
    insert(real_database, Collection.STATISTICS, {"createdAt": NOW - timedelta(days=900)})
    real_database[Collection.STATISTICS].create_index("createdAt")

    assert known(real_database, not_imported=list) == ({}, "")


def test_a_store_that_is_away_is_noted_and_costs_no_other_limit(real_database: Db) -> None:
    limited.server_statistics(real_database, NOW, 12)
    limited.uploads(real_database, NOW, 1)

    def fail(_: Any) -> list[Any]:
        raise UnreachableError("the store's MongoDB can't be reached", "connection refused")

    found, note = known(real_database, not_imported=fail, uploads_size=1000)
    assert (set(found), note) == ({"uploads"}, "serverStatistics: the store's MongoDB can't be reached")


def test_contacts_are_counted_only_where_the_licence_limits_them(real_database: Db) -> None:
    key = "collector.activeContacts"
    assert read("licensed_contacts", real_database)[key] == Absent("the licence does not limit them")
    limited.contacts(real_database, NOW, 3)
    assert read("licensed_contacts", real_database)[key] == 2


def snapshot(database: Db, *names: str, **over: Any) -> Document:
    """The metadata of a snapshot by these readings."""
    readings = [reading(name) for name in ("limits", *names)]
    found = take(readings, factories.sources(database, **over), SnapshotContext("workspace", "UTC"))
    own: Document = found["collector"]
    return own


def test_a_limit_whose_statistic_is_absent_is_left_out_with_a_note(real_database: Db) -> None:
    limited.connected(real_database, NOW, 10, modules=())
    real_database[Collection.INSTANCES].delete_many({})
    limited.limited(real_database, activeUsers=5)

    own = snapshot(real_database, "instances", **MODULES)
    assert own["limits"] == []
    unknown = ": what is used is not known"
    assert at(own, "notes.collector.limits") == f"connections{unknown}; seats{unknown}"


def test_a_number_that_is_incomplete_makes_the_limit_only_likely(real_database: Db) -> None:
    limited.connected(real_database, datetime.now(UTC), 10)
    insert(real_database, Collection.INSTANCES, factories.instance(_updatedAt=datetime.now(UTC)))

    (found,) = snapshot(real_database, "instances", **MODULES)["limits"]
    assert list(found.items())[:4] == [("name", "connections"), ("used", 10), ("allowed", 200), ("left", 190)]
    assert found["certainty"] == "likely"


def test_more_than_allowed_leaves_nothing(real_database: Db) -> None:
    limited.uploads(real_database, NOW, 0)

    (found,) = snapshot(real_database, "uploads", uploads_size=40)["limits"]
    assert (found["used"], found["left"]) == (100, 0)
