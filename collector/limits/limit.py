"""Owns a limit of the workspace as a snapshot has it, and the figures that count what is used of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Self

from collector.key_paths import Document

CERTAIN, LIKELY = "certain", "likely"
DAYS = "days"
_DAY = timedelta(days=1)

FIGURES: Mapping[str, tuple[str, ...]] = {
    "connections": ("collector.connections.now",),
    "seats": ("activeUsers",),
    "guests": ("activeGuests",),
    "contacts": ("collector.activeContacts",),
    "privateApps": ("apps.totalPrivateAppsEnabled",),
    "marketplaceApps": ("apps.totalActive", "apps.totalPrivateAppsEnabled"),
    "uploads": ("uploadsTotalSize",),
}
"""By the name of a limit: the statistic that counts what is used; of two, the first without the second."""


@dataclass(frozen=True)
class Limit:
    """A number that is `allowed`, or a `date`; `left` is what is left of a number, or the days until the date.

    `certainty` is LIKELY where the vendor's documentation or an incomplete number is all there is. A `date` can be
    unknown even if it has passed.
    """

    name: str
    unit: str
    source: str
    allowed: int | None = None
    date: datetime | None = None
    left: int | None = None
    certainty: str = CERTAIN

    @classmethod
    def until(cls, name: str, date: datetime, now: datetime, source: str, certainty: str = CERTAIN) -> Self:
        """One that is a date; a day that has begun counts."""
        return cls(name, DAYS, source, date=date, left=max(ceil((date - now) / _DAY), 0), certainty=certainty)

    @property
    def document(self) -> Document:
        """Without what is not known. What is used of a number is known when the snapshot is complete."""
        known = {"name": self.name, "allowed": self.allowed, "date": self.date, "left": self.left}
        known |= {"unit": self.unit, "source": self.source, "certainty": self.certainty}
        return {key: value for key, value in known.items() if value is not None}
