"""What of a workspace's past its dates still tell: counts that walk along the dates, at a gentle pace."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

from collector.errors import DatabaseTimeoutError
from collector.key_paths import Document, at
from collector.mongodb.connection import time_limit
from collector.numbers import LARGEST, is_figure
from collector.series.calendar import TICK
from collector.sources.collections import MESSAGE_INDEXES, NATURAL_ORDER, Collection
from collector.statistics.subjects.rooms import CHANNEL, DIRECT, GROUP, LIVECHAT

TARGET = 0.1  # seconds that one query should take
LIMIT = 5.0  # seconds that one may take
LEAST_SPAN = timedelta(seconds=1)  # of the calendar, in one query: the first one's, too

T = TypeVar("T")


class Workspace(Protocol):
    """What a walk asks of the workspace."""

    def oldest(self, of: Collection, by: str, index: Document) -> datetime | None: ...

    def sums_between(
        self, of: Collection, by: str, index: Document, span: tuple[datetime, datetime], sums: Sequence[Any]
    ) -> list[Any]: ...


@dataclass(frozen=True)
class CountedCollection:
    """Statistics that are sums over one collection's documents up to a moment, by the date in their field `by`.

    `sums` are MongoDB's expressions by key; `note` says why they are lower bounds.
    """

    collection: Collection
    by: str
    index: Document
    sums: Mapping[str, Any]
    note: str
    is_covered: bool = False
    """Whether the index alone answers."""

    @property
    def has_index(self) -> bool:
        return self.index != NATURAL_ORDER


def _is(kind: str) -> Document:
    return {"$cond": [{"$eq": ["$t", kind]}, 1, 0]}


_IS_DISCUSSION: Document = {"$cond": [{"$eq": [{"$type": "$prid"}, "missing"]}, 0, 1]}

USERS = CountedCollection(
    Collection.USERS,
    "createdAt",
    {"createdAt": 1},
    {"totalUsers": 1},
    "a lower bound: deleted accounts are gone, and those without a date are left out",
    is_covered=True,
)
ROOMS = CountedCollection(
    Collection.ROOMS,
    "ts",
    {"ts": 1},
    {
        "totalRooms": 1,
        "totalChannels": _is(CHANNEL),
        "totalPrivateGroups": _is(GROUP),
        "totalDirect": _is(DIRECT),
        "totalLivechat": _is(LIVECHAT),
        "totlalLivechat": _is(LIVECHAT),
        "totalDiscussions": _IS_DISCUSSION,
    },
    "a lower bound: deleted rooms are gone; a channel or group that was changed into the other counts as it is today",
)
_EXACT = 2.0**53  # up to here a double, and so the server, counts each byte
# The size, of whatever type of number: NaN, texts, lists and what is missing do not lie in between.
_BYTES: Document = {
    "$cond": [{"$and": [{"$gt": ["$size", -_EXACT]}, {"$lt": ["$size", _EXACT]}]}, {"$toLong": "$size"}, 0]
}

UPLOADS = CountedCollection(
    Collection.UPLOADS,
    "uploadedAt",
    {"uploadedAt": -1},
    {"uploadsTotal": 1, "uploadsTotalSize": _BYTES},
    "a lower bound: deleted files are gone, and unfinished ones have no date",
)
TEAMS = CountedCollection(
    Collection.TEAMS, "createdAt", NATURAL_ORDER, {"teams.totalTeams": 1}, "a lower bound: deleted teams are gone"
)
MESSAGES = CountedCollection(
    Collection.MESSAGES,
    "ts",
    MESSAGE_INDEXES["ts"],
    {"totalMessages": 1, "collector.messages.documents": 1},
    "a lower bound: deleted messages are gone; documents are counted, hidden and system ones too, no counters",
    is_covered=True,
)
PARTS = (USERS, ROOMS, UPLOADS, TEAMS, MESSAGES)  # the messages last: where they are, all others are too


@dataclass
class Pace:
    """One question at a time, and after each a rest as long as it took. `took` is the last one's seconds."""

    clock: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], None] = time.sleep
    took: float = 0.0

    def ask(self, question: Callable[[], T], limit: float = LIMIT) -> T:
        """Raises: DatabaseError: no answer within the limit, in seconds, or another one."""
        begun = self.clock()
        try:
            with time_limit(limit):
                return question()
        finally:
            self.took = self.clock() - begun
            self.sleep(self.took)


@dataclass
class IndexWalk:
    """One part's sums, carried on from moment to moment; each document is counted once."""

    part: CountedCollection
    workspace: Workspace
    pace: Pace
    first: datetime | None = None
    """The earliest date; None if there is none, and nothing to be counted."""
    values: dict[str, Any] = field(default_factory=dict)
    reached: datetime | None = None
    """What is earlier than this is counted."""
    span: timedelta = LEAST_SPAN

    def begin(self) -> None:
        """Finds where the part's history begins.

        Raises:
            DatabaseError: the part can't be read along its index.
        """
        part = self.part
        self.first = self.reached = self.pace.ask(lambda: self.workspace.oldest(part.collection, part.by, part.index))
        self.values = dict.fromkeys(part.sums, 0)

    def resume(self, snapshot: Document) -> None:
        """Goes on from an earlier reconstructed snapshot, if it is further on and has all of the part's sums.

        It does not go on from NaN, which an older release may have stored.
        """
        found = {key: at(snapshot, key) for key in self.part.sums}
        after = snapshot["createdAt"] + TICK
        if self.reached and self.reached < after and all(is_figure(value) for value in found.values()):
            self.values, self.reached = found, after

    def advance(self, until: datetime, step: Callable[[], None]) -> None:
        """Counts all that is earlier than `until`; `step` is called after each query.

        Raises:
            DatabaseError: the workspace can't be read, or not even a second of it in time.
        """
        while self.reached and self.reached < until:
            span = (self.reached, min(self.reached + self.span, until))
            try:
                found = self.pace.ask(partial(self._sums, span))
            except DatabaseTimeoutError:
                if span[1] - span[0] <= LEAST_SPAN:
                    raise
                self._adapt(span[1] - span[0])
                continue
            self.values = {key: _sum(self.values[key], more) for key, more in zip(self.values, found, strict=True)}
            self.reached = span[1]
            self._adapt(span[1] - span[0])
            step()

    @property
    def counted(self) -> int:
        """How many documents are counted: each part's first sum says so."""
        return int(next(iter(self.values.values())))

    def _sums(self, span: tuple[datetime, datetime]) -> list[Any]:
        """The part's sums over a span, its end left out."""
        part = self.part
        return self.workspace.sums_between(part.collection, part.by, part.index, span, list(part.sums.values()))

    def _adapt(self, asked: timedelta) -> None:
        """The next span: half of one that took more than TARGET, twice one that took less than half of it."""
        if self.pace.took > TARGET:
            self.span = max(asked / 2, LEAST_SPAN)
        elif self.pace.took < TARGET / 2 and asked == self.span:  # a point has not cut it short
            self.span *= 2


def _sum(one: float, other: float) -> float:
    """A whole number, or, where BSON has none as large, a double."""
    added = one + other
    return added if abs(added) < LARGEST else float(added)
