"""Computes the snapshots of one workspace; stores nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

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

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Collector:
    """Runs the readings over a workspace; `newest` gives its newest snapshot, whose unchanged readings are reused.

    `session_days` gives the workspace's cache of days of sessions.
    Unless the `timezone` is a setting, the days are those of the server where its zone can be inferred.
    """

    sources: Sources
    timezone: str
    newest: Callable[[str], Document | None]
    readings: Sequence[Reading] = catalog.READINGS
    timezone_is_set: bool = True
    session_days: Callable[[str], SessionDayCache] = lambda _: NotKept()

    def collect(
        self,
        slot: datetime | None = None,
        abandoned: Callable[[], bool] = lambda: False,
        *,
        fresh: bool = False,
        progress: snapshot.Progress = lambda _: None,
    ) -> Document:
        """The snapshot of a slot, or one on demand; with `fresh` every reading is computed.

        Raises:
            DatabaseError: the workspace's MongoDB cannot be read.
            AbandonedError: `abandoned` has come true.
        """
        sources, about = self.prepared(slot)
        previous, is_known = (None, True) if fresh else self._previous(about.workspace)
        # Otherwise a day without the store would have many scans.
        sources = replace(sources, may_scan=sources.may_scan and is_known)
        if is_known and not fresh:
            sources = replace(sources, session_days=self.session_days(about.workspace))
        return snapshot.take(self.readings, sources, about, progress, previous, abandoned)

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
        workspace, own = identified(source), source.own_statistics("version", "enterprise.modules")
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
