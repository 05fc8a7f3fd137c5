"""Every number against an independent, deliberately naive recount of whole workspaces, hundreds of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, Self
from zoneinfo import ZoneInfo

import pytest
from pymongo.database import Database

from collector.demo.sample import indexes, workspace
from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics.collector import Collector
from collector.statistics.releases import Release
from tests.factories import with_id
from tests.oracle.comparison import differences, to_do
from tests.oracle.documents import UNDEFINED
from tests.oracle.whole import is_elsewhere, recount
from tests.oracle.workspaces import random_workspace, write
from tests.releases import names
from tests.releases.names import RELEASES

Db = Database[dict[str, Any]]

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
MOMENTS = (
    datetime(2024, 3, 16, 0, 30, tzinfo=UTC),
    datetime(2024, 4, 1, 12, 0, tzinfo=UTC),
    datetime(2023, 3, 1, 23, 45, tzinfo=UTC),
    datetime(2026, 1, 1, 6, 0, tzinfo=UTC),
)
BATCHES, WORKSPACES_IN_A_BATCH = 2, 18  # of each release

by_release = pytest.mark.parametrize("release", RELEASES, ids=str)


@dataclass(frozen=True)
class AsOf(Sources):
    """Sources whose moment stays as it was given."""

    def at(self, now: datetime) -> Self:
        return self


def document_of(database: Db, now: datetime, zone: ZoneInfo) -> Document:
    """The whole document of a workspace as of a moment, with the workspace's own release and licence."""
    sources = AsOf(RocketChat(database), timezone=zone, now=now)
    return Collector(sources, str(zone), lambda _: None).collect(fresh=True)


@by_release
@pytest.mark.parametrize("batch", range(BATCHES))
def test_any_workspace_is_counted_as_recounted(batch: int, release: Release, real_database: Db) -> None:
    # the readings of messages insist on these; others would stand in the way of odd data
    real_database[Collection.MESSAGES].create_indexes(indexes.of(release)[Collection.MESSAGES])
    for number in range(batch, BATCHES * WORKSPACES_IN_A_BATCH, BATCHES):
        random = Random(f"{release} {number}")  # noqa: S311
        now, zone = random.choice(MOMENTS), ZoneInfo(random.choice(ZONES))
        write(real_database, believable(random_workspace(random, now, zone, release, odd=number % 3 == 0)))

        expected = recount(with_id(real_database), now, zone, release)
        found = differences(document_of(real_database, now, zone), expected, release)
        assert found == {}, f"{to_do(found)}workspace {number}"


def believable(workspace: dict[Collection, list[Document]]) -> dict[Collection, list[Document]]:
    """As in any real workspace, only omnichannel rooms have calls and transcripts.

    Readings rely on it: an index can then give what otherwise takes a scan.
    """
    for room in workspace.get(Collection.ROOMS, []):
        if room.get("t") != "l":
            room.pop("callStatus", None)
            room.pop("pdfTranscriptRequested", None)
    return workspace


@by_release
def test_the_sample_workspace_is_counted_as_recounted(release: Release, real_database: Db) -> None:
    now, zone = datetime.now(UTC).replace(microsecond=0), ZoneInfo("UTC")
    workspace.fill(real_database, now, workspace.Size(messages=2000), seed=7, release=release)

    document = document_of(real_database, now, zone)
    found = differences(document, recount(real_database, now, zone, release), release)
    assert found == {}, to_do(found)
    assert document["totalUsers"] == 320
    assert min(document[key] for key in document if key.startswith("total") and "Rooms" in key) >= 0


@by_release
def test_the_recount_gives_all_names_of_a_release_but_the_server_s_own(release: Release, real_database: Db) -> None:
    workspace.fill(real_database, datetime.now(UTC), workspace.Size(users=50, messages=100), release=release)
    counted = recount(real_database, datetime.now(UTC), ZoneInfo("UTC"), release)

    wanted = names.of_ours(release, {"livechat-enterprise", "abac", "Canned_Responses_Enable"})
    durations = {path for path in counted if path.endswith(".callsDuration")}
    assert counted.keys() - durations == {path for path in wanted if not is_elsewhere(path)}
    assert {path for path, value in counted.items() if value is UNDEFINED} <= names.undefined(release)
