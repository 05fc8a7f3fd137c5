"""The server's facts in a snapshot of each kind of deployment, whole; the rows are those of the reference."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from collector.key_paths import Document, at
from collector.numbers import is_number
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.connection_samples import ConnectionSamples
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog, snapshot
from collector.statistics.reading import of_release
from collector.statistics.releases import NEWEST
from tests.factories import insert

Db = Database[Document]
Deployment = tuple[list[Document], Document | None, Document]
"""The rows of `instances`, the server's newest document, and what a snapshot tells."""

HOST = {"type": "Linux", "platform": "linux", "arch": "x64", "release": "5.15.0-1-fixture", "totalmem": 2.0**35}
CPU = {"model": "Fixture CPU", "speed": 2900, "times": {"user": 5, "nice": 0, "sys": 3, "idle": 90, "irq": 0}}
OS = HOST | {"uptime": 40_000.5, "loadavg": [0.5, 0.25, 0.125], "freemem": 2.0**33, "cpus": [CPU, CPU]}
OF_A_ROW = HOST | {"uptime": 11.5, "loadavg": [9.0, 9.0, 9.0], "freemem": 1.0, "cpus": 2}

UP = timedelta(hours=2)
AGE = timedelta(hours=6)
NEVER = timedelta(days=1)


def main_server(host: str = "localhost", up: timedelta = UP, **over: Any) -> Document:
    extra = {"host": host, "port": "3000", "tcpPort": 36555, "nodeVersion": "v22.22.3", "os": OF_A_ROW} | over
    return {"name": "rocket.chat", "pid": 1, "_createdAt": up, "extraInformation": extra}


def streamer(**extra: Any) -> Document:
    return {"name": "ddp-streamer", "pid": 1, "_createdAt": UP, "extraInformation": extra}


def document(method: str, platform: str, **over: Any) -> Document:
    process = {"nodeVersion": "v22.22.3", "pid": 1, "uptime": 1_800.0}
    deploy = {"method": method, "platform": platform}
    own = {"version": "8.6.1", "os": OS, "process": process, "deploy": deploy, "msEnabled": False}
    return own | {"dailyPeakConnections": 12} | over


def shown(kind: str = "rocket.chat", **over: Any) -> Document:
    known = {"host": "localhost", "port": "3000", "nodeVersion": "v22.22.3", "cpus": 2, "totalmem": 2.0**35}
    return {"kind": kind, "pid": 1, "uptime": 7_200} | (known if kind == "rocket.chat" else {}) | over


OF_ANOTHER_HOST = (
    "only what stays the same while a host runs: the server's newest statistics document is of another host"
)
FROM_DOCUMENT = {"source": "statistics", "asOf": AGE}
FROM_ROW = {"source": "instance", "asOf": timedelta(0)}
NO_OS = dict.fromkeys(OS, "neither an instance nor a statistics document of the server describes its host")
NO_PROCESS = dict.fromkeys(
    ("nodeVersion", "pid", "uptime"), "no server process is running: no row of instances is being renewed"
)
NO_DOCUMENT = "the server has not stored a statistics document yet"

