"""Writes the sample's documents into the database: one slice after another, or several processes at once."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice
from typing import NamedTuple, Protocol

from pymongo import MongoClient, WriteConcern
from pymongo.database import Database

from collector.key_paths import Document
from collector.sources.collections import Collection

BATCH = 5_000
PROCESSES = 2

# Thrown away and made anew if it is lost: nothing waits for the disk.
_QUICKLY = WriteConcern(w=1, j=False)


class Slice(NamedTuple):
    """Some documents of one series."""

    collection: Collection
    series: int
    start: int
    stop: int


Make = Callable[[Slice], Iterator[Document]]
Progress = Callable[[Collection, int], None]


class Sample(Protocol):
    """What a process needs of it."""

    def documents(self, of: Slice) -> Iterator[Document]: ...


Recipe = Callable[[], Sample]


def silent(collection: Collection, documents: int) -> None:
    """No progress is shown."""


def in_turn(database: Database[Document], slices: Iterable[Slice], make: Make, progress: Progress = silent) -> None:
    for each in slices:
        for batch in _batches(make(each)):
            insert(database, each.collection, batch)
            progress(each.collection, len(batch))


def insert(database: Database[Document], collection: Collection, documents: Sequence[Document]) -> None:
    database.get_collection(collection, write_concern=_QUICKLY).insert_many(documents, ordered=False)


def side_by_side(database: Database[Document], slices: Iterable[Slice], recipe: Recipe, progress: Progress) -> None:
    """Each process makes the sample anew by its recipe and has a connection of its own."""
    address = database.client.address
    if address is None:
        raise ValueError("A large workspace can be written to one server only.")
    with ProcessPoolExecutor(
        PROCESSES, multiprocessing.get_context("spawn"), _Writer.start, (address, database.name, recipe)
    ) as pool:
        for done in as_completed([pool.submit(_Writer.write, each) for each in slices]):
            progress(*done.result())


class _Writer:
    """One of the processes: its database and its sample, from its start to its end."""

    database: Database[Document]
    make: Make

    @classmethod
    def start(cls, address: tuple[str, int], name: str, recipe: Recipe) -> None:
        client = MongoClient[Document](*address, directConnection=True, tz_aware=True)
        cls.database, cls.make = client[name], recipe().documents

    @classmethod
    def write(cls, each: Slice) -> tuple[Collection, int]:
        in_turn(cls.database, [each], cls.make)
        return each.collection, each.stop - each.start


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    iterator = iter(documents)
    while batch := list(islice(iterator, BATCH)):
        yield batch
