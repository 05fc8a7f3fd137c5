"""The Quadlet units and the Containerfile as texts, and the options of `podman run` that Quadlet makes of a unit."""

import re
from collections.abc import Iterator, Mapping

from tests.systemd.pages import ROOT

UNITS = ROOT / "systemd"

Values = dict[str, list[str]]

# The keys of [Container] that Podman 4.5 knows and that are used, each with what Quadlet makes of it; {} is the value.
# "" is not an option of `podman run`.
OPTIONS: Mapping[str, str] = {
    "ContainerName": "--name={}",
    "DropCapability": "--cap-drop={}",
    "Environment": "--env={}",
    "HealthCmd": "--health-cmd={}",
    "HealthInterval": "--health-interval={}",
    "HealthOnFailure": "--health-on-failure={}",
    "HealthRetries": "--health-retries={}",
    "HealthStartPeriod": "--health-start-period={}",
    "HealthTimeout": "--health-timeout={}",
    "Image": "",
    "Network": "--network={}",
    "NoNewPrivileges": "--security-opt=no-new-privileges",
    "Notify": "--sdnotify=container",
    "PublishPort": "--publish={}",
    "ReadOnly": "--read-only",
    "Secret": "--secret={}",
    "Volume": "--volume={}",
}


def sections(unit: str, *, with_comments: bool = False) -> dict[str, Values]:
    """The values of a unit's keys, by section; with those that are commented out, if asked."""
    found: dict[str, Values] = {}
    for line in (UNITS / unit).read_text("utf-8").splitlines():
        if named := re.fullmatch(r"\[([\w-]+)\]", line):
            values = found.setdefault(named[1], {})
        elif pair := re.fullmatch(rf"{'#?' if with_comments else ''}(\w+)=(.*)", line):
            values.setdefault(pair[1], []).append(pair[2])
        else:
            assert not line or line.startswith("#"), line
    return found


def options() -> Iterator[tuple[str, str]]:
    """Each key of the container's unit with its option of `podman run`."""
    for key, values in sections("rcstats.container")["Container"].items():
        for value in values:
            if OPTIONS[key]:
                yield key, OPTIONS[key].format(value)


def containerfile() -> dict[str, list[str]]:
    """The arguments of each instruction of the Containerfile, in order."""
    text = (UNITS / "Containerfile").read_text("utf-8")
    found: dict[str, list[str]] = {}
    for line in re.sub(r"\s*\\\n\s*", " ", text).splitlines():
        if line and not line.startswith("#"):
            name, _, arguments = line.partition(" ")
            found.setdefault(name, []).append(arguments)
    return found


def image_environment() -> dict[str, str]:
    """The variables that the image sets."""
    (pairs,) = containerfile()["ENV"]
    return dict(pair.split("=", 1) for pair in pairs.split())
