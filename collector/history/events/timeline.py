"""Owns the events and notes of a workspace's history, as the store has them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collector.errors import NotAuthorizedError
from collector.history.events import Event, Kind
from collector.history.events.anomalies import anomalies
from collector.history.events.changes import FIRST, changes, considered
from collector.history.events.facts import FIELDS
from collector.history.events.gaps import gaps
from collector.history.events.pruning import pruned
from collector.plain_text import said
from collector.series.forecast import MOST_WEEKS, WATCHED
from collector.series.pipeline import SeriesQuery
from collector.series.widths import Every
from collector.store.notes import MOST_TEXT, Note, Notes
from collector.store.retention import Retention
from collector.store.snapshots import Store

MOST_SNAPSHOTS = 50_000  # of a period: more than five years, one an hour

_BEFORE = timedelta(weeks=MOST_WEEKS)  # by which the first anomalies of a period are told


@dataclass(frozen=True)
class Timeline:
    """Events are computed when they are asked for; only notes are stored."""

    store: Store
    retention: Retention
    notes: Notes | None = None
    most: int = MOST_SNAPSHOTS

    def between(self, workspace: str, start: datetime, end: datetime, now: datetime | None = None) -> list[Event]:
        """The events from `start` until before `end`, newest first.

        Raises:
            TooLargeError: the period has more than `most` snapshots.
            DatabaseError: the store cannot be read.
        """
        now = now or datetime.now(UTC)
        found = [*self._notes(workspace, start, end)]
        if (first := max(start, FIRST)) < (last := min(end, now)):
            found += self._of_snapshots(workspace, first, last, now)
            found += self._anomalies(workspace, first, last)
        return sorted((one for one in found if start <= one.at < end), key=lambda one: one.at, reverse=True)

    def _of_snapshots(self, workspace: str, start: datetime, end: datetime, now: datetime) -> Iterator[Event]:
        runs = list(considered(self.store.runs(workspace, start, end, FIELDS, self.most)))
        moments = [moment for _, found in runs for moment in found]
        yield from changes(runs)
        yield from gaps(moments)
        yield from pruned(moments, self.retention, now, has_older=bool(moments) and moments[0] < start)

    def _anomalies(self, workspace: str, start: datetime, end: datetime) -> Iterator[Event]:
        """Hours are those of UTC, as MongoDB may not know the time zone; an index has the figures."""
        query = SeriesQuery(WATCHED, start - _BEFORE, end, Every.HOUR)
        return anomalies(self.store.series(workspace, query), self.retention.zone)

    def _notes(self, workspace: str, start: datetime, end: datetime) -> Iterator[Event]:
        """None where the role of the login is of an earlier version of rcstats, and has no right to read them."""
        with suppress(NotAuthorizedError):
            yield from map(noted, self.notes.of(workspace, start, end) if self.notes else ())


def noted(note: Note) -> Event:
    return Event(note.at, None, Kind.NOTE, said(note.text, MOST_TEXT), note.id)
