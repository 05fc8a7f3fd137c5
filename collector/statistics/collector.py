"""Computes the snapshots of one workspace; stores nothing."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from collector.errors import DatabaseError
from collector.key_paths import Document
from collector.sources import Sources
from collector.statistics import catalog, snapshot
from collector.statistics.reading import Reading

log = logging.getLogger(__name__)


def never() -> bool:
    return False


class Collector:
    """Runs the readings over a workspace; `newest` gives its newest snapshot, whose unchanged readings are reused."""

    def __init__(
        self,
        sources: Sources,
        timezone: str,
        newest: Callable[[str], Document | None],
        readings: Sequence[Reading] = catalog.READINGS,
    ) -> None:
        self._sources = sources
        self._timezone = timezone
        self._newest = newest
        self._readings = readings

    def collect(
        self,
        slot: datetime | None = None,
        abandoned: Callable[[], bool] = never,
        *,
        fresh: bool = False,
        progress: snapshot.Progress = lambda _: None,
    ) -> Document:
        """The snapshot of a slot, or one on demand; with `fresh` every reading is computed.

        Raises:
            DatabaseError: the workspace's MongoDB cannot be read.
            AbandonedError: `abandoned` has come true.
        """
        workspace = self._sources.workspace.identity()
        about = snapshot.SnapshotContext(workspace, self._timezone, slot)
        previous = None if fresh else self._previous(workspace)
        return snapshot.take(self._readings, self._sources, about, progress, previous, abandoned)

    def _previous(self, workspace: str) -> Document | None:
        """The newest snapshot; a store that cannot be read costs only the values that could be reused."""
        try:
            return self._newest(workspace)
        except DatabaseError as error:
            log.warning('no reading reused reason="%s"', error)
            return None
