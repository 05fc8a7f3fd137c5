"""Computes the snapshots of one workspace; stores nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from collector.errors import DatabaseError
from collector.key_paths import Document
from collector.sources import Sources, licence
from collector.sources.licence import Licence
from collector.statistics import catalog, snapshot
from collector.statistics.reading import Reading
from collector.statistics.releases import Release

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Collector:
    """Runs the readings over a workspace; `newest` gives its newest snapshot, whose unchanged readings are reused."""

    sources: Sources
    timezone: str
    newest: Callable[[str], Document | None]
    readings: Sequence[Reading] = catalog.READINGS

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
        source = self.sources.workspace
        workspace, own = source.identity(), source.own_statistics("version", "enterprise.modules")
        sources = replace(self.sources, licence=Licence.read(own, source.values(*licence.SETTINGS)))
        about = snapshot.SnapshotContext(workspace, self.timezone, slot, Release.parse(own.get("version")))
        previous = None if fresh else self._previous(workspace)
        return snapshot.take(self.readings, sources, about, progress, previous, abandoned)

    def _previous(self, workspace: str) -> Document | None:
        """The newest snapshot; a store that cannot be read costs only the values that could be reused."""
        try:
            return self.newest(workspace)
        except DatabaseError as error:
            log.warning('no reading reused reason="%s"', error)
            return None
