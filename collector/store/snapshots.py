"""The collection of snapshots: the only module that knows its name, its indexes and its queries."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, TypeVar

from bson import decode
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING, DESCENDING, ReadPreference, WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from collector.errors import TooLargeError, UnknownTimeZoneError
from collector.key_paths import Document
from collector.mongodb.connection import Client, ask, asks, plainly
from collector.series.pipeline import SeriesQuery, pipeline
from collector.series.time_zones import most_alike
from collector.store.indexes import Indexes, Wanted
from collector.store.parameters import NEWEST_FIRST, ListQuery
from collector.store.runs import Run, runs, stages_of_runs

log = logging.getLogger(__name__)

COLLECTION = "statistics"

_asks = asks("the store's")

T = TypeVar("T", bound=Mapping[str, Any])

WORKSPACE = "collector.workspace"
SLOT = "collector.slot"

# By how much the clocks of the hosts that take snapshots may differ. What is dated later was dated by a wrong clock.
CLOCKS_DIFFER = timedelta(minutes=5)

# What is asked for over time most often: an index has it, so that years of it are read without the snapshots.
TRENDS = (
    *("totalUsers", "activeUsers", "nonActiveUsers", "onlineUsers", "awayUsers", "totalConnectedUsers"),
    *("totalRooms", "totalChannels", "totalPrivateGroups", "totalDirect", "totalLivechat", "totalDiscussions"),
    *("totalThreads", "totalMessages", "totalChannelMessages", "totalPrivateGroupMessages", "totalDirectMessages"),
    *("totalDiscussionsMessages", "totalLivechatMessages", "uploadsTotal", "uploadsTotalSize"),
    *("os.freemem", "os.totalmem", "collector.seconds"),
)

# Of the rows of one series: half a million numbers have half of it.
MOST_BYTES = 16 * 2**20
_BATCH = 200  # rows
_TOO_LARGE = (
    f"the values have more than {MOST_BYTES // 2**20} MiB: ask for fewer fields, a shorter time or wider buckets"
)

_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)

# Snapshots on demand have no slot, and any number of them may be kept.
INDEXES: Wanted = {
    "trends": ({WORKSPACE: ASCENDING, "createdAt": DESCENDING} | dict.fromkeys(TRENDS, ASCENDING), {}),
    "one_per_slot": (
        {WORKSPACE: ASCENDING, SLOT: ASCENDING},
        {"unique": True, "partialFilterExpression": {SLOT: {"$exists": True}}},
    ),
}


class Store:
    """Snapshots of one or several workspaces, each kept and given out by its own."""

    def __init__(self, database: Database[Document], clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._snapshots = database[COLLECTION].with_options(
            write_concern=WriteConcern(w="majority"), read_preference=ReadPreference.PRIMARY_PREFERRED
        )
        self.indexes = Indexes(self._snapshots, INDEXES)
        self._clock = clock
        self.client: Client = database.client

    @property
    def _raw(self) -> Collection[RawBSONDocument]:
        return self._snapshots.with_options(codec_options=_RAW)

    def prepare(self) -> None:
        """Makes the indexes that are not there yet.

        Raises:
            IndexProblemError: something stands in the way of one; the others are made.
        """
        self.indexes.make()

    @_asks
    def add(self, snapshot: Document) -> bool:
        """Keeps a snapshot, also if it is added again; False if its workspace and slot have another one already.

        It looks for that one first, as the unique index can be missing where somebody made another in its place.
        """
        own = snapshot["collector"]
        if "slot" in own and (there := self._of_slot(own["workspace"], own["slot"])):
            return bool(there["_id"] == snapshot["_id"])
        try:
            self._snapshots.insert_one(snapshot)
        except DuplicateKeyError:
            return self._snapshots.find_one({"_id": snapshot["_id"]}, {"_id": 1}) is not None
        return True

    @_asks
    def has_slot(self, workspace: str, slot: datetime) -> bool:
        return self._of_slot(workspace, slot) is not None

    def _of_slot(self, workspace: str, slot: datetime) -> Document | None:
        return self._snapshots.find_one({WORKSPACE: workspace, SLOT: slot}, {"_id": 1})

    @_asks
    def known(self, ids: Sequence[Any]) -> set[Any]:
        """Which of these ids are taken."""
        return {row["_id"] for row in self._snapshots.find({"_id": {"$in": list(map(str, ids))}}, {"_id": 1})}

    @_asks
    def owners(self, ids: Sequence[str]) -> dict[str, Any]:
        """Those of the ids that are taken, each with its snapshot's workspace; None where a document names none."""
        rows = list(self._snapshots.find({"_id": {"$in": list(ids)}}, {WORKSPACE: 1}))
        own = {row["_id"]: row.get("collector") for row in rows}
        return {name: found.get("workspace") if isinstance(found, dict) else None for name, found in own.items()}

    @_asks
    def newest(self, workspace: str) -> Document | None:
        """The newest snapshot that is not of the future, and that is one: a stranger's document is passed over."""
        return self._snapshots.find_one(self._not_of_the_future(workspace), sort=list(NEWEST_FIRST.items()))

    @_asks
    def newest_as_stored(self, workspace: str) -> RawBSONDocument | None:
        """The same, without being decoded."""
        return self._raw.find_one(self._not_of_the_future(workspace), sort=list(NEWEST_FIRST.items()))

    def _not_of_the_future(self, workspace: str) -> Document:
        return {WORKSPACE: workspace, "createdAt": {"$lte": self._latest}, "collector": {"$not": {"$type": "array"}}}

    @_asks
    def of_the_future(self, workspace: str) -> tuple[int, datetime | None]:
        """How many snapshots a clock that was ahead has dated, and the latest of their dates."""
        where = {WORKSPACE: workspace, "createdAt": {"$gt": self._latest}}
        last = self._snapshots.find_one(where, {"createdAt": 1}, sort=list(NEWEST_FIRST.items()))
        return (self._snapshots.count_documents(where), last["createdAt"]) if last else (0, None)

    @property
    def _latest(self) -> datetime:
        """No snapshot can have been taken later."""
        return self._clock() + CLOCKS_DIFFER

    def page(self, workspace: str, query: ListQuery) -> Iterator[RawBSONDocument]:
        """One page of the workspace's own snapshots, as stored; no filter reaches another workspace's."""
        return _find(self._raw, workspace, query)

    @_asks
    def ids(self, workspace: str, query: ListQuery) -> list[Any]:
        """The ids of such a page."""
        return [row["_id"] for row in _find(self._snapshots, workspace, replace(query, fields={"_id": 1}))]

    @_asks
    def of_ids(self, workspace: str, ids: Sequence[str], fields: Mapping[str, int]) -> list[RawBSONDocument]:
        """Those of the workspace's snapshots that have these ids, in any order, as stored."""
        where = {"_id": {"$in": list(ids)}, WORKSPACE: workspace}
        return list(self._raw.find(where, dict(fields) or None))

    def snapshots(self, workspace: str, query: ListQuery) -> Iterator[Document]:
        """The same as Python has them."""
        return _find(self._snapshots, workspace, query)

    @_asks
    def count(self, workspace: str, where: Mapping[str, Any]) -> int:
        """How many of the workspace's snapshots match."""
        return self._snapshots.count_documents(_of(workspace, where))

    def series(self, workspace: str, query: SeriesQuery) -> Iterator[Document]:
        """Rows of {_id: a bucket's beginning, v0, v1, … by field}; buckets without snapshots have none.

        All are read at once, and decoded one by one.

        Raises:
            TooLargeError: they have more than MOST_BYTES.
            UnknownTimeZoneError: MongoDB does not have the query's time zone.
        """
        options = self._snapshots.codec_options.with_options(unicode_decode_error_handler="replace")
        return (decode(row.raw, options) for row in self._rows(workspace, query))

    def calendar(self, zone: str, now: datetime) -> str:
        """The time zone that series are made in: this one, or the one most alike that MongoDB's data have.

        Older releases of MongoDB do not have zones that are newer than they are.
        """
        if zone == "UTC" or self.has_time_zone(zone):  # each release of MongoDB has UTC
            return zone
        found = next(filter(self.has_time_zone, most_alike(zone, now)), "UTC")
        log.warning("series time zone replaced zone=%s by=%s reason=unknown-to-mongodb", zone, found)
        return found

    def has_time_zone(self, zone: str) -> bool:
        """Whether MongoDB's time zone data have it."""
        hour = {"$hour": {"date": datetime(2000, 1, 1, tzinfo=UTC), "timezone": zone}}
        stages: list[Document] = [{"$limit": 1}, {"$project": {"hour": hour}}]
        try:
            ask("the store's", self.client, lambda: self._snapshots.aggregate(stages).close())
        except UnknownTimeZoneError:
            return False
        return True

    @_asks
    def _rows(self, workspace: str, query: SeriesQuery) -> list[RawBSONDocument]:
        """The rows of a series, not decoded yet."""
        rows, size = [], 0
        with self._raw.aggregate(pipeline({WORKSPACE: workspace}, query), batchSize=_BATCH) as cursor:
            for row in cursor:
                rows.append(row)
                size += len(row.raw)
                if size > MOST_BYTES:
                    raise TooLargeError(_TOO_LARGE)
        return rows

    def runs(
        self, workspace: str, start: datetime, end: datetime, fields: Mapping[str, int], most: int
    ) -> Iterator[Run]:
        """The last snapshot before `start`, and all from there until before `end`, as runs of equal `fields`.

        Raises:
            TooLargeError: they are more than `most` snapshots.
        """
        options = self._snapshots.codec_options
        raw: Collection[RawBSONDocument] = self._snapshots.with_options(
            codec_options=options.with_options(document_class=RawBSONDocument)
        )
        found = (raw.aggregate(stages) for stages in stages_of_runs({WORKSPACE: workspace}, start, end, fields))
        with plainly("the store's", self.client):
            yield from runs(chain.from_iterable(found), options, most)

    def moments(self, workspace: str, until: datetime) -> Iterator[datetime]:
        """When the workspace's snapshots were taken, the oldest first; reads an index and no snapshot.

        Documents whose createdAt is not a date of Python's calendar are passed over.
        """
        with plainly("the store's", self.client):
            where = {WORKSPACE: workspace, "createdAt": {"$lt": until}}
            for row in self._snapshots.find(where, {"_id": 0, "createdAt": 1}, sort=[("createdAt", ASCENDING)]):
                if isinstance(row["createdAt"], datetime):
                    yield row["createdAt"]

    @_asks
    def taken_at(self, workspace: str, moments: Sequence[datetime]) -> list[tuple[Any, datetime]]:
        """The ids of the workspace's snapshots that were taken at these moments, each with its moment."""
        where = {WORKSPACE: workspace, "createdAt": {"$in": list(moments)}}
        rows = self._snapshots.find(where, {"createdAt": 1})
        return [(row["_id"], row["createdAt"]) for row in rows if isinstance(row["createdAt"], datetime)]

    @_asks
    def remove(self, workspace: str, ids: Sequence[Any]) -> int:
        """Removes those snapshots of the workspace that have these ids; how many."""
        return self._snapshots.delete_many({WORKSPACE: workspace, "_id": {"$in": list(ids)}}).deleted_count

    @_asks
    def edition(self) -> str:
        """Changes with every snapshot that is added or removed, by whomever: snapshots themselves never change."""
        last = self._snapshots.find_one({}, {"_id": 1}, sort=[("$natural", DESCENDING)]) or {}
        return f"{self._snapshots.estimated_document_count()} {last.get('_id')}"


def _find(snapshots: Collection[T], workspace: str, query: ListQuery) -> Iterator[T]:
    with plainly("the store's", snapshots.database.client):
        yield from snapshots.find(
            _of(workspace, query.where),
            dict(query.fields) or None,
            skip=query.offset,
            limit=query.count,
            sort=list(query.sort.items()),
        )


def _of(workspace: str, where: Mapping[str, Any]) -> Document:
    return {"$and": [{WORKSPACE: workspace}, dict(where)]} if where else {WORKSPACE: workspace}
