"""What the commands work with, put together from the settings."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from pymongo.monitoring import CommandListener

from collector import logs
from collector.errors import DatabaseError
from collector.key_paths import Document
from collector.mongodb.connection import connect, database, database_name
from collector.scheduling.job import SnapshotJob, Take
from collector.settings import Settings
from collector.sources import Sources
from collector.sources.deployment import Deployment
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog, snapshot
from collector.store.leases import Leases
from collector.store.retention import Retention
from collector.store.snapshots import Store
from collector.store.spool import Spool
from collector.telemetry import Telemetry

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Components:
    """Workspace, store, and what lies between them."""

    settings: Settings
    sources: Sources
    store: Store
    claims: Leases
    spool: Spool
    record: Telemetry = field(default_factory=Telemetry)

    def take(
        self,
        slot: datetime | None = None,
        abandoned: Callable[[], bool] = lambda: False,
        *,
        fresh: bool = False,
        progress: snapshot.Progress = lambda _: None,
    ) -> Document:
        """A snapshot, computed and not stored; what is settled is carried over from the last one unless `fresh`."""
        workspace = self.sources.workspace.identity()
        about = snapshot.SnapshotContext(workspace, self.settings.timezone, slot)
        previous = None if fresh else self._previous(workspace)
        return snapshot.take(catalog.READINGS, self.sources, about, progress, previous, abandoned)

    def keeper(self, take: Take) -> SnapshotJob:
        identity = self.sources.workspace.identity
        return SnapshotJob(take, self.store, self.claims, identity, self.record, self.spool)

    @property
    def workspace(self) -> str:
        """The workspace's id.

        Raises:
            DatabaseError: it can't be read.
        """
        return self.sources.workspace.identity()

    @property
    def retention(self) -> Retention:
        settings = self.settings
        return Retention(settings.retention_full_days, settings.retention_daily_days, ZoneInfo(settings.timezone))

    def keep(self, document: Document) -> None:
        """Stores a snapshot, and what waited before it.

        Raises:
            WaitingError: it waits on disk.
            DatabaseError: it is not kept.
        """
        keeper = self.keeper(lambda _, __: document)
        with suppress(DatabaseError):
            keeper.prepare()
            keeper.deliver()
        keeper.keep(document)

    def _previous(self, workspace: str) -> Document | None:
        """The last snapshot; a store that can't be read costs only what could have been carried over."""
        try:
            return self.store.newest(workspace)
        except DatabaseError as error:
            log.warning("nothing is carried over: %s", error)
            return None


@contextmanager
def open_components(settings: Settings, *listeners: CommandListener) -> Iterator[Components]:
    """The parts, with connections that are made at first use and closed at the end.

    `listeners` hear of what the workspace is asked.
    """
    logs.to_stderr(settings.log_level)
    with ExitStack() as stack:
        client = stack.enter_context(connect(settings.workspace_url, "RCSTATS_MONGO_URL", *listeners))
        store = client
        if settings.store_url:
            store = stack.enter_context(connect(settings.store_url.get_secret_value(), "RCSTATS_STORE_URL"))
        sources = Sources(
            RocketChat(database(client, database_name(settings.workspace_url), "RCSTATS_MONGO_URL")),
            deployment=Deployment(
                settings.deploy_method, settings.deploy_platform, settings.server_pid_file, settings.server_port
            ),
            timezone=ZoneInfo(settings.timezone),
        )
        kept = database(store, settings.store_database, "RCSTATS_STORE_URL")
        yield Components(settings, sources, Store(kept), Leases(kept), Spool(settings.spool))
