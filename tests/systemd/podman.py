"""A Podman of the tests' own, and an image with Python made of the distribution's packages."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest

BASE, IMAGE = "localhost/python", "localhost/rcstats"
PACKAGES = "python3-venv,dash,coreutils"  # what the build runs by name
TOOLS = ("podman", "crun", "mmdebstrap", "nsenter", "unshare")
# Podman's own limits are higher than those of this process, and would need CAP_SYS_RESOURCE.
LIMITS = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024")
# The base has no certificates, and PyPI may be behind a proxy that this host trusts.
CERTIFICATES = "--volume=/etc/ssl/certs:/etc/ssl/certs:ro"
# crun wants control groups of one version, and not of both.
PLACE = "umount --lazy /sys/fs/cgroup/unified 2>/dev/null; exec sleep 900"


@dataclass(frozen=True)
class Podman:
    """Podman over a storage in a folder of its own, in the mount namespace of a process."""

    folder: Path
    place: int

    def call(self, *arguments: str, seconds: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
        places = [f"--{name}={self.folder / name}" for name in ("root", "runroot", "tmpdir")]
        return subprocess.run(
            [
                *("nsenter", f"--target={self.place}", "--mount", f"--wd={self.folder}"),
                *("podman", *places, "--cgroup-manager=cgroupfs", *arguments),
            ],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def run(self, *arguments: str, seconds: float = 60, **environment: str) -> str:
        """What a command of Podman prints; it must succeed."""
        done = self.call(*arguments, seconds=seconds, **environment)
        assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def build(self, file: Path, context: Path, *options: str) -> None:
        """Builds the image on the base."""
        on = ("--network=host", "--layers=false", "--format=docker", f"--build-arg=BASE={BASE}", CERTIFICATES, *LIMITS)
        self.run("build", *on, *options, f"--file={file}", f"--tag={IMAGE}", str(context), seconds=300)


@contextmanager
def podman() -> Iterator[Podman]:
    """A Podman that runs containers and has the base; where that can't be done the test skips."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a root file system")
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        pytest.skip(f"there is no {missing[0]}")
    folder = Path(mkdtemp(prefix="rcstats-"))  # Podman takes no long paths, such as pytest's
    place = subprocess.Popen(["unshare", "--mount", "sh", "-c", PLACE], start_new_session=True)  # noqa: S607
    found = Podman(folder, place.pid)
    try:
        _make_base(found)
        yield found
    finally:
        found.call("rm", "--all", "--force", "--time=0")
        place.kill()  # and its mounts are gone
        place.wait()
        shutil.rmtree(folder)


def _make_base(podman: Podman) -> None:
    release, archive = platform.freedesktop_os_release(), podman.folder / "base.tar"
    made = subprocess.run(
        [
            *("mmdebstrap", "--mode=root", "--variant=extract", f"--include={PACKAGES}"),
            *("--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", release.get("VERSION_CODENAME", ""), archive),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if made.returncode:
        pytest.skip(f"no base can be made: {made.stderr[-300:]}")
    podman.run("import", str(archive), BASE)
    ran = podman.call("run", "--rm", "--network=host", *LIMITS, BASE, "python3", "--version")
    if ran.returncode:
        pytest.skip(f"no container runs here: {ran.stderr[-300:]}")
