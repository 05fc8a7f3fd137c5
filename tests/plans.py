"""The queries that the store is asked, and the plans by which MongoDB answers them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pymongo.database import Database
from pymongo.monitoring import CommandListener, CommandStartedEvent

from collector.key_paths import Document
from collector.store.snapshots import COLLECTION

_QUERIES = frozenset({"find", "aggregate", "count"})
_OF_THE_CONNECTION = frozenset({"lsid", "$db", "$clusterTime", "$readPreference", "maxTimeMS"})


class Asked(CommandListener):
    """Hears the queries of the collection of snapshots."""

    def __init__(self) -> None:
        self.queries: list[Document] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in _QUERIES and event.command[event.command_name] == COLLECTION:
            self.queries.append({key: part for key, part in event.command.items() if key not in _OF_THE_CONNECTION})

    def succeeded(self, _: object) -> None: ...

    def failed(self, _: object) -> None: ...


@dataclass(frozen=True)
class Plan:
    """How MongoDB answers a query: the winning plan's stages and indexes, and the documents that it reads."""

    query: Document
    stages: frozenset[str]
    indexes: frozenset[str]
    documents: int
    sorts: bool
    """Whether it sorts snapshots in memory; to sort the buckets that are made of them costs little."""


def plan(database: Database[Document], query: Document) -> Plan:
    told = database.command({"explain": query, "verbosity": "executionStats"}, codec_options=database.codec_options)
    winning = [found["winningPlan"] for found in _with("winningPlan", told)]
    nodes = list(_with("stage", winning))
    return Plan(
        query,
        frozenset(node["stage"] for node in nodes),
        frozenset(node["indexName"] for node in nodes if "indexName" in node),
        sum(found["totalDocsExamined"] for found in _with("totalDocsExamined", told)),
        any(node["stage"] == "SORT" and "GROUP" not in {n["stage"] for n in _with("stage", node)} for node in nodes),
    )


def needs_no_index(query: Document) -> bool:
    """Whether a query reads metadata alone, or one document whichever it is."""
    reads_one = "$natural" in query.get("sort", {}) or {"$limit": 1} in query.get("pipeline", [])[:1]
    return reads_one or ("count" in query and not query.get("query"))


def _with(key: str, part: Any) -> Iterator[Document]:
    """The documents with this key, at any depth of what MongoDB tells."""
    if isinstance(part, dict):
        if key in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from _with(key, each)
