"""The host, the server's process on it, migrations and instances."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo.database import Database

from collector.sources.collections import Collection
from collector.sources.deployment import Deployment
from collector.sources.host import Host
from collector.statistics.reading import Absent
from tests.factories import NOW, hours, insert, instance, read, reading, sources

Db = Database[dict[str, Any]]

LISTEN_AND_WAIT = """
import socket, time
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
time.sleep(60)
"""


@pytest.fixture
def node() -> Iterator[subprocess.Popen[str]]:
    """A process that looks like Node from outside: its first word is `node`. It listens and prints the port."""
    process = subprocess.Popen(
        ["/opt/bin/node", "-c", LISTEN_AND_WAIT], executable=sys.executable, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def row_of(process: subprocess.Popen[str], **over: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return instance(pid=process.pid, _createdAt=now, _updatedAt=now) | over


def process_of(database: Db, **deployment: Any) -> dict[str, Any]:
    return dict(read_now("process", database, deployment=Deployment(**deployment)))


def read_now(name: str, database: Db, **over: Any) -> Any:
    return reading(name).read(sources(database, **over).at(datetime.now(UTC)))


def test_os_has_the_fields_and_types_that_node_prints() -> None:
    system = Host().system()

    assert list(system) == [
        "type", "platform", "arch", "release", "uptime", "loadavg", "totalmem", "freemem", "cpus",
    ]  # fmt: skip
    assert len(system["loadavg"]) == 3
    assert 0 < system["freemem"] < system["totalmem"] == psutil.virtual_memory().total
    assert len(system["cpus"]) == os.cpu_count()
    assert abs(system["uptime"] - (time.time() - psutil.boot_time())) < 5


def test_cpu_times_are_whole_milliseconds() -> None:
    times = [cpu["times"] for cpu in Host().system()["cpus"]]

    assert all(list(t) == ["user", "nice", "sys", "idle", "irq"] for t in times)
    assert all(isinstance(value, int) for t in times for value in t.values())
    assert abs(sum(t["idle"] for t in times) - psutil.cpu_times().idle * 1000) < 20_000 * len(times)


def test_the_cpu_model_is_read_from_cpuinfo(tmp_path: Path) -> None:
    processor = "processor\t: 0\nmodel name\t: Weitek 4167 @ 33 MHz: fast\n\n"
    (tmp_path / "cpuinfo").write_text(processor * (os.cpu_count() or 1))

    assert Host(tmp_path).system()["cpus"][0]["model"] == "Weitek 4167 @ 33 MHz: fast"


def test_a_cpu_whose_model_is_nowhere_is_unknown(tmp_path: Path) -> None:
    assert Host(tmp_path).system()["cpus"][0]["model"] == "unknown"


def test_the_server_is_found_by_its_row(database: Db, node: subprocess.Popen[str]) -> None:
    insert(database, Collection.INSTANCES, row_of(node))

    values = process_of(database)
    assert values["process.pid"] == node.pid
    assert values["process.nodeVersion"] == "v22.16.0"
    assert values["collector.process"] == "server"
    assert 0 <= values["process.uptime"] < 60


OTHERS = {
    "another host": {"extraInformation": {"host": "10.99.99.99", "nodeVersion": "v1"}},
    "a pid used again after the row was made": {"_createdAt": NOW},
    "a row that was not renewed": {"_updatedAt": NOW},
    "a row without a pid": {"pid": None},
    "a pid that nobody has": {"pid": 2**22 + 1},
    "a pid beyond all pids": {"pid": 2**40},
    "a host that is a list": {"extraInformation": {"host": ["localhost"]}, "pid": 2**40},
}


@pytest.mark.parametrize("over", OTHERS.values(), ids=OTHERS)
def test_a_row_of_another_process_is_ignored(database: Db, node: subprocess.Popen[str], over: dict[str, Any]) -> None:
    insert(database, Collection.INSTANCES, row_of(node) | over)

    values = process_of(database)
    assert values["process.pid"] == os.getpid()
    assert values["collector.process"] == "collector"
    assert isinstance(values["process.nodeVersion"], Absent)


@pytest.mark.parametrize("extra", [None, "text", [], {"host": None, "nodeVersion": 22}, {"nodeVersion": {"a": 1}}])
def test_malformed_information_in_a_row_costs_only_itself(
    database: Db, node: subprocess.Popen[str], extra: Any
) -> None:
    insert(database, Collection.INSTANCES, instance(extraInformation=extra), row_of(node, extraInformation=extra))

    values = process_of(database)
    assert (values["process.pid"], values["collector.process"]) == (node.pid, "server")
    assert isinstance(values["process.nodeVersion"], Absent)


def test_a_row_at_the_end_of_the_calendar_is_tolerated(database: Db, node: subprocess.Popen[str]) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    insert(database, Collection.INSTANCES, row_of(node, _createdAt=last))

    assert process_of(database)["process.pid"] == node.pid


def test_a_process_that_is_not_node_is_not_the_server(database: Db) -> None:
    row = instance(pid=os.getpid(), _createdAt=datetime.now(UTC), _updatedAt=datetime.now(UTC))
    insert(database, Collection.INSTANCES, row)

    assert process_of(database)["collector.process"] == "collector"


def test_the_server_is_found_by_its_pid_file(database: Db, node: subprocess.Popen[str], tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(f"{node.pid}\n")

    values = process_of(database, pid_file=tmp_path / "pid")
    assert (values["process.pid"], values["collector.process"]) == (node.pid, "server")
    assert isinstance(values["process.nodeVersion"], Absent)


@pytest.mark.parametrize("text", ["", "x", "-1", "999999999", str(2**70)])
def test_a_pid_file_with_nonsense_leads_to_the_own_process(database: Db, tmp_path: Path, text: str) -> None:
    (tmp_path / "pid").write_text(text)

    assert process_of(database, pid_file=tmp_path / "pid")["process.pid"] == os.getpid()


def test_a_missing_pid_file_leads_to_the_own_process(database: Db, tmp_path: Path) -> None:
    assert process_of(database, pid_file=tmp_path / "none")["process.pid"] == os.getpid()


def test_the_server_is_found_by_its_port(database: Db, node: subprocess.Popen[str]) -> None:
    assert process_of(database, port=port_of(node))["process.pid"] == node.pid


def test_a_port_on_which_something_else_listens_is_not_the_server(database: Db) -> None:
    with socket.create_server(("127.0.0.1", 0)) as own:
        assert process_of(database, port=own.getsockname()[1])["collector.process"] == "collector"


def test_deployment_is_what_the_settings_say(database: Db) -> None:
    values = read("deploy", database, deployment=Deployment(method="docker", platform="k8s"))

    assert values == {"deploy.method": "docker", "deploy.platform": "k8s"}


def test_migration_is_the_control_document_as_it_is(database: Db) -> None:
    control = {"_id": "control", "version": 332, "locked": False, "lockedAt": NOW, "hash": "abc"}
    insert(database, Collection.MIGRATIONS, control, {"_id": "other", "version": 1})

    assert read("migration", database) == {"migration": control}


def test_without_a_control_document_migration_is_absent(database: Db) -> None:
    assert isinstance(read("migration", database)["migration"], Absent)


def test_instances_are_counted_while_they_are_renewed(database: Db) -> None:
    ages = (0, 30, 59, 61, 3600)
    insert(database, Collection.INSTANCES, *(instance(_updatedAt=NOW - timedelta(seconds=age)) for age in ages))

    assert read("instances", database) == {"instanceCount": 3}


def test_a_row_of_the_far_future_is_not_a_live_server(database: Db) -> None:
    insert(database, Collection.INSTANCES, instance(_updatedAt=NOW + hours(24 * 365 * 200)))

    assert read("instances", database) == {"instanceCount": 0}
