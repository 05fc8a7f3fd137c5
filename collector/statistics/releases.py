"""Owns the releases of Rocket.Chat, and the spans of releases that have a statistic. Pure."""

import re
from dataclasses import dataclass
from typing import NamedTuple, Self

_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d.])")


class Release(NamedTuple):
    """A version of Rocket.Chat; a release candidate has the definitions of its release."""

    major: int
    minor: int = 0
    patch: int = 0

    @classmethod
    def parse(cls, version: object) -> Self | None:
        """The release of a version such as `8.7.0-rc.3` or `8.6`; None if it is not a version."""
        match = _VERSION.match(version) if isinstance(version, str) else None
        return cls(*(int(part or 0) for part in match.groups())) if match else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}" + (f".{self.patch}" if self.patch else "")


FIRST = Release(0)

NEWEST = Release(9, 1)
"""The newest release whose definitions are known here; the definitions of a workspace of unknown release."""

NULLS = Release(7, 4)
"""From here on the server stores null where it has no value; before, it left the key out."""


@dataclass(frozen=True)
class Span:
    """The releases from `since` up to, and without, `before`."""

    since: Release = FIRST
    before: Release | None = None

    def __contains__(self, release: Release) -> bool:
        return self.since <= release and (self.before is None or release < self.before)

    def overlaps(self, other: "Span") -> bool:
        """Whether a release is in both."""
        ends = [span.before for span in (self, other) if span.before]
        return not ends or max(self.since, other.since) < min(ends)

    def __str__(self) -> str:
        """For example "7.2 and newer" or "before 8.0"; empty for all releases."""
        if not self.before:
            return f"{self.since} and newer" if self.since > FIRST else ""
        return f"{self.since} to before {self.before}" if self.since > FIRST else f"before {self.before}"


ALL = Span()


def release_of(version: object) -> Release:
    """The release of a version, or the newest whose definitions are known if it is not a version."""
    return Release.parse(version) or NEWEST


def since(version: str, before: str = "") -> Span:
    """The span of releases from a version on, and before another one."""
    return Span(_release(version), _release(before) if before else None)


def before(version: str) -> Span:
    """The span of releases before a version."""
    return Span(before=_release(version))


def _release(version: str) -> Release:
    if (found := Release.parse(version)) is None:
        raise ValueError(f"{version} is not a version")
    return found
