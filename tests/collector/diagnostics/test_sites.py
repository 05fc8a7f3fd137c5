"""Snapshots of another site or copy of the workspace among its own."""

from datetime import timedelta
from typing import Any

import pytest
from pymongo.database import Database

from collector.diagnostics.checks.finding import Level
from collector.diagnostics.checks.sites import sites
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store
from tests.factories import NOW, hours, insert, keep, setting, snapshot

Db = Database[dict[str, Any]]


@pytest.fixture
def database(real_database: Db) -> Db:
    """The real one only: mongomock refuses comments on counts by metadata."""
    return real_database


LONG_AGO = NOW - hours(100)
FINGERPRINT = "Deployment_FingerPrint_Hash"
REPLICATED = "rocketchat_site_replication_state has documents: set RCSTATS_SITE to a different name at each site"


def with_server(database: Db, fingerprint: Any = "ours", started: Any = LONG_AGO) -> None:
    """The workspace of a server that has had its URLs since it was started."""
    insert(
        database,
        Collection.SETTINGS,
        setting("uniqueID", "workspace"),
        setting(FINGERPRINT, fingerprint, _updatedAt=started),
    )


def taken(fingerprint: Any, age: float, workspace: str = "workspace") -> dict[str, Any]:
    return snapshot(workspace, NOW - hours(age), deploymentFingerprintHash=fingerprint)


def found(database: Db, site: str = "") -> str:
    """The warning, or nothing."""
    level, text = sites(RocketChat(database, site=site), Store(database), NOW)
    return text if level is Level.WARNING else ""


def test_snapshots_of_another_server_are_counted_for_a_day(database: Db) -> None:
    with_server(database)
    keep(database, *[taken("theirs", age) for age in (1, 2, 23, 25)], taken("ours", 3))

    assert found(database) == (
        "another server with the same uniqueID has 3 of the last day's snapshots: set RCSTATS_SITE to a different "
        "name at each site, and use another store for a copy of the workspace"
    )


def test_two_sites_of_one_name_are_found_too(database: Db) -> None:
    with_server(database)
    keep(database, taken("theirs", 1, "workspace@berlin"), taken("theirs", 1, "workspace@paris"))

    assert found(database, "berlin").startswith(
        "another server with the same uniqueID has 1 of the last day's snapshots: "
    )


def test_snapshots_under_other_keys_do_not_matter(database: Db) -> None:
    with_server(database)
    keep(database, taken("theirs", 1, "workspace@paris"), taken("theirs", 1, "another"), taken("ours", 1))

    assert found(database) == ""


@pytest.mark.parametrize("started", [NOW - hours(0.5), NOW - hours(1), NOW - hours(0.95), NOW + hours(1)])
def test_a_server_that_moved_has_no_other_beside_it(database: Db, started: Any) -> None:
    with_server(database, started=started)
    keep(database, *[taken("before", age) for age in (1, 2, 3)])

    assert found(database) == ""


def test_a_snapshot_that_was_begun_before_the_server_moved_is_its_own(database: Db) -> None:
    with_server(database, started=NOW - hours(2))
    begun = taken("before", 1)
    begun["collector"]["startedAt"] = NOW - hours(2)
    keep(database, begun)

    assert found(database) == ""


@pytest.mark.parametrize("fingerprint", [None, "", 7])
def test_snapshots_without_a_fingerprint_are_of_nobody(database: Db, fingerprint: Any) -> None:
    with_server(database)
    keep(database, taken(fingerprint, 1), snapshot(at=NOW - hours(2)))

    assert found(database) == ""


@pytest.mark.parametrize(
    ("fingerprint", "started"), [("", NOW - hours(9)), (None, NOW - hours(9)), ("ours", None), ("ours", "yesterday")]
)
def test_a_server_without_a_fingerprint_is_not_compared(database: Db, fingerprint: Any, started: Any) -> None:
    with_server(database, fingerprint, started)
    keep(database, taken("theirs", 1))

    assert found(database) == ""


def test_imported_snapshots_are_not_compared(database: Db) -> None:
    with_server(database)
    imported = taken("theirs", 1)
    del imported["collector"]["startedAt"]
    keep(database, imported)

    assert found(database) == ""


def test_a_replicated_workspace_needs_the_name_of_its_site(database: Db) -> None:
    with_server(database)
    assert found(database) == ""
    insert(database, Collection.SITE_REPLICATION, {"_id": "anything"})

    assert found(database) == REPLICATED
    assert found(database, "berlin") == ""


def test_dates_beyond_the_calendar_stop_nothing(real_database: Db) -> None:
    with_server(real_database, started=NOW.replace(year=9999) + timedelta(days=200))
    keep(real_database, taken("theirs", 1))

    assert found(real_database) == ""
