"""The units: as texts, by systemd's own judgement, and under a real systemd where a container can boot one."""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from sysconfig import get_path
from urllib.request import urlopen
from uuid import uuid4

import psutil
import pytest

from api.network.bounds import KEPT_DESCRIPTORS, Bounds
from collector.demo.mongod import free_port
from collector.demo.sample import workspace
from collector.mongodb.connection import Client
from collector.settings import Settings, load, variable
from collector.statistics.snapshot import BUDGET

ROOT = Path(__file__).parent.parent
UNITS = ROOT / "systemd"
SERVICES = ["rcstats.service", "rcstats-snapshot.service"]

SMALL = workspace.Size(users=50, channels=10, groups=5, directs=10, livechats=5, discussions=3, messages=200)

Values = dict[str, list[str]]


def read(unit: str, section: str) -> Values:
    """A section's values; systemd allows a key twice."""
    (text,) = re.findall(
        rf"^\[{section}\]\n(.*?)(?=^\[|\Z)", (UNITS / unit).read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    values: Values = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        values.setdefault(key, []).append(value)
    return values


def commands(mark: str) -> list[str]:
    """The lines of the README's block of commands that has this one."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if mark in block]
    return list(block.splitlines())


INSTALL, UNINSTALL = commands("systemctl enable"), commands("systemctl disable")


def test_the_daemon_says_itself_when_it_is_ready_and_that_it_lives() -> None:
    service = read("rcstats.service", "Service")

    assert (service["Type"], service["NotifyAccess"], service["WatchdogSec"]) == (["notify"], ["main"], ["120"])


def test_whatever_ends_the_daemon_it_is_started_again_however_often() -> None:
    assert read("rcstats.service", "Service")["Restart"] == ["always"]
    assert read("rcstats.service", "Unit")["StartLimitIntervalSec"] == ["0"]


@pytest.mark.parametrize("unit", SERVICES)
def test_there_is_time_for_the_longest_snapshot(unit: str) -> None:
    assert int(read(unit, "Service")["TimeoutStartSec"][0]) > BUDGET + 60


@pytest.mark.parametrize("unit", SERVICES)
def test_what_goes_wrong_stands_in_the_journal(unit: str) -> None:
    assert read(unit, "Service")["StandardError"] == ["journal"]  # else it goes where the output goes


@pytest.mark.parametrize("unit", SERVICES)
def test_each_secret_is_a_credential_and_the_user_an_own_one(unit: str) -> None:
    service = read(unit, "Service")

    secrets = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field)]
    assert service["LoadCredential"] == [variable(name).lower() for name in secrets]
    assert service["User"] == service["Group"] == ["rcstats"]
    assert "mongodb://" not in (UNITS / unit).read_text("utf-8")


def test_there_are_descriptors_for_all_connections_and_for_the_rest() -> None:
    limit = int(read("rcstats.service", "Service")["LimitNOFILE"][0])
    bounds = Bounds()

    assert bounds.connections == Settings.model_fields["max_connections"].default
    assert limit > bounds.connections + bounds.reserve + KEPT_DESCRIPTORS


def test_both_services_are_hardened_alike() -> None:
    daemon, once = (read(unit, "Service") for unit in SERVICES)
    own = (
        "Type NotifyAccess ExecStart ExecReload Restart RestartSec TimeoutStartSec TimeoutStopSec WatchdogSec "
        "Environment StandardOutput LimitNOFILE"
    ).split()

    assert {k: v for k, v in daemon.items() if k not in own} == {k: v for k, v in once.items() if k not in own}


@pytest.mark.parametrize("unit", SERVICES)
def test_proc_stays_readable_for_os_and_process(unit: str) -> None:
    assert not {"ProtectProc", "ProcSubset"} & set(read(unit, "Service"))


@pytest.mark.parametrize("prefix", ["", "#"], ids=["as it is", "with its examples"])
def test_the_settings_file_that_is_installed_is_one(
    prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (UNITS / "rcstats.toml").read_text("utf-8")
    if prefix:
        text = re.sub(rf"^{prefix}(?=\w+ = )", "", text, flags=re.MULTILINE)
        assert tomllib.loads(text)
    (tmp_path / "rcstats.toml").write_text(text)
    monkeypatch.setenv("RCSTATS_CONFIG", str(tmp_path / "rcstats.toml"))

    assert load(mongo_url="mongodb://localhost/rocketchat").schedule == "0 * * * *"


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    return subprocess.run(
        ["systemd-analyze", *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize("unit", [*SERVICES, "rcstats-snapshot.timer"])
def test_systemd_finds_no_fault_in_the_unit(unit: str, tmp_path: Path) -> None:
    for file in UNITS.iterdir():
        text = file.read_text(encoding="utf-8").replace("/opt/rcstats/bin/rcstats", sys.executable)
        (tmp_path / file.name).write_text(text, encoding="utf-8")

    done = analyze("verify", str(tmp_path / unit))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", SERVICES)
def test_systemd_finds_the_service_hardly_exposed(unit: str) -> None:
    done = analyze("security", "--offline=true", "--no-pager", str(UNITS / unit))

    (exposure,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert float(exposure) <= 1.5, done.stdout


def test_what_the_install_commands_put_somewhere_the_uninstall_commands_remove(tmp_path: Path) -> None:
    host, stubs = tmp_path / "host", tmp_path / "stubs"
    for directory in ("etc/systemd/system", "opt", "var/lib"):
        (host / directory).mkdir(parents=True)
    stubs.mkdir()
    for name in ("apt", "editor", "systemctl", "systemd-sysusers", "userdel"):
        (stubs / name).touch(0o755)
    (stubs / "python3").write_text('install -D -m 755 /dev/null "$3/bin/pip"; cp "$3/bin/pip" "$3/bin/rcstats"\n')
    (stubs / "python3").chmod(0o755)

    def run(lines: list[str]) -> set[str]:
        script = re.sub(r"(?<![\w.])/(?=(etc|opt|var)/)", f"{host}/", "\n".join(lines))
        subprocess.run(["/bin/bash", "-euc", script], cwd=ROOT, env={"PATH": f"{stubs}:/usr/bin:/bin"}, check=True)
        return {str(path.relative_to(host)) for path in host.rglob("*")}

    before = run([])
    installed = run(INSTALL) - before
    state = host / "var/lib/rcstats/spool"
    state.mkdir(parents=True)

    assert {f"etc/systemd/system/{unit}" for unit in SERVICES} < installed
    assert {"opt/rcstats/bin/rcstats", "etc/rcstats/rcstats.toml", "etc/credstore/rcstats_mongo_url"} < installed
    assert run(UNINSTALL) - before == {"var/lib/rcstats", "var/lib/rcstats/spool"}


@dataclass
class Host:
    """A systemd that has booted in a container: this host's /usr and network, and files of its own."""

    root: Path
    leader: int

    def enter(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["nsenter", f"--target={self.leader}", "--all", "--root", "--wd", "bash", "-euc", command],  # noqa: S607
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
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

    def show(self, name: str) -> str:
        return self.run(f"systemctl show --value --property={name} rcstats")

    def journal(self) -> str:
        return self.enter("journalctl --no-pager --unit=rcstats --unit=rcstats-snapshot").stdout

    def wait_for(self, true: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"did not come about in {seconds} s:\n{self.journal()}"
            time.sleep(0.2)

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


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Host]:
    with booted(tmp_path) as found:
        yield found


@pytest.fixture
def urls(real_client: Client, mongod_url: str) -> Iterator[tuple[str, str]]:
    """A small workspace and an empty store on the real server."""
    mongo, store = f"systemd_{uuid4().hex}", f"store_{uuid4().hex}"
    workspace.fill(real_client[mongo], datetime.now(UTC), SMALL)
    yield mongod_url.replace("/?", f"/{mongo}?"), mongod_url.replace("/?", f"/{store}?")
    real_client.drop_database(mongo)
    real_client.drop_database(store)


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.timeout(180)
def test_installed_as_the_readme_says_it_serves_reloads_and_uninstalled_it_leaves_its_state_only(
    machine: Host, urls: tuple[str, str], real_client: Client
) -> None:
    port = free_port()
    before = machine.files()
    machine.install(urls[0], f'listen = "127.0.0.1:{port}"')
    machine.write("etc/credstore/rcstats_store_url", urls[1])

    machine.run(INSTALL[-1])
    assert answers(port)
    store = real_client[urls[1].split("/")[-1].split("?")[0]]["statistics"]
    (snapshot,) = store.find()
    assert [name for name, record in snapshot["collector"]["readings"].items() if not record["ok"]] == []
    assert {"cpus", "totalmem", "loadavg"} <= set(snapshot["os"])
    assert machine.run("stat -c '%U %a' /var/lib/rcstats") == "rcstats 700"

    pid = machine.show("MainPID")
    machine.write("etc/rcstats/rcstats.toml", f'listen = "127.0.0.1:{port}"', 'schedule = "0 12 15 6 *"')
    machine.run("systemctl reload rcstats")
    machine.wait_for(lambda: "-06-15" in machine.show("StatusText"))
    assert (machine.show("MainPID"), machine.show("NRestarts"), machine.show("ActiveState")) == (pid, "0", "active")

    machine.run("systemctl enable --now rcstats-snapshot.timer && systemctl start rcstats-snapshot")
    assert store.count_documents({}) == 2

    for line in UNINSTALL:
        machine.run(line)
    assert not answers(port)
    left = machine.files() - before
    assert {path for path in left if not path.startswith("/var/lib/rcstats/")} == {"/var/lib/rcstats"}
    assert "Failed with result" not in machine.journal()
    assert "rcstats" not in (machine.root / "etc/passwd").read_text() + (machine.root / "etc/group").read_text()


@pytest.mark.timeout(180)
def test_a_daemon_that_hangs_is_started_again(machine: Host, urls: tuple[str, str]) -> None:
    port = free_port()
    machine.install(urls[0], f'listen = "127.0.0.1:{port}"')
    machine.write("etc/credstore/rcstats_store_url", urls[1])
    machine.write("etc/systemd/system/rcstats.service.d/soon.conf", "[Service]", "WatchdogSec=10", "RestartSec=0")
    machine.run(INSTALL[-1])
    fed = machine.show("WatchdogTimestampMonotonic")
    machine.wait_for(lambda: machine.show("WatchdogTimestampMonotonic") != fed)
    assert machine.show("NRestarts") == "0"

    machine.run("systemctl kill --signal=STOP rcstats")
    machine.wait_for(lambda: machine.show("NRestarts") == "1" and machine.show("ActiveState") == "active")
    assert answers(port)
    assert "Fatal Python error: Aborted" in machine.journal()
    assert "(most recent call first)" in machine.journal()


@pytest.mark.timeout(180)
def test_without_a_url_it_says_so_and_is_tried_until_there_is_one(machine: Host, urls: tuple[str, str]) -> None:
    machine.install(urls[0], f'listen = "127.0.0.1:{free_port()}"')
    machine.write("etc/credstore/rcstats_store_url", urls[1])
    credential = machine.root / "etc/credstore/rcstats_mongo_url"
    credential.rename(credential.with_name("elsewhere"))
    machine.write(
        "etc/systemd/system/rcstats.service.d/soon.conf", "[Service]", "RestartSec=0", "[Unit]", "StartLimitBurst=1"
    )
    machine.run(INSTALL[-1], 1)
    machine.wait_for(lambda: int(machine.show("NRestarts")) > 2)
    assert "RCSTATS_MONGO_URL: missing" in machine.journal()

    credential.with_name("elsewhere").rename(credential)
    machine.wait_for(lambda: machine.show("ActiveState") == "active")
