"""The round trips of a snapshot: what several readings need is read once."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pymongo.database import Database

from collector.demo.sample import workspace
from collector.key_paths import Document
from collector.mongodb.connection import Client, connect
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.statistics.catalog import READINGS
from collector.statistics.reading import Reading
from collector.statistics.releases import NEWEST, Release
from collector.statistics.reuse import Reuse
from collector.statistics.snapshot import SnapshotContext, take
from tests.commands import Commands
from tests.factories import SMALL, insert, licensed, reading, setting

Db = Database[Document]

ABOUT = SnapshotContext("w", "UTC", release=NEWEST)
LICENCE = licensed("livechat-enterprise", "abac")
MOST = 70  # commands


@pytest.fixture(scope="module")
def filled(real_client: Client) -> Iterator[Db]:
    name = f"round_trips_{uuid4().hex}"
    workspace.fill(real_client[name], datetime.now(UTC), SMALL)
    yield real_client[name]
    real_client.drop_database(name)


@pytest.fixture
def heard() -> Commands:
    return Commands()


@pytest.fixture
def client(mongod_url: str, heard: Commands) -> Iterator[Client]:
    with connect(mongod_url, "TEST", heard) as found:
        yield found


@pytest.mark.parametrize("release", [Release(6, 0), Release(7, 10), NEWEST], ids=str)
def test_readings_share_settings_instances_and_the_server_s_own_statistics(
    release: Release, filled: Db, client: Client, heard: Commands
) -> None:
    sources = Sources(RocketChat(client[filled.name]), licence=LICENCE)
    take(READINGS, sources, SnapshotContext("w", "UTC", release=release))

    sent = Counter(heard.collections)
    assert sent[Collection.SETTINGS] == 1
    assert sent[Collection.INSTANCES] == 2  # the rows, and their time to live
    assert sent[Collection.STATISTICS] == (2 if release >= Release(6, 5) else 1)  # the newest document, and the peaks


def test_a_following_snapshot_takes_few_round_trips(filled: Db, client: Client, heard: Commands) -> None:
    sources = Sources(RocketChat(client[filled.name]))
    first = take(READINGS, sources, ABOUT)
    heard.names.clear()
    take(READINGS, sources, ABOUT, reuse=Reuse(first))

    assert len(heard.names) <= MOST


@pytest.mark.parametrize("one", [one for one in READINGS if one.settings], ids=lambda one: one.name)
def test_shared_settings_are_those_that_the_reading_itself_would_read(filled: Db, one: Reading) -> None:
    sources = Sources(RocketChat(filled))
    shared = sources.sharing(id_ for each in READINGS for id_ in each.settings)

    assert shared.settings(*one.settings) == sources.settings(*one.settings)


def test_each_snapshot_reads_anew(real_database: Db) -> None:
    sources, readings = Sources(RocketChat(real_database)), [reading("push_settings")]
    insert(real_database, Collection.SETTINGS, setting("Push_request_content_from_server", value=True))

    before = take(readings, sources, ABOUT)
    real_database[Collection.SETTINGS].update_one({}, {"$set": {"value": False}})
    after = take(readings, sources, ABOUT)

    assert (before["pushSecured"], after["pushSecured"]) == (True, False)


def test_a_failed_shared_query_is_the_failure_of_each_reading_and_is_sent_once(
    real_database: Db, client: Client, heard: Commands
) -> None:
    broken = [{"$set": {"value": {"$divide": [1, 0]}}}]
    real_database.command("create", Collection.SETTINGS, viewOn="some", pipeline=broken)
    real_database["some"].insert_one({"_id": "Push_enable"})

    names = ("push_gateway", "push_settings", "settings_settings")
    document = take(map(reading, names), Sources(RocketChat(client[real_database.name])), ABOUT)

    records = document["collector"]["readings"]
    assert {name for name in names if not records[name]["ok"]} == set(names)
    assert len({records[name]["error"] for name in names}) == 1
    assert heard.collections.count(Collection.SETTINGS) == 1


def test_shared_queries_name_in_a_comment_what_they_read(filled: Db, client: Client) -> None:
    filled.command("profile", 2)
    take(READINGS, Sources(RocketChat(client[filled.name])), ABOUT)
    filled.command("profile", 0)

    comments = set(filled["system.profile"].distinct("command.comment"))
    assert {"rcstats settings", "rcstats statistics", "rcstats instances", "rcstats users"} <= comments
    assert not filled["system.profile"].find_one({"command.count": {"$exists": True}, "command.comment": None})
