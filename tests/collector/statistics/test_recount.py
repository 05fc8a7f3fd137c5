"""Every number against an independent, deliberately naive recount of whole workspaces, hundreds of them."""

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pymongo.database import Database

from collector.demo.sample import indexes, workspace
from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog
from collector.statistics.reading import Absent
from tests.oracle.whole import recount
from tests.oracle.workspaces import random_workspace, write

Db = Database[dict[str, Any]]

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
MOMENTS = (
    datetime(2024, 3, 16, 0, 30, tzinfo=UTC),
    datetime(2024, 4, 1, 12, 0, tzinfo=UTC),
    datetime(2023, 3, 1, 23, 45, tzinfo=UTC),
    datetime(2026, 1, 1, 6, 0, tzinfo=UTC),
)
# Features that newer releases do not have; without a trace of them the statistic is absent.
REMOVED = {
    "voipCalls",
    "voipSuccessfulCalls",
    "voipErrorCalls",
    "voipOnHoldCalls",
    "voipExtensions",
    "webRTCEnabledForOmnichannel",
    "omnichannelWebRTCCalls",
    "federatedServers",
    "federatedUsers",
}

BATCHES, WORKSPACES_IN_A_BATCH = 10, 20

# Statistics that are no matter of counting the workspace, or that the recount computes whatever the licence says.
ELSEWHERE = {"os", "process", "deploy", "migration", "mongo", "instances", "build", "modes", "licence", "apps_engine"}
ONLY_OURS = {
    "totalOTR",
    "totalOTRRooms",
    "settings.general.apps.frameworkDevMode",
    "settings.general.apps.frameworkEnable",
    "settings.videoConference.bigBlueButton",
    "settings.videoConference.jitsiEnabled",
}


def counted(sources: Sources) -> dict[str, Any]:
    """What the catalogue's readings give, by key path; what is absent is left out."""
    values: dict[str, Any] = {}
    for reading in catalog.READINGS:
        if reading.name not in ELSEWHERE:
            values |= reading.read(sources)
    return {key: value for key, value in values.items() if not isinstance(value, Absent) and key not in ONLY_OURS}


def comparable(value: Any) -> Any:
    """A value in which neither the order of a list nor the kind of a number counts."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(
            (comparable(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True, default=str)
        )
    return round(value, 9) if isinstance(value, float) else value


def as_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def flat(value: Any, key: str, keys: set[str]) -> dict[str, Any]:
    """A value by its leaves, down to where the other side has a key."""
    if isinstance(value, dict) and key not in keys and value:
        return {path: leaf for name, item in value.items() for path, leaf in flat(item, f"{key}.{name}", keys).items()}
    return {key: comparable(value)}


def differences(ours: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Where the two differ: ours, and what the recount gives; a key that only one has included."""
    found = {path: leaf for key, value in ours.items() for path, leaf in flat(value, key, set(expected)).items()}
    paths = {path for path in found.keys() | expected.keys() if not path.startswith("collector.")}
    pairs = {path: (found.get(path), comparable(expected.get(path))) for path in sorted(paths)}
    return {path: pair for path, pair in pairs.items() if pair[0] != pair[1] and not is_of_the_past(path, *pair)}


def is_of_the_past(path: str, ours: Any, expected: Any) -> bool:
    """Whether ours is rightly absent: a removed feature without a trace, or one that only a scan could find."""
    return path in REMOVED and ours is None and (not expected or path == "voipExtensions")


@pytest.mark.parametrize("batch", range(BATCHES))
def test_any_workspace_is_counted_as_recounted(batch: int, real_database: Db) -> None:
    # the readings of messages insist on these; others would stand in the way of odd data
    real_database[Collection.MESSAGES].create_indexes(list(indexes.INDEXES[Collection.MESSAGES]))
    for number in range(WORKSPACES_IN_A_BATCH):
        random = Random(batch * WORKSPACES_IN_A_BATCH + number)  # noqa: S311
        now, zone = random.choice(MOMENTS), ZoneInfo(random.choice(ZONES))
        write(real_database, believable(random_workspace(random, now, zone)))
        licensed(real_database, now)

        ours = counted(Sources(RocketChat(real_database), timezone=zone, now=now))
        assert differences(ours, recount(real_database, now, zone)) == {}, f"workspace {number} of batch {batch}"


def believable(workspace: dict[Collection, list[Document]]) -> dict[Collection, list[Document]]:
    """As in any real workspace, only omnichannel rooms have calls and transcripts, and threads a number of replies.

    Readings rely on it: an index can then give what otherwise takes a scan.
    """
    for message in workspace.get(Collection.MESSAGES, []):
        if not isinstance(message.get("tcount"), int) or message["tcount"] < 0:
            message.pop("tcount", None)
    for room in workspace.get(Collection.ROOMS, []):
        if room.get("t") != "l":
            room.pop("callStatus", None)
            room.pop("pdfTranscriptRequested", None)
    return workspace


def licensed(database: Db, now: datetime) -> None:
    """The server has told of a licence for all, so that all is counted."""
    licence = {"modules": ["livechat-enterprise", "abac"], "tags": []}
    database[Collection.STATISTICS].insert_one({"createdAt": now + timedelta(days=1), "enterprise": licence})


def test_the_sample_workspace_is_counted_as_recounted(real_database: Db) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    workspace.fill(real_database, now, workspace.Size(messages=2000), seed=7)
    licensed(real_database, now)

    ours = counted(Sources(RocketChat(real_database), now=now))
    assert differences(ours, recount(real_database, now, ZoneInfo("UTC"))) == {}
    assert ours["totalUsers"] == 320
    assert min(ours[key] for key in ours if key.startswith("total") and "Rooms" in key) >= 0
