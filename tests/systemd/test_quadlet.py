"""The Quadlet units and the Containerfile, as texts and by the judgement of Podman and systemd."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from collector.settings import Settings, load, variable
from collector.statistics.snapshot import BUDGET
from tests.systemd.pages import ROOT
from tests.systemd.quadlet import OPTIONS, UNITS, containerfile, image_environment, sections
from tests.systemd.test_units import analyze

FILES = ("rcstats.container", "rcstats.volume", "rcstats.build")
# Of podman-systemd.unit(5); those of [Container] have to be known to Podman 4.5, and .build came with 5.2.
KEYS = {
    "Container": set(OPTIONS),
    "Volume": {"Label"},
    "Build": {"File", "ImageTag", "PodmanArgs", "SetWorkingDirectory"},
}
PASSED_ON = {"Unit", "Service", "Install"}
GENERATORS = [
    Path(folder, "podman-system-generator")
    for folder in ("/usr/lib/systemd/system-generators", "/lib/systemd/system-generators")
]

CONTAINER = sections("rcstats.container")["Container"]
ALL = sections("rcstats.container", with_comments=True)["Container"]


@pytest.mark.parametrize("unit", FILES)
def test_each_section_and_key_is_one_that_quadlet_knows(unit: str) -> None:
    found = sections(unit, with_comments=True)
    own = unit.rpartition(".")[2].capitalize()

    assert own in found
    assert set(found) <= PASSED_ON | {own}
    assert set(found[own]) <= KEYS[own]


@pytest.mark.parametrize("unit", FILES)
def test_systemd_finds_no_fault_in_what_is_passed_on(unit: str, tmp_path: Path) -> None:
    text = re.sub(r"^\[(Container|Volume|Build)\]", r"[X-\1]", (UNITS / unit).read_text("utf-8"), flags=re.MULTILINE)
    text = text.replace("/usr/bin/podman", sys.executable)
    service = tmp_path / f"{Path(unit).stem}.service"
    service.write_text(f"{text}\n[Service]\nType=notify\nExecStart={sys.executable}\n", encoding="utf-8")

    done = analyze("verify", str(service))
    assert (done.returncode, done.stderr) == (0, "")


def test_podmans_generator_makes_services_of_the_units() -> None:
    if not (found := [path for path in GENERATORS if path.exists()]):
        pytest.skip("there is no generator of Podman")
    done = subprocess.run(
        [found[0], "--dryrun"],
        env=os.environ | {"QUADLET_UNIT_DIRS": str(UNITS)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 0, done.stderr
    assert {"rcstats.service", "rcstats-volume.service"} <= set(re.findall(r"^---(\S+)---$", done.stdout, re.MULTILINE))


def test_what_the_units_refer_to_is_there() -> None:
    build = sections("rcstats.build")["Build"]
    volumes = [volume.split(":")[0] for volume in CONTAINER["Volume"]]

    assert {*volumes, ALL["Image"][1]} == {"rcstats.volume", "rcstats.build"} <= {path.name for path in UNITS.iterdir()}
    assert build["ImageTag"] == CONTAINER["Image"]
    assert Path(build["File"][0]).relative_to(build["SetWorkingDirectory"][0]) == Path("systemd/Containerfile")


def test_each_secret_is_a_setting_and_only_the_required_one_must_exist() -> None:
    secrets = {
        variable(name).lower(): field for name, field in Settings.model_fields.items() if "SecretStr" in str(field)
    }

    assert ALL["Secret"] == list(secrets)
    assert CONTAINER["Secret"] == [name for name, field in secrets.items() if field.is_required()]


def test_the_variables_of_image_and_unit_are_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in [*image_environment().items(), *(pair.split("=", 1) for pair in ALL["Environment"])]:
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert load(mongo_url="mongodb://mongodb/rocketchat").timezone == "Europe/Berlin"


def test_image_and_unit_agree_on_port_state_and_user() -> None:
    image, settings = containerfile(), image_environment()
    port, state = settings["RCSTATS_LISTEN"].split(":")[1], settings["RCSTATS_STATE_DIRECTORY"]

    assert image["EXPOSE"] == [port]
    assert CONTAINER["PublishPort"] == [f"127.0.0.1:{port}:{port}"]
    assert image["VOLUME"] == [state]
    assert CONTAINER["Volume"] == [f"rcstats.volume:{state}"]
    (user,) = image["USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert f"--from=build --chown={user} /empty {state}" in image["COPY"]
    assert settings["CREDENTIALS_DIRECTORY"] == "/run/secrets"


def test_image_and_unit_have_one_health_check() -> None:
    (check,) = containerfile()["HEALTHCHECK"]
    words, _, command = check.partition(" CMD ")
    named = dict(word.removeprefix("--").split("=") for word in words.split())

    assert json.loads(command) == json.loads(CONTAINER["HealthCmd"][0])
    unit = {key: values[0] for key, values in CONTAINER.items()}
    assert named == {
        "interval": unit["HealthInterval"],
        "timeout": unit["HealthTimeout"],
        "start-period": unit["HealthStartPeriod"],
        "retries": unit["HealthRetries"],
    }


def test_there_is_time_for_the_longest_snapshot() -> None:
    assert int(sections("rcstats.container")["Service"]["TimeoutStartSec"][0]) > BUDGET + 60


def test_the_image_is_built_from_what_the_package_consists_of() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    needed = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"], *wheel}

    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in lines
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == needed


def test_the_page_installs_files_that_are_there() -> None:
    page = (UNITS / "CONTAINERS.md").read_text("utf-8")

    assert all((ROOT / path).is_file() for path in re.findall(r"(?<![\w/])systemd/[\w.]+", page))
