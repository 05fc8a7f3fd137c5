"""Samples of the open connections between snapshots."""

from datetime import UTC, datetime, timedelta

from pymongo.database import Database

from collector.key_paths import Document
from collector.mongodb.connection import connect
from collector.sources.collections import Collection
from collector.sources.connection_samples import ConnectionSamples, Peaks
from collector.sources.rocketchat import RocketChat
from tests.commands import Commands
from tests.factories import NOW, insert, instance

Db = Database[Document]


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def sampled(*samples: tuple[float, int]) -> ConnectionSamples:
    found = ConnectionSamples()
    for minutes, total in samples:
        found.add(ago(minutes), total)
    return found


def test_the_highest_sample_of_the_hour_and_of_the_day_are_told() -> None:
    assert sampled((1441, 99), (1439, 50), (61, 40), (59, 20), (0, 10)).peaks(NOW) == Peaks(20, 50, ago(1439))


def test_without_samples_of_the_last_day_there_is_no_peak() -> None:
    assert ConnectionSamples().peaks(NOW) is None
    assert sampled((1441, 9)).peaks(NOW) is None


def test_an_hour_without_a_sample_has_no_peak_of_its_own() -> None:
    assert sampled((90, 9)).peaks(NOW) == Peaks(None, 9, ago(90))


def test_samples_after_a_clock_was_set_back_do_not_count() -> None:
    assert sampled((-30, 99), (5, 7)).peaks(NOW) == Peaks(7, 7, ago(5))


def test_no_more_than_a_day_is_kept() -> None:
    samples = ConnectionSamples()
    for number in range(3_000):
        samples.add(ago(-number / 3_000), number)

    peaks = samples.peaks(NOW + timedelta(minutes=5))
    assert peaks is not None
    assert peaks.since == ago(-(3_000 - 1_441) / 3_000)


def test_a_sample_is_one_command_once_the_index_is_known(real_database: Db, mongod_url: str) -> None:
    live = {"_updatedAt": datetime.now(UTC), "_createdAt": datetime.now(UTC)}
    rows = [instance(extraInformation={"conns": conns}, **live) for conns in (3, 4)]
    insert(real_database, Collection.INSTANCES, *rows)
    samples, commands = ConnectionSamples(), Commands()

    with connect(mongod_url, "TEST", commands) as client:
        for _ in range(3):
            samples.take(RocketChat(client[real_database.name]))
        assert commands.names == ["listIndexes", *["aggregate"] * 3]

    peaks = samples.peaks(datetime.now(UTC))
    assert peaks is not None
    assert (peaks.hour, peaks.day) == (7, 7)


def test_where_no_instance_reports_connections_there_is_no_sample(real_database: Db) -> None:
    samples = ConnectionSamples()
    samples.take(RocketChat(real_database))

    assert samples.peaks(datetime.now(UTC)) is None
