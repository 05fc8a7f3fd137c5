"""The image, built and run by Podman with the options of its Quadlet unit."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from collector.demo.mongod import free_port
from collector.mongodb.connection import Client
from tests.systemd.pages import ROOT
from tests.systemd.podman import IMAGE, LIMITS, Podman, podman
from tests.systemd.quadlet import options

BIN = "/opt/rcstats/bin"
# Prints user, group, whether the root file system is read-only, capabilities, and whether no privileges can be gained.
CONFINEMENT = """
import os
status = dict(line.split(":", 1) for line in open("/proc/1/status"))
read_only = bool(os.statvfs("/").f_flag & os.ST_RDONLY)
print(os.getuid(), os.getgid(), read_only, status["CapEff"].strip(), status["NoNewPrivs"].strip())
"""


@pytest.fixture
def built() -> Iterator[Podman]:
    """A Podman that has the image."""
    with podman() as found:
        found.build(ROOT / "systemd/Containerfile", ROOT, "--build-arg=VERSION=1.2.3")
        yield found


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket on which systemd would hear of the container."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as found:
        found.bind(str(tmp_path / "notify"))
        found.settimeout(60)
        yield found


def start(podman: Podman, urls: tuple[str, str], told: str) -> None:
    """Starts the container as its unit does, but on the network of this host, where the tests' own mongod is."""
    port = free_port()
    for name, url in zip(("rcstats_mongo_url", "rcstats_store_url"), urls, strict=True):
        (podman.folder / name).write_text(url)
        podman.run("secret", "create", name, name)
    podman.run("volume", "create", "rcstats.volume")
    unit = [option.replace("3080", str(port)) for key, option in options() if key != "PublishPort"]
    settings = [f"--env=RCSTATS_LISTEN=127.0.0.1:{port}", "--env=RCSTATS_SCHEDULE=0 0 1 1 *"]  # one slot is taken
    here = ["--network=host", *LIMITS, *settings, "--secret=rcstats_store_url"]
    podman.run("run", "--detach", *unit, *here, IMAGE, NOTIFY_SOCKET=told)


def inside(podman: Podman, program: str) -> str:
    """What a Python program prints in the container."""
    return podman.run("exec", "rcstats", f"{BIN}/python3", "-c", program)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_container_needs_neither_root_nor_a_writable_file_system_and_ends_on_sigterm(
    built: Podman, systemd: socket.socket, urls: tuple[str, str], real_client: Client
) -> None:
    store = real_client[urls[1].split("/")[-1].split("?")[0]]["statistics"]
    start(built, urls, systemd.getsockname())

    for sign in (b"READY=1", b"WATCHDOG=1"):
        while sign not in systemd.recv(1000):
            pass
    built.run("healthcheck", "run", "rcstats")
    assert store.count_documents({}) == 1
    assert built.run("exec", "rcstats", f"{BIN}/rcstats", "--version") == "rcstats 1.2.3"
    assert inside(built, CONFINEMENT) == "65532 65532 True 0000000000000000 1"
    assert inside(built, "from pathlib import Path; print(Path('/var/lib/rcstats/new').write_text('.'))") == "1"

    begun = time.monotonic()
    built.run("kill", "--signal=TERM", "rcstats")
    assert built.run("wait", "rcstats") == "0"
    assert time.monotonic() - begun < 10
    logged = built.call("logs", "rcstats").stderr
    assert "snapshot stored" in logged
    assert "Traceback" not in logged
