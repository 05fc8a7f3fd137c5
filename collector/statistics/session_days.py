"""Owns the condensed form of a day of sessions, and puts a month together from days as MongoDB would. Pure.

A day that this cannot do exactly is odd, and then MongoDB has to read the month as a whole.
"""

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

import bson
from bson.errors import BSONError

from collector.key_paths import Document
from collector.sources.expressions import MOST_KINDS, number
from collector.statistics.session_periods import Periods
from collector.statistics.session_pipelines import RANKS

FORMAT = 1
"""Changes with the form of a day, and with the pipeline that it comes from."""

MOST_BYTES = 12 * 2**20  # of a day; MongoDB's own limit allows about 300,000 users, who have less

_USER_BYTES = 16
_LARGEST = 2**46  # a month of such sums is exact
_TABLES = ("roles", "devices", "systems")


class OddDayError(Exception):
    """The day cannot be condensed exactly."""


@dataclass(frozen=True)
class Day:
    """A day of sessions.

    `tables` are those of the pipeline, `users` are {role, packed}.
    """

    tables: Mapping[str, list[Document]]
    users: list[Document]

    @property
    def rows(self) -> int:
        """The number of rows that it was condensed from."""
        return sum(row["count"] for row in self.tables["roles"])


def condensed(found: Document, key: bytes) -> bytes:
    """The content of a day from what its pipeline found; ids of users are hashed with the key.

    Raises:
        OddDayError: it would not be exact, or is too large.
    """
    if any(row.pop("odd") for row in found["roles"]):
        raise OddDayError("a row belongs to other days too, or has no date")
    tables = {table: [_checked(row) for row in found[table]] for table in _TABLES}
    if any(len(table) >= MOST_KINDS for table in tables.values()):
        raise OddDayError("too many kinds")
    users = [_named({"role": row["_id"]}) | {"packed": _packed(row, key)} for row in found["users"]]
    content = bson.encode({"format": FORMAT, **tables, "users": users})
    if len(content) > MOST_BYTES:
        raise OddDayError("too large")
    return content


def restored(content: bytes) -> Day | None:
    """The day; None if it has another format."""
    try:
        found = bson.decode(content)
    except BSONError:
        return None
    if found.get("format") != FORMAT:
        return None
    return Day({table: found[table] for table in _TABLES}, found["users"])


def combined(days: Mapping[date, Day], periods: Periods) -> Document:
    """The groups of all periods, as the pipeline of the month has them.

    Raises:
        OddDayError: they are so many that MongoDB would have to choose.
    """
    in_order = sorted(days.items())
    last = days.get(periods.yesterday)
    found = {
        "Yesterday": last.tables["roles"] if last else [],
        "LastWeek": _by_role([day for when, day in in_order if when >= periods.week]),
        "LastMonth": _by_role([day for _, day in in_order]),
        **{table: _by_kind(in_order, table, periods) for table in ("devices", "systems")},
    }
    if any(len(rows) >= MOST_KINDS for rows in found.values()):
        raise OddDayError("too many kinds")
    return found


def _packed(row: Document, key: bytes) -> bytes:
    """The users of a role: the hashes of all, then the numbers of their sessions, then the seconds."""
    hashed, many = _hash(key), len(row["ids"])
    try:
        sums = [number(value) for name in ("sessions", "time") for value in row[name]]
        return struct.pack(_layout(many), *map(hashed, row["ids"]), *sums)
    except struct.error as error:
        raise OddDayError("a sum is not a plain number") from error


def _unpacked(packed: bytes) -> Iterator[tuple[int, int, int]]:
    """Hash, sessions and seconds of each user."""
    many = len(packed) // _USER_BYTES
    values = struct.unpack(_layout(many), packed)
    return zip(values[:many], values[many : 2 * many], values[2 * many :], strict=True)


def _layout(many: int) -> str:
    return f"<{many}Q{2 * many}I"


def _hash(key: bytes) -> Callable[[Any], int]:
    """Of users' ids: as random as these, and of no use without the key."""
    begun = blake2b(key=key, digest_size=8)

    def hashed(user: Any) -> int:
        if not _is_plain(user):
            raise OddDayError("the id of a user is not a text")
        one = begun.copy()
        one.update(user.encode())
        return int.from_bytes(one.digest(), "little")

    return hashed


class _Places:
    """Documents of names, each once, and their places."""

    def __init__(self) -> None:
        self.values: list[Document] = []
        self._by_text: dict[str, int] = {}

    def of(self, names: Document) -> int:
        text = repr(names)
        if (place := self._by_text.get(text)) is None:
            place = self._by_text[text] = len(self.values)
            self.values.append(names)
        return place


def _by_role(days: Sequence[Day]) -> list[Document]:
    """Users and their sessions on all days, by the role of each user's first day."""
    roles, first = _Places(), dict[int, int]()
    sessions, seconds = list[int](), list[int]()
    for part in (part for day in days for part in day.users):
        place = roles.of({"role": part["role"]})
        if place == len(sessions):
            sessions.append(0)
            seconds.append(0)
        for user, count, time in _unpacked(part["packed"]):
            role = first.setdefault(user, place)
            sessions[role] += count
            seconds[role] += time
    users = Counter(first.values())
    rows = [
        {"_id": names, "count": users[place], "sessions": sessions[place], "time": seconds[place]}
        for place, names in enumerate(roles.values)
        if users[place]
    ]
    return sorted(rows, key=lambda row: (-row["time"], row["_id"]["role"] is not None, row["_id"]["role"] or ""))


def _by_kind(days: Iterable[tuple[date, Day]], table: str, periods: Periods) -> list[Document]:
    """Devices or systems by name and by rank of the day."""
    places, rows = _Places(), list[Document]()
    for when, day in days:
        for row in day.tables[table]:
            names = row["_id"] | {"rank": _rank(when, periods)}
            if (place := places.of(names)) == len(rows):
                rows.append({"_id": names, "count": 0, "time": 0})
            rows[place]["count"] += row["count"]
            rows[place]["time"] += row["time"]
    return rows


def _rank(when: date, periods: Periods) -> int:
    if when == periods.yesterday:
        return RANKS["Yesterday"]
    return RANKS["LastWeek" if when >= periods.week else "LastMonth"]


def _checked(row: Document) -> Document:
    """A row of a table with plain names and numbers."""
    return {"_id": _named(row["_id"])} | dict(_sums(row))


def _sums(row: Document) -> Iterator[tuple[str, int]]:
    for name in row.keys() - {"_id"}:
        total = number(row[name])
        if not isinstance(total, int) or abs(total) >= _LARGEST:
            raise OddDayError("a sum is not a plain number")
        yield name, total


def _named(names: Document) -> Document:
    """The names, if Python tells them apart as MongoDB does."""
    if not all(value is None or _is_plain(value) for value in names.values()):
        raise OddDayError("a name is not a text")
    return names


def _is_plain(value: Any) -> bool:
    """Whether it is a text that was valid UTF-8: else different ones could look the same."""
    return isinstance(value, str) and "\N{REPLACEMENT CHARACTER}" not in value
