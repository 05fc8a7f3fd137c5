"""The units, as texts and by systemd's own judgement."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from api.network.bounds import KEPT_DESCRIPTORS, Bounds
from collector.settings import Settings, load, variable
from collector.statistics.snapshot import BUDGET
from tests.systemd.pages import ROOT

UNITS = ROOT / "systemd"
SERVICES = ["rcstats.service", "rcstats-snapshot.service"]

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


def test_the_daemon_is_watched() -> None:
    assert int(read("rcstats.service", "Service")["WatchdogSec"][0]) > 0


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
