"""The time zone of a snapshot's days: that of the setting, of the server, or of the host."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.day_zone import day_zone, offset_name
from collector.sources.rocketchat import RocketChat
from collector.statistics import snapshot
from collector.statistics.collector import Collector
from tests.factories import NOW, hours, insert, job, reading, with_id

Db = Database[dict[str, Any]]


def chosen(database: Db, configured: str = "Europe/Berlin", *, is_set: bool = False) -> tuple[str, str]:
    found = day_zone(RocketChat(database), configured, NOW, is_set=is_set)
    return found.name, found.source


def test_the_setting_wins_over_the_server_without_a_query(real_database: Db) -> None:
    insert(real_database, Collection.CRON, job())

    assert chosen(real_database, is_set=True) == ("Europe/Berlin", "setting")


@pytest.mark.parametrize(
    ("at", "name"),
    [
        (datetime(2024, 3, 16, 1, 5, tzinfo=UTC), "UTC"),
        (datetime(2024, 3, 15, 19, 35, tzinfo=UTC), "+05:30"),
        (datetime(2024, 3, 16, 4, 35, tzinfo=UTC), "-03:30"),
    ],
)
def test_the_server_wins_over_the_host(real_database: Db, at: datetime, name: str) -> None:
    insert(real_database, Collection.CRON, job(at=at))

    assert chosen(real_database) == (name, "server")


def test_a_host_with_the_servers_offset_gives_the_zone(real_database: Db) -> None:
    insert(real_database, Collection.CRON, job(at=datetime(2024, 3, 16, 0, 5, tzinfo=UTC)))

    assert chosen(real_database) == ("Europe/Berlin", "server")


def test_evidence_from_before_a_change_of_clocks_is_compared_with_the_host_of_that_time(real_database: Db) -> None:
    own = {"createdAt": NOW, "lastLogin": "Sat Sep 30 2023 10:00:00 GMT+0200"}
    insert(real_database, Collection.STATISTICS, own)

    found = day_zone(RocketChat(real_database), "Europe/Berlin", NOW, is_set=False)
    assert NOW.astimezone(found.zone).utcoffset() == timedelta(hours=1)
    assert found.evidence == "lastLogin in its newest statistics document, 2023-09-30 08:00 UTC"
    assert chosen(real_database, "Europe/London") == ("+02:00", "server")


def test_the_host_is_the_last_resort(real_database: Db) -> None:
    assert chosen(real_database) == ("Europe/Berlin", "host")


@pytest.mark.parametrize(("hour", "name"), [(0, "UTC"), (5.5, "+05:30"), (-9.5, "-09:30"), (14, "+14:00")])
def test_an_offset_has_the_name_that_iso_8601_gives_it(hour: float, name: str) -> None:
    assert offset_name(hours(hour)) == name


@pytest.mark.parametrize(("is_set", "day"), [(False, 14), (True, 15)])
def test_half_an_hour_before_midnight_in_utc_sessions_are_those_of_the_servers_day(
    real_database: Db, is_set: bool, day: int
) -> None:
    insert(real_database, Collection.CRON, job())
    workspace, now = RocketChat(real_database), NOW.replace(hour=23)
    zone = day_zone(workspace, "Europe/Berlin", now, is_set=is_set).zone
    found = reading("sessions").read(Sources(workspace, timezone=zone, now=now))["uniqueUsersOfYesterday"]

    assert (found["year"], found["month"], found["day"]) == (2024, 3, day)


class TestSnapshot:
    """Snapshots on a host in Kiritimati, fourteen hours ahead, beside a server in UTC."""

    def take(self, database: Db, *, is_set: bool = False) -> Document:
        sources, names = Sources(RocketChat(with_id(database))), ("sessions",)
        readings = [reading(name) for name in names]
        zone = "Pacific/Kiritimati"
        return Collector(sources, zone, lambda _: None, readings, timezone_is_set=is_set).collect()

    def test_days_are_those_of_the_server(self, real_database: Db) -> None:
        now = snapshot.now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        insert(real_database, Collection.CRON, job(at=midnight + timedelta(days=1, hours=1, minutes=5)))
        document = self.take(real_database)

        own, of = document["collector"], document["uniqueUsersOfYesterday"]
        assert (own["timezone"], own["timezoneSource"]) == ("UTC", "server")
        assert own["scheduleTimezone"] == "Pacific/Kiritimati"
        assert own["timezoneEvidence"].startswith("the next run of its job finish-sessions, ")
        assert datetime(of["year"], of["month"], of["day"], tzinfo=UTC) == midnight - timedelta(days=1)

    def test_a_setting_gives_other_days(self, real_database: Db) -> None:
        document = self.take(real_database, is_set=True)

        own, of = document["collector"], document["uniqueUsersOfYesterday"]
        assert (own["timezone"], own["timezoneSource"]) == ("Pacific/Kiritimati", "setting")
        assert "scheduleTimezone" not in own
        local = own["startedAt"] + timedelta(hours=14)
        assert (of["year"], of["month"], of["day"]) == (local - timedelta(days=1)).timetuple()[:3]

    def test_the_host_is_named_if_nothing_is_known(self, real_database: Db) -> None:
        own = self.take(real_database)["collector"]

        assert (own["timezone"], own["timezoneSource"], own["timezoneEvidence"]) == (
            "Pacific/Kiritimati",
            "host",
            "the server's time zone is unknown",
        )
