"""From where the server's host, process and deployment are known, in each kind of deployment."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest

from collector.key_paths import Document
from collector.sources.host import Host
from collector.sources.instances import SERVER, STREAMER, Instance
from collector.sources.rocketchat import NO_SERVER_STATISTICS
from collector.sources.server_facts import (
    ANOTHER_HOST,
    NO_INSTANCE,
    UNKNOWN_DEPLOYMENT,
    UNKNOWN_HOST,
    ServerFacts,
)
from collector.statistics.snapshot import now
from tests.users import only_as_root
from tests.waiting import eventually

STAYS = {"type": "Linux", "platform": "linux", "arch": "arm64", "release": "6.1.0-13", "totalmem": 2.0**34}
VARIES = {"uptime": 5_000.0, "loadavg": [1.0, 2.0, 3.0], "freemem": 2.0**30}
ROW_SYSTEM = STAYS | VARIES | {"cpus": 8}
CPU = {"model": "Neoverse", "speed": 2000, "times": {"user": 1, "nice": 0, "sys": 2, "idle": 3, "irq": 0}}
NOW = now()
TAKEN = NOW - timedelta(hours=3)
DOCUMENT: Document = {
    "version": "8.6.1",
    "os": STAYS | {"uptime": 9_000.0, "loadavg": [0.5, 0.5, 0.5], "freemem": 2.0**31, "cpus": [CPU] * 8},
    "process": {"nodeVersion": "v22.16.0", "pid": 1, "uptime": 7_200.5},
    "deploy": {"method": "docker", "platform": "compose"},
    "msEnabled": False,
    "createdAt": TAKEN,
}


def server(**over: Any) -> Instance:
    given: dict[str, Any] = {
        "registered_at": NOW - timedelta(hours=5),
        "pid": 1,
        "node": "v22.22.3",
        "system": ROW_SYSTEM,
    }
    given |= {"id": "i", "kind": SERVER, "age": timedelta(seconds=4), "renewed_at": NOW}
    return Instance(**given | over)


def facts(*instances: Instance, document: Document = DOCUMENT, **over: Any) -> ServerFacts:
    return ServerFacts(over.pop("at", NOW), instances, document, Host(), **over)


def facts_now(*instances: Instance) -> ServerFacts:
    return facts(*instances, at=now())


class TestDeploy:
    def test_it_is_what_the_server_wrote_whatever_the_settings_say(self) -> None:
        known = facts(deployment={"method": "tar"}).deploy

        assert known.values == {"method": "docker", "platform": "compose"}
        assert known.origin == {"source": "statistics", "asOf": TAKEN}

    def test_before_the_server_has_written_any_it_is_what_is_set(self) -> None:
        known = facts(document={}, deployment={"method": "docker"}).deploy

        assert known.values == {"method": "docker"}
        assert known.origin["source"] == "setting"

    def test_without_either_it_is_absent(self) -> None:
        known = facts(server(), document={}).deploy

        assert (known.values, known.origin, known.reason) == ({}, {}, UNKNOWN_DEPLOYMENT)


class TestProcess:
    def test_it_is_the_registered_server_with_its_uptime_since_then(self) -> None:
        known = facts(server()).process

        assert (known.values["pid"], known.values["nodeVersion"]) == (1, "v22.22.3")
        assert known.values["uptime"] == 5 * 3600 + 4
        assert known.origin["source"] == "instance"

    def test_of_microservices_it_is_that_of_the_document_carried_on(self) -> None:
        streamer = server(kind=STREAMER, system={}, node=None, pid=1)
        known = facts(streamer, document=DOCUMENT | {"msEnabled": True}).process

        assert known.values["nodeVersion"] == "v22.16.0"
        assert known.values["uptime"] == 7_200.5 + 3 * 3600
        assert known.origin == {"source": "statistics", "asOf": TAKEN}

    @pytest.mark.parametrize("uptime", [None, "long", float("nan"), -5.0])
    def test_an_odd_uptime_is_not_carried_on(self, uptime: Any) -> None:
        document = DOCUMENT | {"msEnabled": True, "process": {"pid": 1, "uptime": uptime}}

        assert facts(server(kind=STREAMER), document=document).process.values["uptime"] is None

    def test_while_no_server_runs_it_is_absent(self) -> None:
        known = facts().process

        assert (known.values, known.origin, known.reason) == ({}, {}, NO_INSTANCE)

    def test_while_no_microservice_runs_it_is_absent(self) -> None:
        assert facts(document=DOCUMENT | {"msEnabled": True}).process.reason == NO_INSTANCE

    def test_a_streamer_beside_a_monolith_that_is_down_is_not_the_server(self) -> None:
        assert facts(server(kind=STREAMER)).process.reason == NO_INSTANCE


class TestOs:
    def test_it_is_as_the_server_described_it_last(self) -> None:
        known = facts(server()).os

        assert known.values == DOCUMENT["os"]
        assert known.origin == {"source": "statistics", "asOf": TAKEN}

    def test_without_a_document_the_row_tells_only_what_stays(self) -> None:
        one = server()
        known = facts(one, document={}).os

        assert known.values == STAYS
        assert known.origin == {"source": "instance", "asOf": one.registered_at}
        assert known.reason == NO_SERVER_STATISTICS

    @pytest.mark.parametrize("other", [{"totalmem": 2.0**33}, {"release": "6.1.0-14"}, {"arch": "x64"}])
    def test_a_document_of_another_host_is_not_mixed_with_the_row(self, other: Document) -> None:
        known = facts(server(), document=DOCUMENT | {"os": DOCUMENT["os"] | other}).os

        assert (known.values, known.reason) == (STAYS, ANOTHER_HOST)

    def test_with_neither_it_is_absent(self) -> None:
        known = facts(server(system={}), document={}).os

        assert (known.values, known.origin, known.reason) == ({}, {}, UNKNOWN_HOST)

    @pytest.mark.parametrize("odd", [None, [], "Linux", 7])
    def test_an_odd_description_counts_as_none(self, odd: Any) -> None:
        assert facts(document={"os": odd, "process": odd, "deploy": odd, "createdAt": odd}).os.reason == UNKNOWN_HOST

    def test_a_document_without_a_date_has_an_origin_without_one(self) -> None:
        assert facts(document=DOCUMENT | {"createdAt": "today"}).os.origin == {"source": "statistics"}


def test_the_release_is_that_of_the_document() -> None:
    assert facts().version.origin == {"source": "statistics", "asOf": TAKEN}
    assert facts(document={}).version.origin == {}


NODE = "import time\ntime.sleep(60)\n"


def started(folder: Path, *, command: str = "node", script: str = "main.js") -> subprocess.Popen[bytes]:
    """A process that looks from outside like Node with a script."""
    (folder / script).write_text(NODE)
    return subprocess.Popen([f"/usr/bin/{command}", str(folder / script)], executable=sys.executable)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = started(tmp_path)
    yield process
    end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def row_here(pid: int | None, **over: Any) -> Instance:
    """A row that a process of this host has just made."""
    system = {name: value for name, value in Host().system().items() if name != "cpus"}
    return server(**{"pid": pid, "registered_at": now(), "system": system | over.pop("of_host", {})} | over)


class TestTheServerOnThisHost:
    def test_its_host_is_told_as_it_is_now(self, node: subprocess.Popen[bytes]) -> None:
        known = facts_now(row_here(node.pid))

        assert known.os.origin["source"] == "host"
        assert known.os.values["totalmem"] == psutil.virtual_memory().total
        assert len(known.os.values["cpus"]) == os.cpu_count()
        assert (known.process.values["pid"], known.process.origin["source"]) == (node.pid, "instance")

    @only_as_root
    def test_in_a_container_of_this_host_it_is_found_by_the_pid_that_it_has_there(self, tmp_path: Path) -> None:
        (tmp_path / "main.js").write_text(NODE)
        become_node = f"import os, sys; os.execv(sys.executable, ['node', {str(tmp_path / 'main.js')!r}])"
        process = subprocess.Popen(
            ["/usr/bin/unshare", "--pid", "--fork", "--kill-child", sys.executable, "-c", become_node]
        )
        try:
            eventually(lambda: list(Host().nodes(1, "main.js")))
            assert facts_now(row_here(1)).os.origin["source"] == "host"
        finally:
            end(process)

    def test_its_uptime_is_exact_also_if_it_registered_again(self, node: subprocess.Popen[bytes]) -> None:
        row = row_here(node.pid)
        time.sleep(1.2)
        known = facts_now(row)

        assert known.process.values["uptime"] >= 1.2
        assert known.process.values["uptime"] == pytest.approx(
            time.time() - psutil.Process(node.pid).create_time(), abs=1
        )

    NOT_IT: ClassVar = {
        "another kernel": {"release": "6.1.0-13"},
        "another memory": {"totalmem": 2.0**34},
        "another architecture": {"arch": "s390x"},
        "a host that was up for much longer": {"uptime": 10.0**8},
        "a server that started before this process": {"uptime": 0.0},
        "no uptime": {"uptime": "long"},
    }

    @pytest.mark.parametrize("of_host", NOT_IT.values(), ids=NOT_IT)
    def test_a_row_of_another_host_is_not_it(self, node: subprocess.Popen[bytes], of_host: Document) -> None:
        assert facts_now(row_here(node.pid, of_host=of_host)).os.origin["source"] != "host"

    def test_another_pid_is_not_it(self, node: subprocess.Popen[bytes]) -> None:
        assert facts_now(row_here(node.pid + 1)).os.origin["source"] != "host"
        assert facts_now(row_here(None)).os.origin["source"] != "host"

    def test_a_row_from_before_this_host_was_up_is_not_it(self, node: subprocess.Popen[bytes]) -> None:
        old = now() - timedelta(seconds=Host().uptime() + 600)

        assert facts_now(row_here(node.pid, registered_at=old)).os.origin["source"] != "host"

    @pytest.mark.parametrize(("command", "script"), [("node", "app.js"), ("python3", "main.js")])
    def test_another_program_is_not_it(self, tmp_path: Path, command: str, script: str) -> None:
        process = started(tmp_path, command=command, script=script)
        try:
            assert facts_now(row_here(process.pid)).os.origin["source"] != "host"
        finally:
            end(process)

    def test_two_rows_that_fit_one_process_prove_nothing(self, node: subprocess.Popen[bytes]) -> None:
        """Hosts of one kind that were started together run containers whose pid is 1."""
        twins = [row_here(node.pid), row_here(node.pid, id="twin")]

        assert facts_now(*twins).os.origin["source"] == "instance"
