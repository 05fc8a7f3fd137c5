"""The bill of a snapshot: what each reading asks of MongoDB, by MongoDB's own account."""

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

# Parts of a command that belong to the connection it was sent on.
_OF_THE_CONNECTION = frozenset({"lsid", "$db", "$clusterTime", "$readPreference", "maxTimeMS"})
_QUERIES = frozenset({"aggregate", "count"})
# Stages that get at the data; all others work on what these bring.
_ACCESS = ("COLLSCAN", "IXSCAN", "COUNT_SCAN", "DISTINCT_SCAN", "IDHACK", "CLUSTERED_IXSCAN", "EOF")


class Recorder(CommandListener):
    """The queries that a connection sends, from the moment that it is opened with this listener."""

    def __init__(self) -> None:
        self._sent: list[Document] = []

    def take(self) -> list[Document]:
        """The queries since the last call."""
        taken, self._sent = self._sent, []
        return taken

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in _QUERIES:
            self._sent.append({k: v for k, v in event.command.items() if k not in _OF_THE_CONNECTION})

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing is to be done."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing is to be done."""


@dataclass(frozen=True)
class Item:
    """One query: its collection, how MongoDB got at the data, and how much of it."""

    collection: str
    stages: tuple[str, ...] = ("METADATA",)
    keys: int = 0
    documents: int = 0
    returned: int = 1


@dataclass(frozen=True)
class Bill:
    """One reading's queries, and the seconds that it took; or the error that kept it from them."""

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


def bills(readings: Iterable[Reading], sources: Sources, recorder: Recorder) -> Iterator[Bill]:
    """Runs the readings one by one, and has each of their queries explained. `recorder` listens on the workspace."""
    for reading in readings:
        try:
            with time_limit(2 * reading.limit):  # each query is run once more to be explained
                yield bill(reading, sources, recorder)
        except DatabaseError as error:
            yield Bill(reading.name, 0, error=str(error))


def bill(reading: Reading, sources: Sources, recorder: Recorder) -> Bill:
    """One reading, run and explained."""
    recorder.take()
    begun = time.perf_counter()
    reading.read(sources.labelled(f"rcstats {reading.name}"))
    seconds = round(time.perf_counter() - begun, 4)
    return Bill(reading.name, seconds, tuple(item(command, sources) for command in recorder.take()))


def item(command: Document, sources: Sources) -> Item:
    """One query as MongoDB explains it; a count without a condition is answered by the collection's metadata."""
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
    """The figures of execution, which explain puts at the top or into a pipeline's first stage."""
    if isinstance(plan, list):
        for part in plan:
            yield from _execution(part)
    elif isinstance(plan, dict):
        if "totalKeysExamined" in plan:
            yield plan
        else:
            yield from _execution([value for key, value in plan.items() if key != "rejectedPlans"])


def _stages(plan: Any) -> set[str]:
    """All stages of the plan that won, wherever explain has put them."""
    if isinstance(plan, list):
        return {stage for part in plan for stage in _stages(part)}
    if not isinstance(plan, dict):
        return set()
    own = {plan["stage"]} if isinstance(plan.get("stage"), str) else set()
    return own | _stages([value for key, value in plan.items() if key not in {"rejectedPlans", "command"}])
