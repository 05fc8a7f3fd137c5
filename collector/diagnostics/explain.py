"""Owns the cost of readings: their queries, explained by MongoDB."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from collector.errors import DatabaseError
from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.sources import Sources
from collector.statistics.reading import Reading

# Fields of a command that belong to its connection.
_OF_THE_CONNECTION = frozenset({"lsid", "$db", "$clusterTime", "$readPreference", "maxTimeMS"})
_QUERIES = frozenset({"aggregate", "count"})
# Stages that access data; all others process the output of these.
_ACCESS = ("COLLSCAN", "IXSCAN", "COUNT_SCAN", "DISTINCT_SCAN", "IDHACK", "CLUSTERED_IXSCAN", "EOF")


class Recorder(CommandListener):
    """Records the queries of a connection that was opened with this listener."""

    def __init__(self) -> None:
        self._sent: list[Document] = []

    def take(self) -> list[Document]:
        """The queries sent since the last call."""
        taken, self._sent = self._sent, []
        return taken

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in _QUERIES:
            self._sent.append({k: v for k, v in event.command.items() if k not in _OF_THE_CONNECTION})

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Required by the interface; not recorded."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Required by the interface; not recorded."""


@dataclass(frozen=True)
class Item:
    """One query: its collection, the access stages of its plan, and the keys and documents examined."""

    collection: str
    stages: tuple[str, ...] = ("METADATA",)
    keys: int = 0
    documents: int = 0
    returned: int = 1


@dataclass(frozen=True)
class ReadingCost:
    """The queries of one reading and its duration in seconds, or the error that ended it."""

    reading: str
    seconds: float
    items: tuple[Item, ...] = field(default_factory=tuple)
    error: str = ""

    @property
    def keys(self) -> int:
        return sum(item.keys for item in self.items)

    @property
    def documents(self) -> int:
        return sum(item.documents for item in self.items)

    @property
    def returned(self) -> int:
        return sum(item.returned for item in self.items)


def costs(readings: Iterable[Reading], sources: Sources, recorder: Recorder) -> Iterator[ReadingCost]:
    """Runs the readings one by one and explains their queries. `recorder` listens on the workspace's connection."""
    for reading in readings:
        try:
            with time_limit(2 * reading.limit):  # explain runs each query a second time
                yield cost(reading, sources, recorder)
        except DatabaseError as error:
            yield ReadingCost(reading.name, 0, error=str(error))


def cost(reading: Reading, sources: Sources, recorder: Recorder) -> ReadingCost:
    """Runs one reading and explains its queries."""
    recorder.take()
    begun = time.perf_counter()
    reading.read(sources.labelled(f"rcstats {reading.name}"))
    seconds = round(time.perf_counter() - begun, 4)
    return ReadingCost(reading.name, seconds, tuple(item(command, sources) for command in recorder.take()))


def item(command: Document, sources: Sources) -> Item:
    """Explains one query; a count without a filter is read from the collection's metadata."""
    if "count" in command and not command.get("query"):
        return Item(command["count"])
    plan = sources.workspace.explain(command)
    totals = list(_execution(plan))
    return Item(
        command.get("aggregate") or command["count"],
        tuple(stage for stage in _ACCESS if stage in _stages(plan)),
        sum(total["totalKeysExamined"] for total in totals),
        sum(total["totalDocsExamined"] for total in totals),
        sum(total["nReturned"] for total in totals),
    )


def _execution(plan: Any) -> Iterator[Document]:
    """The execution statistics, at the top of the explanation or in a pipeline's first stage."""
    if isinstance(plan, list):
        for part in plan:
            yield from _execution(part)
    elif isinstance(plan, dict):
        if "totalKeysExamined" in plan:
            yield plan
        else:
            yield from _execution([value for key, value in plan.items() if key != "rejectedPlans"])


def _stages(plan: Any) -> set[str]:
    """All stages of the winning plan, at any depth of the explanation."""
    if isinstance(plan, list):
        return {stage for part in plan for stage in _stages(part)}
    if not isinstance(plan, dict):
        return set()
    own = {plan["stage"]} if isinstance(plan.get("stage"), str) else set()
    return own | _stages([value for key, value in plan.items() if key not in {"rejectedPlans", "command"}])
