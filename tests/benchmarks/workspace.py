"""A workspace to measure on: an embedded MongoDB of its own, filled, with a live server's row."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from rich.console import Console
from rich.progress import Progress

from collector.demo import instance, mongod
from collector.mongodb.connection import connect
from tests.benchmarks import loader
from tests.benchmarks.sizes import sized

DATABASE = "rocketchat"
CACHE = "cache_size=4G"  # the demo's MongoDB has less than one that people work with
SORTING = 1_500  # MB of an index's keys; more than that goes over the disk


@contextmanager
def workspace_of(users: int, rooms: int, messages: int, console: Console) -> Iterator[str]:
    """The URL of MongoDB, without a database; all is thrown away at the end."""
    size = sized(users, rooms, messages)
    with mongod.running() as url, connect(f"{url}&appName=sample", "BENCHMARK") as client:
        client.admin.command("setParameter", 1, wiredTigerEngineRuntimeConfig=CACHE)
        client.admin.command("setParameter", 1, maxIndexBuildMemoryUsageMegabytes=SORTING)
        database = client[DATABASE]
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task(f"filling {users:,} users, {rooms:,} rooms, {messages:,} messages", total=None)
            loader.fill(database, datetime.now(UTC), size, partial(progress.advance, task))
        with instance.alive(database):
            yield url
