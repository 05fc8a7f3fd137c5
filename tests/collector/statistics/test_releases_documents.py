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

NO_SETTING = """
tag branch totalWebRTCCalls settings.general.apps.frameworkDevMode settings.general.apps.frameworkEnable
settings.liveStreamAndBroadcasting.liveStream settings.liveStreamAndBroadcasting.broadcasting
settings.webRTC.webRTCEnableChannel settings.webRTC.webRTCEnablePrivate settings.webRTC.webRTCEnableDirect
""".split()
"""What not even the sample has a value for, in the releases that the table names."""


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
def test_the_sample_s_document_has_the_names_of_its_release(release: Release, real_database: Db) -> None:
    workspace.fill(real_database, datetime.now(UTC), SMALL, release=release)
    document = document_of(real_database)
    found = names.of_document(document)

    wanted = names.of_ours(release, conditions(document, release))
    undefined = set(NO_SETTING) & names.undefined(release)
    present = names.present(release, wanted, undefined)
    assert found.keys() == present, f"tests/releases/names.txt differs: {sorted(found.keys() ^ present)}"
    assert nulls(found) - names.NULL_IN_EVERY_RELEASE == (undefined if release >= NULLS else set())


@by_release
def test_a_fresh_workspace_s_document_has_the_names_and_nulls_of_its_release(
    release: Release, real_database: Db
) -> None:
    """Ours has dates in place of texts, and so no last login and last look where the server has ''."""
    fresh.fill(real_database, datetime.now(UTC), release)
    document = document_of(real_database)
    found = names.of_document(document)

    undefined = names.undefined(release)
    wanted = names.of_ours(release, conditions(document, release))
    wanted -= {"lastLogin", "lastSeenSubscription"}
    assert found.keys() == names.present(release, wanted, undefined)
    assert nulls(found) == names.null(release, undefined)
