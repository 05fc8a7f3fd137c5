"""The service: schedule and API, put together from the parts, and changed while it runs."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from socket import socket

from api.access.admission import Admission
from api.app import create
from api.caching.responses import ResponseCache
from api.network.bounds import Bounds
from api.network.server import Server
from api.routes.health import Status
from api.routes.metrics import Metrics, Newest
from api.routes.statistics import Statistics
from collector import logs
from collector.bootstrap import Components
from collector.errors import DatabaseError
from collector.reloading import difference, taken_over
from collector.scheduling.scheduler import Scheduler
from collector.scheduling.slots import Slots
from collector.settings import Settings, load
from collector.statistics import catalog, snapshot
from collector.store.retention import prune

log = logging.getLogger(__name__)

END_WITHIN = 1.5  # seconds that a running query has after the API has ended
TIDY_WITHIN = 60.0  # seconds: a schedule that tidies for longer would be taken for stuck


def serve(
    parts: Components,
    listening: socket,
    ready: Callable[[str], None],
    alive: Callable[[str], None] = lambda _: None,
) -> None:
    """Scheduler and API together, until SIGTERM or Ctrl-C.

    `ready` gets the address once it answers and the first slot is settled, one way or the other; `alive` now and then
    how things stand. SIGHUP reads the settings again.

    Raises:
        RcstatsError: the files of the certificate can't be used.
    """
    schedule = scheduled(parts)
    schedule.alive = alive
    schedule.afterwards = lambda: tidy(parts)
    workspace, store, token = parts.sources.workspace, parts.store, parts.settings.metrics_token
    admission = Admission(workspace, calls=parts.settings.rate_limit)
    answers = ResponseCache(admission, store, keep=parts.settings.response_cache_mib * 2**20)
    statistics = Statistics(answers, store, schedule.ask, catalog.entries(), parts.settings.timezone)
    api = create(
        answers,
        statistics,
        Status(
            {
                "workspace": lambda: workspace.identity() and "",
                "store": store.index_problem,
                "schedule": schedule.problem,
            }
        ),
        Metrics(Newest(workspace, store), parts.record, token.get_secret_value() if token else ""),
    )

    running = parts.settings

    def reload() -> None:
        """Takes over what can change while we run; wrong settings change nothing."""
        nonlocal running
        try:
            settings = load()
            schedule.change(Slots(settings.schedule, parts.settings.timezone), timedelta(seconds=settings.jitter))
        except Exception as error:  # noqa: BLE001  it goes on by the settings that it has
            log.error('settings refused reason="%s"', logs.described(error))  # noqa: TRY400  all there is to say
            return
        admission.limit(settings.rate_limit)
        logs.from_level(settings.log_level)
        log.info("settings read again %s", difference(running, settings))
        running = taken_over(running, settings)

    def announce(address: str) -> None:
        schedule.settled.wait()
        ready(address)
        with suppress(DatabaseError):  # the first series that can be made asks again
            statistics.calendar()  # logs a time zone that MongoDB does not have

    server = Server(api, listening, bounds(parts.settings), parts.settings.tls)
    signal.signal(signal.SIGHUP, lambda *_: _in_thread("reload", reload))
    schedule.start()
    try:
        server.run(lambda address: _in_thread("ready", lambda: announce(address)))
    finally:
        schedule.stop()


def end_soon() -> None:
    """Ends the process even if MongoDB has not answered the last query; it gives up the query when we are gone."""

    def end() -> None:
        log.warning("ended while MongoDB was still being asked")
        logging.shutdown()
        os._exit(0)

    timer = threading.Timer(END_WITHIN, end)
    timer.daemon = True
    timer.start()


def bounds(settings: Settings) -> Bounds:
    return Bounds(
        connections=settings.max_connections,
        per_address=settings.max_connections_per_address,
        trusted_proxies=settings.proxies,
    )


def _in_thread(name: str, do: Callable[[], None]) -> None:
    threading.Thread(target=do, name=name, daemon=True).start()


def tidy(parts: Components, within: float = TIDY_WITHIN) -> None:
    """Removes snapshots that are kept for no longer; those that are left after so many seconds go the next time."""
    until = time.monotonic() + within
    if removed := prune(
        parts.store, parts.workspace, parts.retention, snapshot.now(), lambda: time.monotonic() > until
    ):
        log.info("snapshots removed=%d, as they are kept for no longer", removed)


def scheduled(parts: Components) -> Scheduler:
    settings = parts.settings
    return Scheduler(
        Slots(settings.schedule, settings.timezone),
        parts.keeper(parts.take),
        parts.record,
        jitter=timedelta(seconds=settings.jitter),
    )
