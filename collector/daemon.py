"""The daemon: scheduler and HTTP server together, until SIGTERM; SIGHUP reads the settings again."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from socket import socket

from api.access.admission import Admission
from api.app import create
from api.caching.editions import Editions
from api.caching.responses import ResponseCache
from api.network.bounds import Bounds
from api.network.server import Server
from api.routes.health import Status
from api.routes.metrics import Metrics, Newest
from api.routes.outlook import Outlook
from api.routes.server_metrics import ServerMetrics
from api.routes.statistics import Statistics
from collector import logs
from collector.bootstrap import Components
from collector.errors import DatabaseError
from collector.history.events.timeline import Timeline
from collector.scheduling.attempts import Timing
from collector.scheduling.scheduler import PeriodicJobs, Scheduler, SlotTrigger
from collector.scheduling.slots import Slots
from collector.scheduling.supervisor import Supervisor
from collector.settings import Settings, load, variable
from collector.statistics import catalog, snapshot
from collector.store import retention

log = logging.getLogger(__name__)

END_WITHIN = 1.5  # seconds that a running query has after the API has ended
PRUNE_WITHIN = 60.0  # seconds: a scheduler that prunes for longer would be taken for stuck

# The settings that a reload changes; the others count after a restart.
CHANGEABLE = frozenset({"schedule", "jitter", "rate_limit", "log_level"})


def serve(
    components: Components,
    listening: socket,
    supervisor: Supervisor,
    slots: Slots | None = None,
    timing: Timing = Timing(),
    *,
    reloads: bool = True,
) -> None:
    """Takes the slots, those of the settings by default, and serves the API until SIGTERM or Ctrl-C.

    SIGHUP reads the settings again, unless it is not to reload.

    Raises:
        RcstatsError: the files of the certificate cannot be used.
    """
    settings = components.settings
    trigger = SlotTrigger(slots, timedelta(seconds=settings.jitter)) if slots else planned(settings, settings.timezone)
    scheduler = Scheduler(
        trigger,
        components.job,
        components.telemetry,
        supervisor,
        PeriodicJobs(lambda abandoned: prune(components, abandoned), lambda: sample(components)),
        timing=timing,
    )
    admission = Admission(components.sources.workspace, calls=settings.rate_limit)
    editions = Editions((components.store, components.notes))
    answers = ResponseCache(admission, editions, keep=settings.response_cache_mib * 2**20)
    statistics = Statistics(
        answers,
        components.store,
        scheduler.request,
        catalog.entries(),
        settings.timezone,
        Outlook(settings.thresholds, Timeline(components.store, components.retention, components.notes)),
    )
    status = Status(
        {
            "workspace": lambda: components.workspace and "",
            "store": components.store.indexes.problem,
            "schedule": scheduler.problem,
        }
    )
    application = create(answers, statistics, status, _metrics(components, scheduler))
    server = Server(application, listening, bounds(settings), settings.tls)

    def announce(address: str) -> None:
        scheduler.wait_for_first_attempt()
        supervisor.ready(address)
        with suppress(DatabaseError):  # the first series that can be made asks again
            statistics.calendar()  # logs a time zone that MongoDB does not have

    if reloads:
        reload = Reload(settings, scheduler, admission)
        signal.signal(signal.SIGHUP, lambda *_: _in_thread("reload", reload))
    scheduler.start()
    try:
        server.run(lambda address: _in_thread("ready", lambda: announce(address)))
    finally:
        scheduler.stop()


def planned(settings: Settings, timezone: str) -> SlotTrigger:
    """Raises: SettingsError: the cron expression is wrong."""
    return SlotTrigger(Slots(settings.schedule, timezone), timedelta(seconds=settings.jitter))


def _metrics(components: Components, scheduler: Scheduler) -> Metrics:
    settings, workspace = components.settings, components.sources.workspace
    return Metrics(
        Newest(workspace, components.store),
        components.telemetry,
        settings.metrics_token.get_secret_value() if settings.metrics_token else "",
        schedule=scheduler.problem,
        server=ServerMetrics(workspace) if settings.server_metrics else None,
    )


def bounds(settings: Settings) -> Bounds:
    return Bounds(
        connections=settings.max_connections,
        per_address=settings.max_connections_per_address,
        trusted_proxies=settings.proxies,
    )


def sample(components: Components) -> None:
    """Takes a sample of the open connections; of a workspace that is away, the snapshots tell."""
    with suppress(DatabaseError):
        components.sources.connections.take(components.sources.workspace)


def prune(components: Components, abandoned: Callable[[], bool], within: float = PRUNE_WITHIN) -> None:
    """Removes snapshots past their retention period; those that are left after so many seconds go the next time."""
    until = time.monotonic() + within
    if removed := retention.prune(
        components.store,
        components.workspace,
        components.retention,
        snapshot.now(),
        lambda: abandoned() or time.monotonic() > until,
    ):
        log.info("snapshots pruned count=%d", removed)


@dataclass
class Reload:
    """Takes over the settings that can change while the daemon runs; wrong settings change nothing."""

    running: Settings
    scheduler: Scheduler
    admission: Admission

    def __call__(self) -> None:
        running = self.running
        try:
            read = load()
            self.scheduler.change(planned(read, running.timezone))
        except Exception as error:  # noqa: BLE001  it goes on with the settings that it has
            log.error('settings refused reason="%s"', logs.described(error))  # noqa: TRY400  all there is to say
            return
        self.admission.limit(read.rate_limit)
        logs.from_level(read.log_level)
        log.info("settings reloaded %s", _difference(running, read))
        self.running = running.model_copy(update={name: getattr(read, name) for name in CHANGEABLE})


def _difference(running: Settings, read: Settings) -> str:
    """Which settings differ from those that run, for example "changed=RCSTATS_SCHEDULE needs_restart=none"."""
    changed = [name for name in Settings.model_fields if getattr(running, name) != getattr(read, name)]
    now = ",".join(variable(name) for name in changed if name in CHANGEABLE)
    later = ",".join(variable(name) for name in changed if name not in CHANGEABLE)
    return f"changed={now or 'none'} needs_restart={later or 'none'}"


def end_soon() -> None:
    """Ends the process even if MongoDB has not answered the last query, which it gives up when the process is gone."""

    def end() -> None:
        log.warning("ended with a query still running in MongoDB")
        logging.shutdown()
        os._exit(0)

    timer = threading.Timer(END_WITHIN, end)
    timer.daemon = True
    timer.start()


def _in_thread(name: str, do: Callable[[], None]) -> None:
    threading.Thread(target=do, name=name, daemon=True).start()
