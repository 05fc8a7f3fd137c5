"""The indexes of a collection of the store: makes those that it has to have, and tells what stands in their way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from collector.errors import IndexProblemError
from collector.key_paths import Document
from collector.mongodb.connection import Client, asks

_asks = asks("the store's")

# By name: the keys, and the options.
Wanted = Mapping[str, tuple[Mapping[str, int], Mapping[str, Any]]]

# What decides which documents an index holds, and what it forbids.
_OPTIONS = ("unique", "sparse", "partialFilterExpression", "collation", "expireAfterSeconds")

_DUPLICATES = 11000
_CONFLICTS = frozenset({85, 86})  # with an index that has the same name or the same keys


class Indexes:
    """`wanted` are the indexes that the collection has to have. One that is the same by another name does as well."""

    def __init__(self, collection: Collection[Document], wanted: Wanted) -> None:
        self._collection = collection
        self._wanted = wanted
        self._refused: dict[str, str] = {}
        self.client: Client = collection.database.client

    @_asks
    def make(self) -> None:
        """Makes the missing ones, each whatever becomes of the others.

        Raises:
            IndexProblemError: something stands in the way of one.
        """
        for name in self.missing():
            self._make(name)
        if problem := self.problem():
            raise IndexProblemError(problem)

    @_asks
    def missing(self) -> list[str]:
        """The names of those that are not there, and whose names nothing else has."""
        present = self._collection.index_information()
        return [name for name in self._wanted if name not in present and not self._has_same(name, present)]

    @_asks
    def problem(self) -> str:
        """What is wrong with those that are there, and with those that `make` was refused; '' if nothing is.

        That `make` was not called yet is not a problem.
        """
        present = self._collection.index_information()
        wrong = [name for name in self._wanted if not self._has_same(name, present)]
        found = [self._other(name, name) if name in present else self._refused.get(name, "") for name in wrong]
        return "; ".join(filter(None, found))

    @_asks
    def obstacle(self) -> str:
        """Which documents keep a missing unique index from being made, or ''. It reads the whole collection."""
        found = (self._duplicate(name) for name in self.missing() if "unique" in self._wanted[name][1])
        return "; ".join(filter(None, found))

    def _make(self, name: str) -> None:
        keys, options = self._wanted[name]
        self._refused.pop(name, None)
        try:
            self._collection.create_index(list(keys.items()), name=name, **options)
        except OperationFailure as error:
            if error.code == _DUPLICATES:
                self._refused[name] = self._duplicates(name, (error.details or {}).get("keyValue") or {})
            elif error.code in _CONFLICTS:
                self._refused[name] = self._other(self._namesake(keys), name)
            else:
                raise

    def _has_same(self, name: str, present: Mapping[str, Any]) -> bool:
        keys, options = self._wanted[name]
        wanted = list(keys.items()), {option: options.get(option) for option in _OPTIONS}
        return any(_described(index) == wanted for index in present.values())

    def _namesake(self, keys: Mapping[str, int]) -> str:
        """The index that has these keys by another name."""
        present = self._collection.index_information()
        return next((name for name, index in present.items() if _keys(index) == list(keys.items())), "unknown")

    def _duplicate(self, name: str) -> str:
        keys, options = self._wanted[name]
        fields = list(keys)
        group: Document = {"_id": [f"${field}" for field in fields], "documents": {"$sum": 1}}
        stages: list[Document] = [{"$match": options.get("partialFilterExpression", {})}, {"$group": group}]
        stages += [{"$match": {"documents": {"$gt": 1}}}, {"$limit": 1}]
        rows = list(self._collection.aggregate(stages))
        return self._duplicates(name, dict(zip(fields, rows[0]["_id"], strict=True))) if rows else ""

    def _duplicates(self, name: str, values: Mapping[str, Any]) -> str:
        told = ", ".join(f"{field} {_readable(value)}" for field, value in values.items())
        return (
            f"the index {name} of {self._collection.full_name} cannot be built, as more than one document has {told}:"
            " remove all but one of each such group, and the next snapshot builds it"
        )

    def _other(self, present: str, wanted: str) -> str:
        names = self._collection.database.name, self._collection.name, present
        drop = 'db.getSiblingDB("{}").getCollection("{}").dropIndex("{}")'.format(*names)
        return (
            f"the index {present} of {self._collection.full_name} has other keys or options than {wanted} needs:"
            f" drop it in mongosh by {drop}, and the next snapshot builds {wanted}"
        )


def _keys(index: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(field, direction) for field, direction in index["key"]]


def _described(index: Mapping[str, Any]) -> tuple[list[tuple[str, Any]], dict[str, Any]]:
    """What of an index, as the driver tells it, has to be as it is wanted."""
    return _keys(index), {option: index.get(option) for option in _OPTIONS}


def _readable(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if isinstance(value, datetime) else str(value)
