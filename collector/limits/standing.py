"""Owns how near the workspace is to each of its limits: share, state, and the order, the nearest first. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from collector.key_paths import Document, at
from collector.limits.growth import Growing, Reached, Series, reached_by
from collector.limits.limit import DAYS
from collector.numbers import is_figure

TITLES = {
    "connections": "Connections",
    "seats": "Seats",
    "guests": "Guest seats",
    "contacts": "Monthly active contacts",
    "privateApps": "Private apps",
    "marketplaceApps": "Marketplace apps",
    "lockOut": "Lock-out for want of reports",
    "licence": "End of the licence",
    "support": "End of support of Rocket.Chat",
    "mongodbSupport": "End of support of MongoDB",
    "serverStatistics": "Deletion of the server's own statistics",
    "uploads": "Storage of uploads",
}

LOCK_OUT_DAYS = (7, 3)  # warning and critical at most: the server itself warns from 7 days on, of 10


class State(StrEnum):
    """How near a limit is."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    REACHED = "reached"


_SEVERITY = {state: number for number, state in enumerate(State)}


@dataclass(frozen=True)
class Thresholds:
    """From which percentage of a number on, and from how many days before a date on, a limit is near."""

    warning: float = 80.0
    critical: float = 95.0
    warning_days: int = 30
    critical_days: int = 7

    def of_number(self, used: float, share: float | None, left: float) -> State:
        if left <= 0:
            return State.REACHED if used else State.OK  # none is allowed, and none is used
        return self._state(100 * (share or 0.0), self.warning, self.critical)

    def of_date(self, name: str, left: float) -> State:
        bounds = (self.warning_days, self.critical_days)
        warning, critical = map(min, bounds, LOCK_OUT_DAYS) if name == "lockOut" else bounds
        return State.REACHED if left <= 0 else self._state(-left, -warning, -critical)

    @staticmethod
    def _state(value: float, warning: float, critical: float) -> State:
        if value >= critical:
            return State.CRITICAL
        return State.WARNING if value >= warning else State.OK


DEFAULT_THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Standing:
    """A limit of the newest snapshot. `share` is used/allowed; `reached` is when it is reached if growth continues."""

    name: str
    title: str
    used: float | None
    allowed: float | None
    left: float
    unit: str
    share: float | None
    date: datetime | None
    reached: Reached | None
    state: State
    source: str
    certainty: str

    def __str__(self) -> str:
        """For example "Seats: 48 of 50 used, reached about 2027-01-03 if growth continues"."""
        if self.allowed is not None and self.used is not None:
            what = f"{figure(self.used, self.unit)} of {figure(self.allowed, self.unit)} used"
            more = f", reached {self.when} if growth continues" if self.reached and self.left > 0 else ""
        else:
            what = f"in {figure(self.left, self.unit)}" if self.left else "has come"
            more = f", on {self.when}" if self.date and self.left else ""
        return f"{self.title}: {what}{more}"

    @property
    def when(self) -> str:
        """The date, or about when it is reached with the interval; "" if neither is known."""
        if self.date:
            return f"{self.date:%Y-%m-%d}"
        if not (one := self.reached):
            return ""
        until = f" to {one.latest:%Y-%m-%d}" if one.latest else " or later"
        return f"about {one.date:%Y-%m-%d} ({one.earliest:%Y-%m-%d}{until})"

    @property
    def document(self) -> Document:
        return asdict(self) | {"state": self.state.value}

    def nearness(self, now: datetime) -> tuple[int, float, float]:
        """Its place in the order: the state, then the days until then, then the share."""
        days = self.left if self.unit == DAYS else float("inf")
        if self.reached:
            days = (self.reached.date - now) / timedelta(days=1)
        return -_SEVERITY[self.state], days, -(self.share or 0.0)


def figure(value: float, unit: str) -> str:
    """A number for people, for example 1,234 or 2.5 GiB or 1 day."""
    if unit == "bytes":
        return f"{value / 2**30:,.1f} GiB"
    return f"{value:,.10g}" + (f" day{'' if value == 1 else 's'}" if unit == DAYS else "")


def standings(
    snapshot: Document | None, series: Series, zone: ZoneInfo, thresholds: Thresholds = DEFAULT_THRESHOLDS
) -> list[Standing]:
    """The limits of a snapshot, the nearest first; `series` returns the rows of a query of the snapshots before it."""
    created, limits = (snapshot or {}).get("createdAt"), at(snapshot or {}, "collector.limits")
    if not (isinstance(created, datetime) and isinstance(limits, list)):
        return []
    known = {limit["name"]: limit for limit in limits if _is_limit(limit)}
    growing = reached_by((name for name, one in known.items() if "allowed" in one), series, created, zone)
    found = [_standing(limit, growing, thresholds) for limit in known.values()]
    return sorted(found, key=lambda one: one.nearness(created))


def _is_limit(limit: Any) -> bool:
    """Whether it is one that is known here: the store can have documents that others have made."""
    if not (isinstance(limit, dict) and isinstance(limit.get("name"), str) and limit["name"] in TITLES):
        return False
    figures = ("left", "used", "allowed") if "allowed" in limit else ("left",)
    has_texts = all(isinstance(limit.get(key), str) for key in ("unit", "source", "certainty"))
    has_date = isinstance(limit.get("date"), datetime | None)
    return has_texts and has_date and all(is_figure(limit.get(key)) for key in figures)


def _standing(limit: Document, growing: Mapping[str, Growing], thresholds: Thresholds) -> Standing:
    name, allowed, left = limit["name"], limit.get("allowed"), limit["left"]
    used = None if allowed is None else limit["used"]
    share = used / allowed if used is not None and allowed else None
    return Standing(
        name=name,
        title=TITLES[name],
        used=used,
        allowed=allowed,
        left=left,
        unit=limit["unit"],
        share=share,
        date=limit.get("date"),
        reached=growing[name].reaches(allowed) if name in growing and allowed is not None else None,
        state=thresholds.of_date(name, left) if used is None else thresholds.of_number(used, share, left),
        source=limit["source"],
        certainty=limit["certainty"],
    )
