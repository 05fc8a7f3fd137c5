"""Owns the limits and the period of the workspace's licence. Pure.

A licence names persons and contracts; only its limits and periods are read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collector.key_paths import Document, at
from collector.numbers import whole
from collector.sources import json_web_token
from collector.sources.json_web_token import rows
from collector.sources.licence import PREFIX, SETTINGS, VALID

ENDS_IT = "invalidate_license"
WARNS = "start_fair_policy"
BEHAVIORS = (WARNS, "prevent_action", "disable_modules", ENDS_IT)


@dataclass(frozen=True)
class LicenceTerms:
    """The limits by name and the end of the licence, as far as it has them.

    `is_valid` is None where the server has not stored it; a licence that is encrypted is not `is_readable`.
    """

    is_valid: bool | None = None
    is_readable: bool = True
    limits: Mapping[str, int] = field(default_factory=dict)
    ends: datetime | None = None

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> "LicenceTerms":
        """By the values of `licence.SETTINGS`."""
        status, licence = map(settings.get, SETTINGS)
        if status != VALID:
            return cls(is_valid=False if status in ("", "Invalid") else None)
        text = licence.removeprefix(PREFIX) if isinstance(licence, str) and licence.startswith(PREFIX) else ""
        found = json_web_token.payload(text)
        return cls(is_valid=True, is_readable=bool(found), limits=dict(_limits(found)), ends=_end(found))


def _limits(payload: Document) -> Iterator[tuple[str, int]]:
    """The lowest maximum of each limit; one that only warns counts if there is no other."""
    limits = payload.get("limits")
    for name, given in limits.items() if isinstance(limits, dict) else ():
        known = [row for row in rows(given) if row.get("behavior") in BEHAVIORS and _is_maximum(row.get("max"))]
        strict = [row for row in known if row["behavior"] != WARNS]
        if known:
            yield name, min(int(row["max"]) for row in strict or known)


def _is_maximum(value: Any) -> bool:
    """Whether it limits; a negative number does not."""
    return whole(value, -1, least=0) >= 0


def _end(payload: Document) -> datetime | None:
    """The earliest end of a period that invalidates the licence."""
    periods = rows(at(payload, "validation.validPeriods"))
    ends = (json_web_token.date(row.get("validUntil")) for row in periods if row.get("invalidBehavior") == ENDS_IT)
    return min((end for end in ends if end), default=None)
