"""Computes the snapshots of one workspace; stores nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from collector.errors import DatabaseError
from collector.key_paths import Document
from collector.sources import Sources, licence
from collector.sources.day_zone import day_zone
from collector.sources.identification import identified
from collector.sources.licence import Licence
from collector.sources.session_days import NotKept, SessionDayCache
from collector.statistics import catalog, snapshot
from collector.statistics.reading import Reading
from collector.statistics.releases import Release
from collector.statistics.reuse import NO_INTERVAL, Reuse, is_due

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Collector:
    """Runs the readings over a workspace; `newest` gives its newest snapshot, whose values can be reused.

    `session_days` gives the workspace's cache of days of sessions. Within `scan_interval`, expensive readings are not
    repeated; once per `recount_interval`, unchanged values are computed all the same, to prove them.
    Unless the `timezone` is a setting, the days are those of the server where its zone can be inferred.
    """

    sources: Sources
    timezone: str
    newest: Callable[[str], Document | None]
    readings: Sequence[Reading] = catalog.READINGS
    timezone_is_set: bool = True
    session_days: Callable[[str], SessionDayCache] = lambda _: NotKept()
    scan_interval: timedelta = NO_INTERVAL
    recount_interval: timedelta = NO_INTERVAL

    def collect(
        self,
        slot: datetime | None = None,
        abandoned: Callable[[], bool] = lambda: False,
        *,
        fresh: bool = False,
        progress: snapshot.Progress = lambda _: None,
    ) -> Document:
        """The snapshot of a slot, or one on demand; with `fresh` every reading is computed, as in a recount.

        Raises:
            DatabaseError: the workspace's MongoDB cannot be read.
            AbandonedError: `abandoned` has come true.
        """
        sources, about = replace(self, sources=self.sources.sharing()).prepared(slot)
        previous, is_known = self._previous(about.workspace)
        # Otherwise a day without the store would have many scans.
        if not is_known:
            sources = replace(sources, may_scan=False, not_imported=None)
        kept = self.session_days(about.workspace) if is_known else NotKept()
        if not fresh:
            sources = replace(sources, session_days=kept)
        document = snapshot.take(self.readings, sources, about, progress, self._reuse(previous, fresh=fresh), abandoned)
        if _found_differences(document):
            kept.discard()
        return document

    def _reuse(self, previous: Document | None, *, fresh: bool) -> Reuse:
        if fresh:
            return Reuse(previous, recount=True)
        return Reuse(previous, self.scan_interval, is_due(previous, snapshot.now(), self.recount_interval))

    def without_session_days(self) -> "Collector":
        """The same, which neither uses nor fills the cache."""
        return replace(self, session_days=lambda _: NotKept())

    def prepared(self, slot: datetime | None = None) -> tuple[Sources, snapshot.SnapshotContext]:
        """The sources with the workspace's licence and days, and the provenance with its release.

        Raises:
            NotAWorkspaceError: the database is not a workspace.
            DatabaseError: the workspace's MongoDB cannot be read.
        """
        source = self.sources.workspace
        workspace, own = identified(source), self.sources.own_statistics()
        days = day_zone(source, self.timezone, snapshot.now(), is_set=self.timezone_is_set)
        granted = Licence.read(own, source.values(*licence.SETTINGS))
        release = Release.parse(own.get("version"))
        about = snapshot.SnapshotContext(workspace, days.name, slot, release, days.origin())
        return replace(self.sources, licence=granted, timezone=days.zone), about

    def _previous(self, workspace: str) -> tuple[Document | None, bool]:
        """The newest snapshot, and whether that is known: without the store, values are not reused."""
        try:
            return self.newest(workspace), True
        except DatabaseError as error:
            log.warning('no reading reused reason="%s"', error)
            return None, False


def _found_differences(snapshot: Document) -> bool:
    """Whether this snapshot's recount found other values than those that would have been reused."""
    about = snapshot["collector"]
    differing = about["recount"]["differing"] if about["recount"]["at"] == about["startedAt"] else []
    if differing:
        log.warning("recount differs readings=%s", ",".join(differing))
    return bool(differing)
