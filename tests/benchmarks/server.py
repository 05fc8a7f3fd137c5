"""What the Rocket.Chat 7 server itself asks of MongoDB for one statistics document, and in which order.

It awaits most queries one after another, starts others without waiting for them, and joins those at the end. Settings
are in its memory, but for what they came as, which it looks up one by one. From licence and apps engine nothing is
asked of the database, so neither stands here.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from pymongo.database import Database

from collector.key_paths import Document
from tests.benchmarks.query_model import How, Step
from tests.benchmarks.tail_queries import STEPS

AT_ONCE = 100  # the connections of its driver's pool


@dataclass
class Account:
    """What came of one document: its values by key path, and the seconds of each query."""

    values: Document = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def compute(database: Database[Document], now: datetime) -> Account:
    """The document, the way the server computes it."""
    account = Account()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        started: list[Future[None]] = []
        for how, steps in _in_order(STEPS):
            if how is How.AWAITED:
                for step in steps:
                    _run(step, database, now, account)
                continue
            futures = [pool.submit(_run, step, database, now, account) for step in steps]
            if how is How.STARTED:
                started += futures
            else:
                _join(futures)
        _join(started)
    return account


def one_by_one(database: Database[Document], now: datetime) -> Account:
    """The same without anything beside anything else, so that each query's own time can be told."""
    account = Account()
    for step in STEPS:
        _run(step, database, now, account)
    return account


def _in_order(steps: Sequence[Step]) -> Iterator[tuple[How, list[Step]]]:
    return ((how, list(group)) for how, group in groupby(steps, key=lambda step: step.how))


def _run(step: Step, database: Database[Document], now: datetime, account: Account) -> None:
    begun = time.perf_counter()
    value: Any = step.run(database, now)
    account.seconds[step.key] = time.perf_counter() - begun
    account.values |= value if step.many else {step.key: value}


def _join(futures: list[Future[None]]) -> None:
    for future in futures:
        future.result()
