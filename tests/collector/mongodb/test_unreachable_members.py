"""A replica set whose members have names that this host does not reach, as in a network of containers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest

from collector.demo import mongod
from collector.demo.sample import workspace
from collector.mongodb.connection import connect
from tests.factories import SMALL
from tests.processes import rcstats, running


@contextmanager
def forwarding(port: int) -> Iterator[int]:
    """A port of this host that leads to another one, for a while."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    here, there = listener.accept()[0], socket.create_connection(("127.0.0.1", port))
                    for source, target in ((here, there), (there, here)):
                        threading.Thread(target=_copy, args=(source, target), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError), source, target:
        while data := source.recv(65_536):
            target.sendall(data)


@pytest.fixture(scope="module")
def seed_and_member() -> Iterator[tuple[str, str]]:
    """HOST:PORT of a real server with a workspace, and the HOST:PORT that it has in its replica set."""
    with mongod.running() as url, connect(url, "TEST") as client:
        workspace.fill(client["rocketchat"], datetime.now(UTC), SMALL)
        seed = url.split("/")[2]
        with forwarding(int(seed.split(":")[1])) as port:  # a server takes only a name that leads to it
            config = client.admin.command("replSetGetConfig")["config"]
            config["members"][0]["host"] = f"127.0.0.1:{port}"
            client.admin.command("replSetReconfig", config | {"version": config["version"] + 1}, force=True)
        yield seed, f"127.0.0.1:{port}"


@pytest.fixture
def told(seed_and_member: tuple[str, str]) -> str:
    return (
        f"the workspace's MongoDB can't be reached: the replica set names its members {seed_and_member[1]}, "
        "which cannot be reached from here (connection refused): try directConnection=true"
    )


def test_ready_names_the_remedy(seed_and_member: tuple[str, str], told: str) -> None:
    with running("run", mongo_url=f"mongodb://{seed_and_member[0]}/rocketchat?replicaSet=rcstats") as daemon:
        daemon.wait_for(lambda: daemon.get("/health")[0] == 200)
        status, body = daemon.get("/ready")

    assert (status, body["problems"]["workspace"]) == (503, told)


@pytest.mark.parametrize("command", ["snapshot", "check", "list"])
def test_each_command_names_the_remedy(seed_and_member: tuple[str, str], told: str, command: str) -> None:
    done = rcstats(command, mongo_url=f"mongodb://{seed_and_member[0]}/rocketchat")

    assert done.returncode == 2
    assert told in done.stdout + done.stderr


def test_the_remedy_works(seed_and_member: tuple[str, str]) -> None:
    url = f"mongodb://{seed_and_member[0]}/rocketchat?replicaSet=rcstats&directConnection=true"

    assert rcstats("snapshot", mongo_url=url).returncode == 0
