"""Owns the condensed form of a day of sessions, and puts a month together from days as MongoDB would. Pure.

A day that this cannot do exactly is odd, and then MongoDB has to read the month as a whole.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import repeat

import bson
from bson.errors import BSONError

from collector.key_paths import Document
from collector.sources.expressions import MOST_KINDS
from collector.statistics.session_periods import Periods
from collector.statistics.session_pipelines import RANKS

FORMAT = 2
"""Changes with the form of a day, and with the pipeline that it comes from."""

MOST_BYTES = 12 * 2**20  # of a day; MongoDB's own limit for a document is 16 MB

_USER_BYTES = 16


class OddDayError(Exception):
    """The day cannot be condensed exactly."""


@dataclass(frozen=True)
class Day:
    """A day of sessions.

    `users` are {role, packed}; `devices` and `systems` are tables {_id: names, count, time}.
    """

    users: list[Document]
    devices: list[Document]
    systems: list[Document]

    @property
    def rows(self) -> int:
        """The number of rows that it was condensed from."""
        return sum(len(part["packed"]) for part in self.users) // _USER_BYTES


class Table:
    """Rows with sums, one for each document of names."""

    def __init__(self) -> None:
        self._rows: dict[str, Document] = {}

    def add(self, names: Document, **sums: int) -> None:
        row = self._rows.setdefault(repr(names), {"_id": names} | dict.fromkeys(sums, 0))
        for name, value in sums.items():
            row[name] += value

    @property
    def rows(self) -> list[Document]:
        return list(self._rows.values())


def stored(day: Day) -> bytes:
    """The content of a day.

    Raises:
        OddDayError: it is too large.
    """
    content = bson.encode({"format": FORMAT} | vars(day))
    if len(content) > MOST_BYTES:
        raise OddDayError("too large")
    return content


def restored(content: bytes) -> Day | None:
    """The day; None if it has another format."""
    try:
        found = bson.decode(content)
    except BSONError:
        return None
    return Day(**found) if found.pop("format", None) == FORMAT else None


def packed(users: Sequence[int], sessions: Sequence[int], seconds: Sequence[int]) -> bytes:
    """The users of a role: the hashes of all, then the numbers of their sessions, then the seconds.

    Raises:
        OddDayError: there are not as many of each, or one is out of range.
    """
    try:
        return struct.pack(_layout(len(users)), *users, *sessions, *seconds)
    except struct.error as error:
        raise OddDayError("a sum is not a plain number") from error


def _unpacked(content: bytes) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    many = len(content) // _USER_BYTES
    values = struct.unpack(_layout(many), content)
    return values[:many], values[many : 2 * many], values[2 * many :]


def _layout(many: int) -> str:
    return f"<{many}Q{2 * many}I"


def combined(days: Mapping[date, Day], periods: Periods) -> Document:
    """The groups of all periods, as the pipeline of the month has them.

    Raises:
        OddDayError: they are so many that MongoDB would have to choose.
    """
    in_order = sorted(days.items())
    found = {
        "Yesterday": _by_role(day for when, day in in_order if when == periods.yesterday),
        "LastWeek": _by_role(day for when, day in in_order if when >= periods.week),
        "LastMonth": _by_role(day for _, day in in_order),
        "devices": _by_kind(((when, day.devices) for when, day in in_order), periods),
        "systems": _by_kind(((when, day.systems) for when, day in in_order), periods),
    }
    if any(len(rows) >= MOST_KINDS for rows in found.values()):
        raise OddDayError("too many kinds")
    return found


def _by_role(days: Iterable[Day]) -> list[Document]:
    """Users and their sessions on all days, by the role of each user's first day; the most active role first."""
    table, first = Table(), dict[int, str | None]()
    for part in (part for day in days for part in day.users):
        role = part["role"]
        users, sessions, seconds = _unpacked(part["packed"])
        table.add({"role": role}, count=0, sessions=sum(sessions), time=sum(seconds))
        owners = enumerate(map(first.setdefault, users, repeat(role)))
        for place, own in [(place, own) for place, own in owners if own != role]:  # few have other roles than before
            table.add({"role": role}, sessions=-sessions[place], time=-seconds[place])
            table.add({"role": own}, sessions=sessions[place], time=seconds[place])
    for role, many in Counter(first.values()).items():
        table.add({"role": role}, count=many)
    return sorted((row for row in table.rows if row["count"]), key=_most_active)


def _most_active(row: Document) -> tuple[int, bool, str]:
    """MongoDB's order of roles: the highest sum first, then by name, of which null is the lowest."""
    role = row["_id"]["role"]
    return -row["time"], role is not None, role or ""


def _by_kind(tables: Iterable[tuple[date, list[Document]]], periods: Periods) -> list[Document]:
    """Devices or systems by name and by rank of the day."""
    found = Table()
    for when, table in tables:
        rank = {"rank": _rank(when, periods)}
        for row in table:
            found.add(row["_id"] | rank, count=row["count"], time=row["time"])
    return found.rows


def _rank(when: date, periods: Periods) -> int:
    if when == periods.yesterday:
        return RANKS["Yesterday"]
    return RANKS["LastWeek" if when >= periods.week else "LastMonth"]
