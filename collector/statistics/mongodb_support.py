"""Owns the table of the MongoDB releases that each release of Rocket.Chat supports. Pure.

From Rocket.Chat's release notes, and from the test that its server makes when it starts: a list often names only the
releases that a version was built with, but the server of any 8.x still accepts 7.0, and the official compose file of
8.x has 8.2.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from collector.statistics.releases import Release

_MONGODB = re.compile(r"(\d{1,4})\.(\d{1,4})")


class Support(Enum):
    """Whether a release of Rocket.Chat supports a release of MongoDB."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class _Supported:
    releases: tuple[str, ...]
    deprecated: tuple[str, ...] = ()


_BY_MAJOR: Mapping[int, _Supported] = {
    6: _Supported(("4.4", "5.0", "6.0")),
    7: _Supported(("5.0", "6.0", "7.0"), deprecated=("5.0",)),
    8: _Supported(("7.0", "8.0", "8.2"), deprecated=("7.0",)),
    9: _Supported(("8.0", "8.2")),
}
"""By Rocket.Chat's major release."""


def support(rocketchat: Release | None, mongodb: str) -> tuple[Support, str]:
    """Whether this release of Rocket.Chat supports this release of MongoDB, and a clause that says so."""
    found = _MONGODB.match(mongodb)
    if rocketchat is None or not found:
        return Support.UNKNOWN, "it is not known whether this Rocket.Chat supports it"
    supported = _BY_MAJOR.get(rocketchat.major)
    if supported is None:
        return Support.UNKNOWN, f"it is not known whether Rocket.Chat {rocketchat} supports it"
    if found[0] in supported.deprecated:
        return Support.YES, f"which Rocket.Chat {rocketchat} supports, but has deprecated"
    if found[0] in supported.releases:
        return Support.YES, f"which Rocket.Chat {rocketchat} supports"
    return Support.NO, f"which Rocket.Chat {rocketchat} does not support: it supports {', '.join(supported.releases)}"
