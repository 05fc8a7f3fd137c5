"""How answers grow with the store: `python -m tests.benchmarks.serving.growth`.

One MongoDB and one daemon; the store grows from 2,000 to 200,000 snapshots of 20 kB, and each ask is timed at each.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from statistics import median
from typing import Annotated
from urllib.parse import urlencode

import psutil
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from collector.demo import mongod
from collector.mongodb.connection import connect
from tests.benchmarks.serving import dataset
from tests.benchmarks.serving.requests import LOGIN, NUMBERS
from tests.processes import Running, running

SIZES = (2_000, 20_000, 200_000)
LIST, SERIES = "/api/v1/statistics.list", "/api/v1/statistics.series"
PATIENCE = 400.0  # seconds
TIMES = 3

app = typer.Typer(pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Answer:
    """Status, seconds until the first byte and the last one, bytes, and whether it was complete."""

    status: int
    first: float
    seconds: float
    bytes: int
    is_whole: bool

    def __str__(self) -> str:
        status = "" if self.status == 200 else f" ({self.status})"
        return f"{1_000 * self.seconds:,.0f}{status}{'' if self.is_whole else ' cut'}"


def asks(documents: int, newest: datetime) -> Iterator[tuple[str, str]]:
    """The request targets for a store of this many hourly snapshots, by name."""
    yield "newest page of 50", _list(count=50)
    yield "the last 50 by offset", _list(count=50, offset=documents - 50)
    yield "50 in the middle by offset", _list(count=50, offset=documents // 2)
    for name, age in (("last", documents - 50), ("middle", documents // 2)):
        before = newest - timedelta(hours=age)
        yield f"50 from the {name} by createdAt", _list(count=50, query=_before(before))
    yield "sort by a field without an index", _list(count=50, sort=json.dumps({"totalRooms": -1}))
    yield "regex over texts", _list(count=50, query=json.dumps({"version": {"$regex": "nothing like it"}}))
    yield "count by an indexed field", _list(count=1, query=json.dumps({"totalUsers": {"$gt": 5_000}}))
    yield "ten years by day", f"{SERIES}?{urlencode({'fields': 'totalUsers', 'start': '-3650d', 'every': '1d'})}"
    yield "ten years by hour", f"{SERIES}?{urlencode({'fields': 'totalUsers', 'start': '-3650d', 'every': '1h'})}"
    fields = json.dumps(dict.fromkeys((*NUMBERS, "createdAt"), 1))
    yield "CSV of five fields of everything", _list(count=0, format="csv", fields=fields)
    yield "CSV of everything", _list(count=0, format="csv")
    yield "NDJSON of everything", _list(count=0, format="ndjson")


def _list(**parameters: object) -> str:
    return f"{LIST}?{urlencode(parameters)}"


def _before(moment: datetime) -> str:
    return json.dumps({"createdAt": {"$lt": {"$date": f"{moment:%Y-%m-%dT%H:%M:%S.000Z}"}}})


@app.command()
def main(*, most: Annotated[int, typer.Option(help="Snapshots in the largest store.")] = SIZES[-1]) -> None:
    """Grows a store, and prints the milliseconds of each answer at each size."""
    sizes = [size for size in SIZES if size <= most]
    console = Console()
    found: dict[str, list[Answer]] = {}
    memory: list[float] = []
    with ExitStack() as stack:
        url = stack.enter_context(mongod.running())
        client = stack.enter_context(connect(f"{url}&timeoutMS=600000", "BENCHMARK"))
        client.admin.command("setParameter", 1, wiredTigerEngineRuntimeConfig="cache_size=4G")
        newest = dataset.fill(client, sizes[0], 20)
        daemon = stack.enter_context(_daemon(url))
        daemon.wait_for(lambda: daemon.get("/ready")[0] == 200)
        for before, size in zip([0, *sizes], sizes, strict=False):
            if before:
                dataset.grow(client, before, size)
            for name, target in asks(size, newest):
                with console.status(f"{size:,}: {name}"):
                    found.setdefault(name, []).append(_median(daemon, target))
            memory.append(psutil.Process(daemon.process.pid).memory_info().rss / 2**20)
    _show(console, sizes, found, memory)


def _daemon(url: str) -> AbstractContextManager[Running]:
    settings = {"schedule": dataset.SCHEDULE, "timezone": dataset.TIMEZONE, "rate_limit": "0", "log_level": "warning"}
    return running("run", mongo_url=url.replace("/?", f"/{dataset.WORKSPACE}?"), **settings)


def _median(daemon: Running, target: str) -> Answer:
    """The answer of median duration; what takes long is asked for once."""
    answers = [_asked(daemon.address, target)]
    while len(answers) < TIMES and answers[0].seconds < 10:
        answers.append(_asked(daemon.address, target))
    seconds = median(answer.seconds for answer in answers)
    return min(answers, key=lambda answer: abs(answer.seconds - seconds))


def _asked(address: str, target: str) -> Answer:
    connection = HTTPConnection(address, timeout=PATIENCE)
    begun = time.perf_counter()
    try:
        connection.request("GET", target, headers=LOGIN)
        answer = connection.getresponse()
        first, size = time.perf_counter() - begun, 0
        try:
            while part := answer.read(2**20):
                size += len(part)
        except (HTTPException, OSError):
            return Answer(answer.status, first, time.perf_counter() - begun, size, is_whole=False)
        return Answer(answer.status, first, time.perf_counter() - begun, size, is_whole=True)
    finally:
        connection.close()


def _show(console: Console, sizes: Sequence[int], found: Mapping[str, list[Answer]], memory: list[float]) -> None:
    table = Table("milliseconds", *(f"{size:,}" for size in sizes), box=SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, answers in found.items():
        table.add_row(name, *map(str, answers))
    table.add_section()
    table.add_row("memory of the daemon after it, MiB", *(f"{mib:,.0f}" for mib in memory))
    console.print(table)


if __name__ == "__main__":
    app()
