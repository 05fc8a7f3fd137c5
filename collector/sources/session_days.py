"""Owns the interface of the cache of session days: the rows of a day, condensed once for all later snapshots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True)
class KeptDay:
    """A day's rows in short, as they are unless one of them has a `_computedAt` of `seen` or later."""

    seen: datetime
    content: bytes


class SessionDayCache(Protocol):
    """The kept days of one workspace. No method raises a DatabaseError: what is not kept is read again."""

    def open(self, days: Sequence[date]) -> tuple[bytes, dict[date, KeptDay]] | None:
        """The key for hashes of user ids, and those of the days that are kept; None if none can be kept."""

    def keep(self, day: date, kept: KeptDay) -> None:
        """Keeps a day."""

    def confirm(self, days: Sequence[date], seen: datetime) -> None:
        """Notes that the kept days are unchanged until `seen`, and removes days far from those that were opened."""

    def discard(self) -> None:
        """Removes all days."""


class NotKept:
    """Keeps nothing."""

    def open(self, _days: Sequence[date]) -> tuple[bytes, dict[date, KeptDay]] | None:
        return None

    def keep(self, _day: date, _kept: KeptDay) -> None:
        """Nothing."""

    def confirm(self, _days: Sequence[date], _seen: datetime) -> None:
        """Nothing."""

    def discard(self) -> None:
        """Nothing."""
