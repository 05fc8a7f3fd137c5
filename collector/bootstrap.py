"""The composition root: builds the components of every command from the settings."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from pymongo.database import Database
from pymongo.monitoring import CommandListener

from collector import logs
from collector.key_paths import Document
from collector.mongodb.connection import connect, database, database_name
from collector.scheduling.job import SnapshotJob
from collector.settings import Settings
from collector.sources import Sources
from collector.sources.identification import identified
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog
from collector.statistics.collector import Collector
from collector.statistics.reading import Reading
from collector.store import imported
from collector.store.archive import Archive
from collector.store.leases import LEASE, Leases
from collector.store.notes import Notes
from collector.store.retention import Retention
from collector.store.session_days import SessionDayStore
from collector.store.snapshots import Store
from collector.store.spool import Spool
from collector.telemetry import Telemetry


@dataclass(frozen=True)
class Components:
    """Workspace, store, and what lies between them."""

    settings: Settings
    sources: Sources
    store: Store
    notes: Notes
    collector: Collector
    archive: Archive
    job: SnapshotJob
    telemetry: Telemetry

    @property
    def workspace(self) -> str:
        """The workspace's id.

        Raises:
            NotAWorkspaceError: the database is none.
            DatabaseError: it cannot be read.
        """
        return identified(self.sources.workspace)

    @property
    def retention(self) -> Retention:
        settings = self.settings
        return Retention(settings.retention_full_days, settings.retention_daily_days, ZoneInfo(settings.timezone))


@contextmanager
def open_components(
    settings: Settings,
    *listeners: CommandListener,
    readings: Sequence[Reading] = catalog.READINGS,
    lease_seconds: float = LEASE,
) -> Iterator[Components]:
    """The components, with connections that are opened at first use and closed at the end.

    `listeners` get the commands that the workspace is sent.
    """
    logs.to_stderr(settings.log_level)
    with ExitStack() as stack:
        client = stack.enter_context(connect(settings.workspace_url, "RCSTATS_MONGO_URL", *listeners))
        store_client = client
        if settings.store_url:
            store_client = stack.enter_context(connect(settings.store_url.get_secret_value(), "RCSTATS_STORE_URL"))
        workspace = database(client, database_name(settings.workspace_url), "RCSTATS_MONGO_URL")
        kept = database(store_client, settings.store_database, "RCSTATS_STORE_URL")
        sources = _sources(settings, workspace, Store(kept))
        yield _components(settings, sources, kept, readings, lease_seconds)


def _sources(settings: Settings, database: Database[Document], store: Store) -> Sources:
    workspace = RocketChat(database, site=settings.site or "")
    return Sources(
        workspace,
        deployment=settings.deployment,
        timezone=ZoneInfo(settings.timezone),
        may_scan=settings.daily_scan,
        not_imported=lambda ids: imported.missing(ids, workspace, store),
        uploads_size=settings.uploads_size,
    )


def _components(
    settings: Settings, sources: Sources, kept: Database[Document], readings: Sequence[Reading], lease_seconds: float
) -> Components:
    store, leases, telemetry = Store(kept), Leases(kept, lease_seconds), Telemetry()
    collector = Collector(
        sources,
        settings.timezone,
        store.newest,
        readings,
        timezone_is_set=settings.timezone_is_set,
        session_days=SessionDayStore(kept).of,
        scan_interval=timedelta(seconds=settings.scan_interval),
        recount_interval=timedelta(days=settings.recount_days),
    )
    archive = Archive(store, leases, Spool(settings.spool), telemetry)
    job = SnapshotJob(collector, archive, leases, lambda: identified(sources.workspace))
    return Components(settings, sources, store, Notes(kept), collector, archive, job, telemetry)
