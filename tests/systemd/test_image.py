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

PYTHON = "/opt/rcstats/bin/python3"


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
    here = ["--network=host", *LIMITS, f"--env=RCSTATS_LISTEN=127.0.0.1:{port}", "--secret=rcstats_store_url"]
    podman.run("run", "--detach", *unit, *here, IMAGE, NOTIFY_SOCKET=told)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_container_needs_neither_root_nor_a_writable_file_system_and_ends_on_sigterm(
    built: Podman, systemd: socket.socket, urls: tuple[str, str], real_client: Client
) -> None:
    store = real_client[urls[1].split("/")[-1].split("?")[0]]["statistics"]
    start(built, urls, systemd.getsockname())

    while b"READY=1" not in systemd.recv(1000):
        pass
    built.run("healthcheck", "run", "rcstats")
    assert store.count_documents({}) == 1
    assert built.run("exec", "rcstats", "/opt/rcstats/bin/rcstats", "--version") == "rcstats 1.2.3"

    def inside(program: str) -> str:
        return built.run("exec", "rcstats", PYTHON, "-c", program)

    assert (
        inside("import os; print(os.getuid(), os.getgid(), os.statvfs('/').f_flag & os.ST_RDONLY)") == "65532 65532 1"
    )
    assert inside("from pathlib import Path; print(Path('/var/lib/rcstats/new').write_text('.'))") == "1"

    begun = time.monotonic()
    built.run("kill", "--signal=TERM", "rcstats")
    assert built.run("wait", "rcstats") == "0"
    assert time.monotonic() - begun < 10
    assert "Traceback" not in built.run("logs", "rcstats")
