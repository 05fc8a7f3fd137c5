"""The units, as far as they can be judged without a running systemd."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNITS = Path(__file__).parent.parent / "systemd"
SERVICES = ["rcstats.service", "rcstats-snapshot.service"]


def read(unit: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)  # systemd allows a key twice
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNITS / unit)
    return parser


def test_the_daemon_says_itself_when_it_is_ready() -> None:
    assert read("rcstats.service")["Service"]["Type"] == "notify"


@pytest.mark.parametrize("unit", SERVICES)
def test_the_url_is_a_credential_and_the_user_an_own_one(unit: str) -> None:
    service = read(unit)["Service"]

    assert service["LoadCredential"].startswith("rcstats_mongo_url:")
    assert service["User"] == service["Group"] == "rcstats"
    assert not any("mongodb://" in value for value in service.values())


def test_both_services_are_hardened_alike() -> None:
    daemon, once = (dict(read(unit)["Service"]) for unit in SERVICES)
    own = {"Type", "ExecStart", "Restart", "RestartSec", "TimeoutStartSec", "TimeoutStopSec", "StandardOutput"}

    assert {k: v for k, v in daemon.items() if k not in own} == {k: v for k, v in once.items() if k not in own}


@pytest.mark.parametrize("unit", SERVICES)
def test_proc_stays_readable_for_os_and_process(unit: str) -> None:
    assert not {"ProtectProc", "ProcSubset"} & set(read(unit)["Service"])


@pytest.mark.parametrize("unit", [*SERVICES, "rcstats-snapshot.timer"])
def test_systemd_finds_no_fault_in_the_unit(unit: str, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    for file in UNITS.iterdir():
        text = file.read_text(encoding="utf-8").replace("/opt/rcstats/bin/rcstats", sys.executable)
        (tmp_path / file.name).write_text(text, encoding="utf-8")

    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / unit)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
