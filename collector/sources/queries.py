"""Owns the shapes of the queries of the workspace's database: counts, groups, dates, pipelines; it only reads."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from pymongo import ReadPreference
from pymongo.database import Database
from pymongo.errors import OperationFailure

from collector.errors import MissingIndexError
from collector.key_paths import Document
from collector.mongodb.connection import Client, asks
from collector.numbers import is_number
from collector.sources.collections import MESSAGE_INDEXES, Collection, Pipeline, index_name
from collector.sources.expressions import IN_RANGE, added, number

_asks = asks("the workspace's")

_BAD_HINT = 2
_BATCH = 1_000  # rows; the default of 101 would take a second round trip for the settings

# All plausible dates that Python can represent in any time zone. A range of dates matches only dates.
DATES: Document = {
    "$gte": datetime(1970, 1, 1, tzinfo=UTC),
    "$lt": datetime(9999, 1, 1, tzinfo=UTC),
    "$not": {"$type": "array"},
}


class Queries:
    """The queries of one database. `comment` marks each of them in MongoDB's profiler.

    Unless it `scans`, messages are read only by the index that is meant for the query.
    """

    def __init__(self, database: Database[Document], comment: str = "rcstats", *, scans: bool = False) -> None:
        self._database = database
        self._comment = comment
        self._scans = scans

    @property
    def client(self) -> Client:
        """The MongoDB client."""
        return self._database.client

    def labelled(self, comment: str) -> Self:
        """The same database, its queries marked with another comment."""
        return self._over(self._database, comment, scans=self._scans)

    def scanning(self) -> Self:
        """The same database, its messages read without an index, on a secondary if there is one."""
        database = self._database.with_options(read_preference=ReadPreference.SECONDARY_PREFERRED)
        return self._over(database, self._comment, scans=True)

    def _over(self, database: Database[Document], comment: str, *, scans: bool) -> Self:
        return type(self)(database, comment, scans=scans)

    @_asks
    def estimate(self, of: Collection) -> int:
        """The number of documents according to the collection's metadata."""
        return self._database[of].estimated_document_count(comment=self._comment)

    def count(self, of: Collection, where: Mapping[str, Any]) -> int:
        """The exact number of matching documents."""
        rows = self.aggregate(of, [{"$match": where}, {"$count": "documents"}])
        return int(rows[0]["documents"]) if rows else 0

    def counts(self, *wanted: tuple[Collection, Mapping[str, Any]]) -> list[int]:
        """The exact numbers of matching documents, each as `count` but in one round trip; not of messages."""
        (of, first), *others = ((of, _numbered(n, where)) for n, (of, where) in enumerate(wanted))
        unions = [{"$unionWith": {"coll": other.value, "pipeline": part}} for other, part in others]
        found = {row["_id"]: row["documents"] for row in self.aggregate(of, [*first, *unions])}
        return [found.get(n, 0) for n in range(len(wanted))]

    def tally(self, of: Collection, by: str, values: Sequence[str]) -> dict[str, int]:
        """The number of documents for each of these values of the indexed field `by`; cheaper than one group."""
        return {value: self.count(of, {by: value}) for value in values}

    def total(self, of: Collection, field: str) -> int | float:
        """The sum of the finite numbers in a field; to match them is cheaper than a condition in the sum."""
        sum_of_all = {"_id": None, "total": {"$sum": f"${field}"}}  # lists add nothing
        rows = self.aggregate(of, [{"$match": {field: IN_RANGE}}, {"$group": sum_of_all}])
        return number(rows[0]["total"]) if rows else 0

    def sums(self, of: Collection, where: Mapping[str, Any], sums: Mapping[str, Any]) -> dict[str, int | float]:
        """Sums over the matching documents, by any name: of a path's numbers, or of an expression."""
        rows = self.groups(of, where, by=None, **{f"v{n}": what for n, what in enumerate(sums.values())})
        return {name: rows[0][f"v{n}"] if rows else 0 for n, name in enumerate(sums)}

    def newest_date(self, of: Collection, by: str) -> datetime | None:
        """The newest date in the field `by`, or None."""
        return self._first_date(of, by, -1)

    def oldest(self, of: Collection, by: str, index: Document) -> datetime | None:
        """The earliest date in the field `by`, by an index; or None."""
        return self._first_date(of, by, 1, index)

    def _first_date(self, of: Collection, by: str, order: int, index: Document | None = None) -> datetime | None:
        shown = {"$project": {"_id": 0, by: 1}}
        rows = self.aggregate(of, [{"$match": {by: DATES}}, {"$sort": {by: order}}, {"$limit": 1}, shown], index)
        return rows[0][by] if rows else None

    def groups(self, of: Collection, where: Mapping[str, Any], by: Any, **sums: Any) -> list[Document]:
        """One row per value of `by` among the matching documents: {_id, documents, and the `sums`}.

        Malformed numbers add nothing to a sum; see `finite`.
        """
        group = {"_id": by, "documents": {"$sum": 1}} | {name: added(what) for name, what in sums.items()}
        rows = self.aggregate(of, [{"$match": where}, {"$group": group}])
        return [row | {name: number(row[name]) for name in sums} for row in rows]

    def sums_between(
        self, of: Collection, by: str, index: Document, span: tuple[datetime, datetime], sums: Sequence[Any]
    ) -> list[Any]:
        """The sums over the documents whose date `by` is in a half-open span."""
        group = {"_id": None} | {f"v{n}": added(what) for n, what in enumerate(sums)}
        rows = self.aggregate(of, [{"$match": {by: {"$gte": span[0], "$lt": span[1]}}}, {"$group": group}], index)
        return [number(rows[0][f"v{n}"]) if rows else 0 for n in range(len(sums))]

    def count_distinct(self, of: Collection, where: Mapping[str, Any], field: str) -> int:
        """The number of distinct values of a field among the matching documents."""
        group = {"$group": {"_id": f"${field}"}}
        rows = self.aggregate(of, [{"$match": where}, group, {"$count": "values"}])
        return int(rows[0]["values"]) if rows else 0

    @_asks
    def aggregate(self, of: Collection, pipeline: Pipeline, hint: Document | None = None) -> list[Document]:
        """The rows of a pipeline; messages are read only by an index, except in a scan.

        Raises:
            MissingIndexError: the messages lack the index.
        """
        needs_index = of is Collection.MESSAGES and not self._scans
        index = _message_index(pipeline) if needs_index else hint
        options: Document = {"batchSize": _BATCH} | ({"hint": index} if index else {})
        try:
            return list(self._database[of].aggregate(list(pipeline), comment=self._comment, **options))
        except OperationFailure as error:
            if needs_index and error.code == _BAD_HINT:
                raise MissingIndexError(f"the index {index_name(index or {})} of {of} is missing") from error
            raise

    @_asks
    def explain(self, query: Document) -> Document:
        """MongoDB's explanation of a query, with its execution statistics."""
        return self._database.command({"explain": query, "verbosity": "executionStats"})

    @_asks
    def indexes(self, of: Collection) -> list[Document]:
        """The indexes of a collection, as MongoDB lists them.

        Raises:
            NotAuthorizedError: this login may not list them.
        """
        return [dict(index) for index in self._database[of].list_indexes(comment=self._comment)]

    def time_to_live(self, of: Collection, field: str) -> float | None:
        """The seconds after a date in this field at which MongoDB deletes the document; None if no index says so.

        Raises:
            NotAuthorizedError: this login may not list the indexes.
        """
        seconds = (one.get("expireAfterSeconds") for one in self.indexes(of) if list(one.get("key", ())) == [field])
        return next((float(value) for value in seconds if is_number(value) and value > 0), None)

    @_asks
    def peek(self, of: Collection) -> None:
        """Reads one id, as a test of this login's privileges."""
        self._database[of].find_one({}, {"_id": 1})


def _numbered(number: int, where: Mapping[str, Any]) -> list[Document]:
    """Stages that yield the number of matching documents in a row with this id, or no row without any."""
    return [{"$match": where}, {"$group": {"_id": number, "documents": {"$sum": 1}}}]


def _message_index(pipeline: Pipeline) -> Document:
    """The index for a pipeline over the messages, by the first field that it matches or sorts by.

    If the workspace lacks it, MongoDB refuses the pipeline: a failed reading is better than a scan of all messages.
    """
    (first,) = pipeline[0].values()
    field = next(iter(first))
    return MESSAGE_INDEXES[field]
