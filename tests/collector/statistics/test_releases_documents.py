"""The document of a workspace has the names of the workspace's release, leaf by leaf, and no others."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pymongo.database import Database

from collector.demo.sample import own_statistics, workspace
from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.rocketchat import RocketChat
from collector.statistics.collector import Collector
from collector.statistics.releases import NULLS, Release
from tests.factories import SMALL
from tests.releases import fresh, names
from tests.releases.names import RELEASES

Db = Database[Document]

by_release = pytest.mark.parametrize("release", RELEASES, ids=str)
until_then = pytest.mark.xfail(strict=False, reason="the catalog does not follow the workspace's release yet")

ALWAYS_UNDEFINED = {path for path in names.undefined(RELEASES[-1]) if path.startswith("settings.")} | {"tag", "branch"}
"""What even the sample has no setting for; which of them a release has, the table says."""


def document_of(database: Db) -> Document:
    sources = Sources(RocketChat(database), timezone=ZoneInfo("UTC"))
    return Collector(sources, "UTC", lambda _: None).collect(fresh=True)


def conditions(document: Document, release: Release) -> set[str]:
    """The licence of the sample, its rows, and the periods in which it has calls."""
    migration = {f"migration.{key}" for key in document["migration"]}
    calls = document.get("enterprise", {}).get("voip", {})
    called = {f"calls-{period}" for period, counts in calls.items() if "callsDuration" in counts}
    return {*own_statistics.modules(release), "Canned_Responses_Enable", *migration, *called}


def nulls(found: dict[str, object]) -> set[str]:
    return {path for path, value in found.items() if value is None}


@by_release
@until_then
def test_the_sample_s_document_has_the_names_of_its_release(release: Release, real_database: Db) -> None:
    workspace.fill(real_database, datetime.now(UTC), SMALL, release=release)
    document = document_of(real_database)
    found = names.of_document(document)

    wanted = names.of_ours(release, conditions(document, release))
    undefined = (ALWAYS_UNDEFINED & names.undefined(release)) - {"settings.search.defaultProvider.globalSearchEnabled"}
    assert found.keys() == names.present(release, wanted, undefined)
    assert nulls(found) == (undefined if release >= NULLS else set())


@by_release
@until_then
def test_a_fresh_workspace_s_document_has_the_names_and_nulls_of_its_release(
    release: Release, real_database: Db
) -> None:
    """Ours has dates in place of texts, and so no last login and last look where the server has ''."""
    fresh.fill(real_database, datetime.now(UTC), release)
    document = document_of(real_database)
    found = names.of_document(document)

    undefined = names.undefined(release)
    wanted = names.of_ours(release, conditions(document, release)) - {"lastLogin", "lastSeenSubscription"}
    assert found.keys() == names.present(release, wanted, undefined)
    assert nulls(found) == names.null(release, undefined)
