"""Owns the walk over snapshots that tells what changed from one to the next. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from collector.history.events import Event
from collector.history.events.facts import FACTS, MADE, Fact, kind_of
from collector.key_paths import Document

# No snapshot of Rocket.Chat is older.
FIRST = datetime(2015, 1, 1, tzinfo=UTC)

# Imported and reconstructed snapshots so soon after one that was taken stand among such, and tell nothing new.
AMONG = timedelta(days=8)


# The facts of snapshots, one after another, that have the same; and when each of the snapshots was taken.
Run = tuple[Document, list[datetime]]


def considered(runs: Iterable[tuple[Document, list[Any]]]) -> Iterator[Run]:
    """The runs of snapshots, oldest first, that events are made of; strangers' documents are passed over."""
    taken: datetime | None = None
    for facts, found in runs:
        moments = [moment for moment in found if isinstance(moment, datetime) and moment >= FIRST]
        if kind_of(facts) in MADE:
            moments = [moment for moment in moments if taken is None or moment - taken >= AMONG]
        if moments and isinstance(facts.get("collector"), dict):
            taken = taken if kind_of(facts) in MADE else moments[-1]
            yield facts, moments


def changes(runs: Iterable[Run]) -> Iterator[Event]:
    """The events of each fact that differs from the last snapshot that knows it."""
    known: dict[Fact, tuple[Any, datetime]] = {}
    for facts, moments in runs:
        for fact in FACTS:
            if (value := fact.read(facts)) is None:
                continue
            before, since = known.get(fact, (value, moments[0]))
            if before != value:
                yield from (Event(moments[0], since, kind, text) for kind, text in fact.told(before, value))
            known[fact] = value, moments[-1]
