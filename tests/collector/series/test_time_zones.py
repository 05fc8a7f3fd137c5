"""Time zones that keep the same time, and those that MongoDB's own data lack."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pymongo.database import Database

from collector.diagnostics.checks.every import Given, findings
from collector.diagnostics.checks.finding import Level
from collector.diagnostics.privileges import Access, Login, reader, writer
from collector.scheduling.slots import Slots
from collector.series.time_zones import most_alike
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.rocketchat import RocketChat
from collector.store.snapshots import Store
from tests.factories import NOW, insert, setting, snapshot
from tests.processes import rcstats, running
from tests.zones import search_path, unknown_to_mongodb

Db = Database[dict[str, Any]]


@pytest.mark.parametrize("name", ["America/Denver", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_the_zone_most_alike_shows_the_same_time_all_year(name: str) -> None:
    other = ZoneInfo(most_alike(name, NOW)[0])

    moments = [NOW - timedelta(days=day) for day in range(365)]
    assert [m.astimezone(other).utcoffset() for m in moments] == [
        m.astimezone(ZoneInfo(name)).utcoffset() for m in moments
    ]


def test_a_zone_that_left_another_one_is_like_the_zone_that_it_joined() -> None:
    """Ciudad Juárez has had Denver's time since 2022; before, it had Ojinaga's, which has Chicago's since."""
    alike = most_alike("America/Ciudad_Juarez", datetime(2026, 1, 1, tzinfo=UTC))

    assert "America/Denver" in alike[:10]
    assert "America/Ojinaga" not in alike


def test_a_zone_is_not_its_own_replacement() -> None:
    assert "Europe/Berlin" not in most_alike("Europe/Berlin", NOW)


def test_series_use_the_zone_of_the_settings_if_mongodb_knows_it(real_database: Db) -> None:
    assert Store(real_database).calendar("Europe/Berlin", NOW) == "Europe/Berlin"


def test_a_zone_unknown_to_mongodb_is_replaced_and_the_replacement_is_logged(
    real_database: Db, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with unknown_to_mongodb(tmp_path) as zone:
        used = Store(real_database).calendar(zone, NOW)

    assert NOW.astimezone(ZoneInfo(used)).utcoffset() == NOW.astimezone(ZoneInfo("America/Denver")).utcoffset()
    assert caplog.messages == [f"series time zone replaced zone={zone} by={used} reason=unknown-to-mongodb"]


def test_check_warns_of_a_zone_unknown_to_mongodb(real_database: Db, tmp_path: Path) -> None:
    insert(real_database, Collection.SETTINGS, setting("uniqueID", "workspace"))
    store = Store(real_database)
    store.prepare()
    store.add(snapshot())
    access = Access(Login(reader("a").privileges), Login(writer("b").privileges), "a", "b")

    def found(zone: str) -> tuple[Level, str]:
        slots = Slots("0 * * * *", "UTC")
        every = findings(Sources(RocketChat(real_database)), store, lambda: access, slots, NOW, Given(zone))
        return next((finding.level, finding.text) for finding in every if finding.name == "store")

    assert found("Europe/Berlin") == (Level.OK, "reachable, with all indexes")
    with unknown_to_mongodb(tmp_path) as zone:
        level, text = found(zone)
    assert level is Level.WARNING
    assert f"does not know the time zone {zone}, series use America/" in text


def test_the_daemon_logs_the_replacement_at_its_start_and_serves(
    real_database: Db, mongod_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(real_database, Collection.SETTINGS, setting("uniqueID", "workspace"))
    url = mongod_url.replace("/?", f"/{real_database.name}?")
    with unknown_to_mongodb(tmp_path) as zone:
        monkeypatch.setenv("PYTHONTZPATH", search_path())
        settings = {"mongo_url": url, "store_url": url, "timezone": zone, "state_directory": str(tmp_path)}
        with running("run", schedule="0 0 1 1 *", **settings) as daemon:
            daemon.wait_for(lambda: f"series time zone replaced zone={zone} by=America/" in daemon.output)
            daemon.wait_for(lambda: daemon.get("/health")[0] == 200)
    assert daemon.output.count("series time zone replaced") == 1
    assert "Traceback" not in daemon.output


@pytest.mark.parametrize("command", [["trend", "totalUsers"], ["forecast"]])
def test_commands_use_the_same_replacement(
    real_database: Db, mongod_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    insert(real_database, Collection.SETTINGS, setting("uniqueID", "workspace"))
    Store(real_database).add(snapshot(at=datetime.now(UTC), totalUsers=5))
    url = mongod_url.replace("/?", f"/{real_database.name}?")
    with unknown_to_mongodb(tmp_path) as zone:
        monkeypatch.setenv("PYTHONTZPATH", search_path())
        done = rcstats(*command, mongo_url=url, store_url=url, timezone=zone)

    assert done.returncode == 0, done.stderr
    assert f"series time zone replaced zone={zone} by=America/" in done.stderr
