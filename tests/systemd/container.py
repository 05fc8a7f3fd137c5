"""A real systemd, booted in a container."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sysconfig import get_path
from uuid import uuid4

import psutil
import pytest

from tests.systemd.pages import INSTALL, ROOT
from tests.waiting import eventually


@dataclass
class Host:
    """A systemd that has booted in a container: this host's /usr and network, and files of its own."""

    root: Path
    leader: int

    def enter(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["nsenter", f"--target={self.leader}", "--all", "--root", "--wd", "bash", "-euc", command],  # noqa: S607
            env={"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def run(self, command: str, *allowed: int) -> str:
        """What a shell command prints there; exit codes other than 0 must be allowed."""
        done = self.enter(f"cd /srv/checkout; {command}")
        assert done.returncode in {0, *allowed}, f"{command}\n{done.stdout}{done.stderr}\n{self.journal()}"
        return done.stdout.strip()

    def as_user(self, name: str, command: str) -> subprocess.CompletedProcess[str]:
        """A command as it ends for a user after a login."""
        return self.enter(f"exec setpriv --reuid={name} --regid={name} --init-groups --reset-env {command}")

    def show(self, name: str) -> str:
        return self.run(f"systemctl show --value --property={name} rcstats")

    def journal(self) -> str:
        return self.enter("journalctl --no-pager --unit=rcstats --unit=rcstats-snapshot").stdout

    def wait_for(self, true: Callable[[], bool], seconds: float = 60) -> None:
        eventually(true, seconds, self.journal)

    def write(self, path: str, *lines: str) -> None:
        """A file's content, as its owner would edit it; its mode is kept."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text("".join(f"{line}\n" for line in lines))

    def files(self) -> set[str]:
        """All that lies there, but for logs, what is gone with the next boot, and what any change of users leaves."""
        passing = ("/dev", "/proc", "/run", "/srv", "/sys", "/tmp", "/usr", "/var/log", "/var/tmp")  # noqa: S108
        found = {f"/{path.relative_to(self.root)}" for path in self.root.rglob("*")}
        return {path for path in found if not path.startswith(passing) and not path.endswith((".lock", "-"))}

    def install(self, url: str, *settings: str) -> None:
        """As the README says, up to its check; what comes from elsewhere is taken from this environment instead."""
        for line in INSTALL:
            if line.startswith("apt "):
                continue
            if "-m venv" in line:
                self.write("opt/rcstats/bin/rcstats", *PROGRAM)
                (self.root / "opt/rcstats/bin/rcstats").chmod(0o755)
            elif line.startswith("editor "):
                self.write(line.split()[1].removeprefix("/"), url)
                self.write("etc/rcstats/rcstats.toml", *settings)
            elif line == INSTALL[-1]:
                break
            else:
                self.run(line, *([1] if line.endswith(" check") else []))  # it warns: there is no snapshot yet


PROGRAM = (
    "#!/bin/sh",
    "export LD_LIBRARY_PATH=/srv/python/lib PYTHONPATH=/srv/checkout:/srv/packages",
    f'exec /srv/python/bin/python{sys.version_info.major}.{sys.version_info.minor} -m collector "$@"',
)


@contextmanager
def booted(folder: Path) -> Iterator[Host]:
    """Boots this host's /usr over a root of its own, up to basic.target; where that can't be done the test skips."""
    if os.geteuid() != 0:
        pytest.skip("only root can boot a container")
    if not (shutil.which("systemd-nspawn") and shutil.which("nsenter")):
        pytest.skip("there is no systemd-nspawn")
    if not Path("/bin").is_symlink():
        pytest.skip("this host's programs are not all in /usr")
    name, root, console = f"rcstats-{uuid4().hex[:8]}", folder / "root", folder / "console"
    for directory in ("etc/systemd/system", "opt", "var/lib/systemd/timers"):  # as each host has them
        (root / directory).mkdir(parents=True)
    (root / "etc/os-release").touch()
    (root / "etc/machine-id").write_text(f"{uuid4().hex}\n")  # without one, each unit that is there would be enabled
    for link in ("bin", "sbin", "lib", "lib64"):
        (root / link).symlink_to(f"usr/{link}")
    groups = _groups(name)
    enter = "".join(f"echo $$ > {group}/cgroup.procs; " for group in groups)
    with console.open("wb") as output:
        container = subprocess.Popen(
            ["sh", "-euc", enter + 'exec systemd-nspawn "$@"', "sh", *_options(name, root)],  # noqa: S607
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield _once_up(container, root, console)
    finally:
        container.terminate()
        try:
            container.wait(30)
        except subprocess.TimeoutExpired:
            container.kill()
            container.wait()
        for group in groups:
            for inner in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
                inner.rmdir()
            group.rmdir()


def _options(name: str, root: Path) -> list[str]:
    shared = {
        "/usr": "/usr",
        str(ROOT): "/srv/checkout",
        get_path("purelib"): "/srv/packages",
        sys.base_prefix: "/srv/python",
    }
    as_here = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/login.defs")
    shared |= {found: found for found in as_here if Path(found).exists()}
    bound = [f"--bind-ro={there}:{here}" for there, here in shared.items()]
    unit = [] if HAS_SYSTEMD else ["--keep-unit"]
    bound.append("--tmpfs=/usr/local/bin:mode=755")
    options = ["--quiet", "--boot", "--register=no", "--console=pipe", f"--machine={name}", f"--directory={root}"]
    return [*options, *unit, *bound, "--", "--unit=basic.target"]


HAS_SYSTEMD = Path("/run/systemd/system").exists()


def _groups(name: str) -> list[Path]:
    """A control group in each hierarchy; a host that runs systemd itself makes one."""
    if HAS_SYSTEMD:
        return []
    hierarchies = [Path("/sys/fs/cgroup", kind) for kind in ("", "systemd", "unified")]
    groups = [found / name for found in hierarchies if (found / "cgroup.procs").exists()]
    try:
        for group in groups:
            group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made: {error}")
    return groups


def _once_up(container: subprocess.Popen[bytes], root: Path, console: Path) -> Host:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and container.poll() is None:
        for leader in psutil.Process(container.pid).children():
            machine = Host(root, leader.pid)
            if machine.enter("systemctl is-system-running --wait").stdout.strip() in {"running", "degraded"}:
                return machine
        time.sleep(0.1)
    pytest.skip(f"no systemd boots in a container here: {console.read_text('utf-8', 'replace')[-300:]}")