HOST_WITHOUT_CONTAINER: Deployment = (
    [main_server(conns=7)],
    document("tar", "selfinstall"),
    {
        "os": OS,
        "process": {"nodeVersion": "v22.22.3", "pid": 1, "uptime": 7_200},
        "deploy": {"method": "tar", "platform": "selfinstall"},
        "instanceCount": 1,
        "origin": dict.fromkeys(("os", "deploy", "version"), FROM_DOCUMENT) | {"process": FROM_ROW},
        "instances": [shown(connections=7)],
        "connections": {"now": 7},
        "unavailable": {},
    },
)
COMPOSE_BEFORE_ITS_FIRST_DOCUMENT: Deployment = (
    [main_server()],
    None,
    {
        "os": HOST,
        "process": {"nodeVersion": "v22.22.3", "pid": 1, "uptime": 7_200},
        "deploy": {},
        "instanceCount": 1,
        "origin": {"os": {"source": "instance", "asOf": UP}, "process": FROM_ROW},
        "instances": [shown()],
        "connections": {},
        "unavailable": {
            "os": dict.fromkeys(("uptime", "loadavg", "freemem", "cpus"), NO_DOCUMENT),
            "deploy": dict.fromkeys(
                ("method", "platform"),
                f"{NO_DOCUMENT}, and RCSTATS_DEPLOY_METHOD and RCSTATS_DEPLOY_PLATFORM are not set",
            ),
            "connections": {"now": "no instance reports its connections"},
        },
    },
)
COMPOSE: Deployment = (
    [main_server(conns=3)],
    document("docker", "compose"),
    HOST_WITHOUT_CONTAINER[2]
    | {
        "deploy": {"method": "docker", "platform": "compose"},
        "instances": [shown(connections=3)],
        "connections": {"now": 3},
    },
)
SEVERAL_INSTANCES: Deployment = (
    [
        main_server("10.1.0.2", conns=100),
        main_server("10.1.0.1", timedelta(hours=9), conns=50, os=OF_A_ROW | {"release": "5.15.0-0-older"}),
        main_server("10.1.0.3"),
    ],
    document("docker", "helm-chart"),
    {
        "os": HOST | {"release": "5.15.0-0-older"},
        "process": {"nodeVersion": "v22.22.3", "pid": 1, "uptime": 32_400},
        "deploy": {"method": "docker", "platform": "helm-chart"},
        "instanceCount": 3,
        "origin": dict.fromkeys(("deploy", "version"), FROM_DOCUMENT)
        | {"process": FROM_ROW, "os": {"source": "instance", "asOf": timedelta(hours=9)}},
        "instances": [
            shown(host="10.1.0.1", uptime=32_400, connections=50),
            shown(host="10.1.0.2", connections=100),
            shown(host="10.1.0.3"),
        ],
        "connections": {"now": 150},
        "unavailable": {"os": dict.fromkeys(("uptime", "loadavg", "freemem", "cpus"), OF_ANOTHER_HOST)},
        "notes": {"connections": {"now": "without 1 of 3 instances, which do not report any"}},
    },
)
MICROSERVICES: Deployment = (
    [streamer(conns=20), streamer(conns=22)],
    document("docker", "helm-chart", msEnabled=True),
    {
        "os": OS,
        "process": {"nodeVersion": "v22.22.3", "pid": 1, "uptime": 1_800 + 6 * 3_600},
        "deploy": {"method": "docker", "platform": "helm-chart"},
        "instanceCount": 2,
        "origin": dict.fromkeys(("os", "process", "deploy", "version"), FROM_DOCUMENT),
        "instances": [shown("ddp-streamer", connections=20), shown("ddp-streamer", connections=22)],
        "connections": {"now": 42},
        "unavailable": {},
    },
)
NO_INSTANCE_ALIVE: Deployment = (
    [main_server(conns=3) | {"_updatedAt": NEVER}],
    document("docker", "compose"),
    {
        "os": OS,
        "process": {},
        "deploy": {"method": "docker", "platform": "compose"},
        "instanceCount": 0,
        "origin": dict.fromkeys(("os", "deploy", "version"), FROM_DOCUMENT),
        "instances": [],
        "connections": {},
        "unavailable": {"process": NO_PROCESS, "connections": {"now": "no instance reports its connections"}},
    },
)
NOTHING: Deployment = (
    [],
    None,
    {
        "os": {},
        "process": {},
        "deploy": {},
        "instanceCount": 0,
        "origin": {},
        "instances": [],
        "connections": {},
        "unavailable": {
            "os": NO_OS,
            "process": NO_PROCESS,
            "deploy": COMPOSE_BEFORE_ITS_FIRST_DOCUMENT[2]["unavailable"]["deploy"],
            "connections": {"now": "no instance reports its connections"},
        },
    },
)
DEPLOYMENTS: Mapping[str, Deployment] = {
    "a host": HOST_WITHOUT_CONTAINER,
    "compose before its first document": COMPOSE_BEFORE_ITS_FIRST_DOCUMENT,
    "compose": COMPOSE,
    "several instances": SEVERAL_INSTANCES,
    "microservices": MICROSERVICES,
    "no instance alive": NO_INSTANCE_ALIVE,
    "nothing": NOTHING,
}


def filled(database: Db, rows: list[Document], own: Document | None) -> datetime:
    """Puts the rows and the document there, whose times are ages; the moment from which they count."""
    moment = snapshot.now()
    for number, row in enumerate(rows):
        renewed = moment - row.get("_updatedAt", timedelta(0))
        dated = {"_id": f"i{number}", "_updatedAt": renewed, "_createdAt": moment - row["_createdAt"]}
        insert(database, Collection.INSTANCES, row | dated)
    if own:
        insert(database, Collection.STATISTICS, own | {"createdAt": moment - AGE})
    return moment


