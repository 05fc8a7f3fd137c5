"""Fills a workspace with millions of documents: several processes at once, and the indexes afterwards."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from datetime import datetime
from functools import partial
from typing import NamedTuple

from pymongo import MongoClient

from collector.demo.sample import indexes
from collector.demo.sample.workspace import RELEASE, Sample, Size, insert
from tests.benchmarks.query_model import Db

SLICE = 10_000  # documents
PROCESSES = 2


class Slice(NamedTuple):
    """Some documents of one series of the sample."""

    series: int
    start: int
    stop: int


def fill(database: Db, now: datetime, size: Size, progress: Callable[[int], None]) -> None:
    """Writes the whole workspace, as of `now`; `progress` hears of each slice's number of documents."""
    recipe = partial(Sample, size, now, seed=1)
    sample = recipe()
    _side_by_side(database, list(_slices(sample)), recipe, progress)
    with ThreadPoolExecutor(PROCESSES) as pool:
        list(pool.map(partial(indexes.make_for, database), indexes.of(RELEASE)))
    for collection, documents in sample.small():
        insert(database, collection, documents)


def _slices(sample: Sample) -> Iterator[Slice]:
    for place, series in enumerate(sample.series):
        for start in range(0, series.count, SLICE):
            yield Slice(place, start, min(start + SLICE, series.count))


def _side_by_side(
    database: Db, slices: list[Slice], recipe: Callable[[], Sample], progress: Callable[[int], None]
) -> None:
    """Each process makes the sample anew by its recipe and has a connection of its own."""
    (address,) = database.client.nodes
    start = (address, database.name, recipe)
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn"), _Writer.start, start) as pool:
        for done in as_completed([pool.submit(_Writer.write, each) for each in slices]):
            progress(done.result())


class _Writer:
    """One of the processes: its database and its sample, from its start to its end."""

    database: Db
    sample: Sample

    @classmethod
    def start(cls, address: tuple[str, int | None], name: str, recipe: Callable[[], Sample]) -> None:
        cls.database = MongoClient(*address, directConnection=True, tz_aware=True)[name]
        cls.sample = recipe()

    @classmethod
    def write(cls, each: Slice) -> int:
        series = cls.sample.series[each.series]
        insert(cls.database, series.collection, series.documents(cls.sample.plan, range(each.start, each.stop)))
        return each.stop - each.start