def taken(database: Db, **over: Any) -> Document:
    readings = [one for one in of_release(catalog.READINGS, NEWEST) if one.name in READINGS]
    about = snapshot.SnapshotContext("workspace", "UTC", None, NEWEST)
    return snapshot.take(readings, Sources(RocketChat(database), **over), about)


READINGS = {"deployment", "instances", "connection_peaks", "peaks", "own_process"}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_snapshot_tells_of_the_server_what_the_server_told_and_nothing_else(name: str, real_database: Db) -> None:
    rows, own, expected = DEPLOYMENTS[name]
    moment = filled(real_database, rows, own)

    found = taken(real_database)
    ours = found["collector"]
    actual = {key: found.get(key, {}) for key in ("os", "process", "deploy", "instanceCount")}
    actual |= {key: ours.get(key, {}) for key in ("origin", "instances")}
    actual["connections"] = {"now": now} if (now := at(ours, "connections.now")) is not None else {}
    actual["unavailable"] = told(ours["unavailable"])
    actual["notes"] = told(ours.get("notes", {}))
    assert as_ages(actual, moment) == {"notes": {}} | expected


def told(reasons: Document) -> Document:
    """Of the reasons or notes, those on the server's facts."""
    now = at(reasons, "collector.connections.now")
    of_server = {key: reasons[key] for key in ("os", "process", "deploy") if key in reasons}
    return of_server | ({"connections": {"now": now}} if now else {})


def as_ages(value: Any, moment: datetime) -> Any:
    """The value, its dates as ages and its durations in whole seconds; the snapshot itself takes a moment."""
    match value:
        case dict():
            kept = {k: v for k, v in value.items() if k not in ("id", "registeredAt", "renewedAt", "age")}
            return {key: as_ages(item, moment) for key, item in kept.items()} | _rounded(kept)
        case list():
            return [as_ages(item, moment) for item in value]
        case datetime():
            return timedelta(seconds=round((moment - value).total_seconds() / 10) * 10)
    return value


def _rounded(kept: Document) -> Document:
    is_of_a_process = "pid" in kept and is_number(kept.get("uptime"))
    return {"uptime": round(kept["uptime"] / 10) * 10} if is_of_a_process else {}


def test_dates_and_freshness_of_an_instance_are_told(real_database: Db) -> None:
    moment = filled(real_database, [main_server()], None)

    (one,) = taken(real_database)["collector"]["instances"]
    assert (one["id"], one["registeredAt"], one["renewedAt"]) == ("i0", moment - UP, moment)
    assert 0 <= one["age"] < 30


def test_the_collector_tells_its_own_host_and_process_under_its_own_keys(real_database: Db) -> None:
    filled(real_database, [main_server()], document("docker", "compose"))

    ours = taken(real_database)["collector"]
    assert set(ours["host"]) == set(OS) | {"name"}
    assert ours["host"]["release"] != HOST["release"]
    assert set(ours["process"]) == {"pythonVersion", "pid", "uptime", "memory"}


def test_what_is_set_counts_until_the_server_tells_it(real_database: Db) -> None:
    filled(real_database, [main_server()], None)

    found = taken(real_database, deployment={"method": "docker"})
    assert found["deploy"] == {"method": "docker"}
    assert found["collector"]["origin"]["deploy"]["source"] == "setting"


class TestPeaks:
    def test_the_server_s_own_peak_is_that_of_its_newest_document(self, real_database: Db) -> None:
        filled(real_database, [], document("docker", "compose"))

        found = taken(real_database)
        assert (found["dailyPeakConnections"], found["maxMonthlyPeakConnections"]) == (12, 12)
        assert found["collector"]["notes"]["dailyPeakConnections"].startswith("as of 20")

    def test_samples_stand_beside_it(self, real_database: Db) -> None:
        moment = filled(real_database, [main_server(conns=3)], document("docker", "compose"))
        samples = ConnectionSamples()
        for minutes, total in ((2_000, 500), (900, 40), (30, 15), (1, 9)):
            samples.add(moment - timedelta(minutes=minutes), total)

        connections = taken(real_database, connections=samples)["collector"]["connections"]
        assert connections["now"] == 3
        assert (connections["hourPeak"], connections["dayPeak"]) == (15, 40)
        assert connections["sampledSince"] == moment - timedelta(minutes=900)

    def test_without_samples_they_are_absent(self, real_database: Db) -> None:
        told = taken(real_database)["collector"]["unavailable"]["collector"]["connections"]

        assert "only the daemon takes samples" in told["hourPeak"]
