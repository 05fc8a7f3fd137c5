"""The commands; the one place where the parts are put together."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer
from pymongo.monitoring import CommandListener

from collector import __version__, catalog, logs, snapshot
from collector.claims import Claims
from collector.connection import Document, connect, database_name
from collector.errors import DatabaseError, RcstatsError, SettingsError
from collector.record import Record
from collector.settings import Settings, load
from collector.sources import Sources
from collector.sources.deployment import Deployment
from collector.sources.rocketchat import RocketChat
from collector.spool import Spool
from collector.store import Store

if TYPE_CHECKING:
    from socket import socket

    from collector.history.retention import Retention
    from collector.keeper import Keeper, Take
    from collector.schedule import Schedule

log = logging.getLogger(__name__)

# What an exit code says, of every command: 1 it was done and found something, 2 it could not be done.
FOUND, TROUBLE = 1, 2

app = typer.Typer(
    help="Statistics of a Rocket.Chat workspace, collected on a schedule and served as its own server serves them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """The command `rcstats`: what the operator can mend is one line and an exit code, never a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C, so that all is cleaned up
    try:
        app()
    except RcstatsError as error:
        sys.stderr.write("".join(f"rcstats: {line}\n" for line in str(error).splitlines()))
        _exit(TROUBLE)
    except SystemExit as done:  # so every command ends
        _exit(done.code if isinstance(done.code, int) else 0)


def _exit(code: int) -> NoReturn:
    """Ends at once: all is closed and flushed, and the driver's idle threads would be waited for, half a second."""
    logging.shutdown()
    with suppress(BrokenPipeError):  # who reads has read enough
        sys.stdout.flush()
    os._exit(code)


@dataclass(frozen=True)
class Parts:
    """What the commands work with, put together from the settings."""

    settings: Settings
    sources: Sources
    store: Store
    claims: Claims
    spool: Spool
    record: Record = field(default_factory=Record)

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
        about = snapshot.Circumstances(workspace, self.settings.timezone, slot)
        previous = None if fresh else self._previous(workspace)
        return snapshot.take(catalog.READINGS, self.sources, about, progress, previous, abandoned)

    def keeper(self, take: "Take") -> "Keeper":
        from collector.keeper import Keeper

        identity = self.sources.workspace.identity
        return Keeper(take, self.store, self.claims, identity, self.record, self.spool)

    def keep(self, document: Document) -> str:
        """Stores a snapshot, and what waited before it; or lets it wait. Which of both, in a word."""
        keeper = self.keeper(lambda _, __: document)
        with suppress(DatabaseError):
            keeper.deliver()
        keeper.take_now(lambda: False)
        return "waiting on disk for the store" if self.record.waiting else "stored"

    def _previous(self, workspace: str) -> Document | None:
        """The last snapshot; a store that can't be read costs only what could have been carried over."""
        try:
            return self.store.newest(workspace)
        except DatabaseError as error:
            log.warning("nothing is carried over: %s", error)
            return None


@contextmanager
def opened(settings: Settings, *listeners: CommandListener) -> Iterator[Parts]:
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
            RocketChat(client[database_name(settings.workspace_url)]),
            deployment=Deployment(
                settings.deploy_method, settings.deploy_platform, settings.server_pid_file, settings.server_port
            ),
            timezone=ZoneInfo(settings.timezone),
        )
        database = store[settings.store_database]
        yield Parts(settings, sources, Store(database), Claims(database), Spool(settings.spool))


@app.command()
def run() -> None:
    """Take a snapshot in each slot of the schedule, and serve them over HTTP."""
    from systemd_watchdog.systemd_watchdog import WatchDog

    from collector import daemon

    systemd = WatchDog()

    def alive(how: str) -> None:
        systemd.notify()
        systemd.status(how)

    with opened(load()) as parts:
        serve(parts, daemon.listener(*parts.settings.address), lambda _: systemd.ready(), alive)
        daemon.end_soon()


@app.command("snapshot")
def snapshot_now(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print what the API would serve, and nothing else.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compute and print it, but do not store it.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Read all, also what is settled since the last one.")] = False,
    whole: Annotated[bool, typer.Option("--all", help="Show also settings, and what is zero, off or absent.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what it costs MongoDB instead; store nothing.")
    ] = False,
) -> None:
    """Take one snapshot now, store it and print it."""
    from collector import console

    if explain:
        show_bill()
        return
    with opened(load()) as parts:
        logs.to_stderr("warning")  # what is told at the level info stands in the table
        with console.progress(catalog.READINGS) as progress:
            document = parts.take(fresh=fresh, progress=progress)
        where = "not stored" if dry_run else parts.keep(document)
    if json:
        print_json(document)
    else:
        console.snapshot(document, catalog.SUBJECTS, where, whole=whole)


def show_bill() -> None:
    """Each reading's queries, run and explained one by one."""
    from collector import console
    from collector.explain import Recorder, bills

    recorder = Recorder()
    with opened(load(), recorder) as parts:
        parts.sources.workspace.identity()
        console.bill(bills(catalog.READINGS, parts.sources.at(snapshot.now()), recorder))


@app.command()
def parity(
    *, whole: Annotated[bool, typer.Option("--all", help="List also what is equal, and what only we have.")] = False
) -> None:
    """Compare our numbers with the server's own newest statistics document; exit code 1 if any differs."""
    from collector import console
    from collector.parity import Verdict, compare

    with opened(load()) as parts:
        own = parts.sources.workspace.told_last()
        if own is None:
            raise RcstatsError("the server has stored no statistics document yet; its administration page makes one")
        with console.progress(catalog.READINGS) as progress:
            ours = parts.take(fresh=True, progress=progress)
    compared = list(compare(ours, own, catalog.STATISTICS))
    console.parity(compared, own["createdAt"], whole=whole)
    if any(comparison.verdict is Verdict.DIFFERS for comparison in compared):
        raise typer.Exit(FOUND)


@app.command()
def check(
    *,
    roles: Annotated[
        bool, typer.Option("--roles", help="Print the least rights that do, to paste into mongosh.")
    ] = False,
) -> None:
    """Look whether settings, connections, rights, indexes and snapshots are in order; exit code 0, 1 or 2."""
    from collector import checks, console, rights
    from collector.slots import Slots

    settings = load()
    if roles:
        sys.stdout.write(rights.commands(settings))
        return
    with opened(settings) as parts:
        slots = Slots(settings.schedule, settings.timezone)
        workspace, store = parts.sources.workspace, parts.store
        found = list(checks.findings(workspace, store, lambda: rights.access(settings), slots, datetime.now(UTC)))
    console.findings(found)
    raise typer.Exit(max(finding.level for finding in found))


@app.command()
def prune(
    *, dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many would be removed.")] = False
) -> None:
    """Remove the snapshots that are kept for no longer; the daemon does so by itself, after each slot."""
    from collector.history import retention

    with opened(load()) as parts:
        workspace, now = parts.sources.workspace.identity(), snapshot.now()
        plan = kept(parts.settings)
        if plan.every is None and plan.daily is None:
            typer.echo("all are kept: neither RCSTATS_KEEP_EVERY_DAYS nor RCSTATS_KEEP_DAILY_DAYS is set")
        elif dry_run:
            surplus = sum(1 for _ in plan.surplus(parts.store.moments(workspace, now), now))
            typer.echo(f"{surplus} of {parts.store.count(workspace, {})} snapshots would be removed")
        else:
            typer.echo(f"{retention.prune(parts.store, workspace, plan, now)} snapshots removed")


@app.command()
def dictionary() -> None:
    """Print what every statistic means, as Markdown."""
    sys.stdout.write(catalog.dictionary())


@app.command()
def demo(
    data: Annotated[
        Path | None, typer.Option(help="Folder that keeps the sample database; otherwise it is thrown away at the end.")
    ] = None,
) -> None:
    """Try it: a real MongoDB with a sample workspace, its snapshots, and the API."""
    from collector import console
    from collector.daemon import any_listener
    from collector.demo import guide, mongod, server, workspace

    begun = datetime.now(UTC)
    with mongod.running(data) as url:
        settings = load(mongo_url=url.replace("/?", "/rocketchat?"), store_url=None, log_level="warning")
        with opened(settings) as parts, connect(settings.workspace_url, "RCSTATS_MONGO_URL") as client:
            database = client["rocketchat"]
            if not workspace.is_filled(database):
                client.drop_database("rocketchat")
                workspace.fill(database, begun)
            with server.alive(database):
                serve(parts, any_listener(*settings.address), lambda address: console.page(guide.text(address, begun)))


def serve(
    parts: Parts,
    listening: "socket",
    ready: Callable[[str], None],
    alive: Callable[[str], None] = lambda _: None,
) -> None:
    """Schedule and API together, until SIGTERM or Ctrl-C.

    `ready` gets the address that answers, `alive` now and then how things stand.
    """
    from api.answers import Answers
    from api.app import create
    from api.metrics import Metrics, Newest
    from api.statistics import Statistics
    from api.status import Status
    from collector import daemon
    from collector.slots import Slots

    schedule = scheduled(parts)
    schedule.alive = alive
    schedule.afterwards = lambda: tidy(parts)
    workspace, store, token = parts.sources.workspace, parts.store, parts.settings.metrics_token
    answers = Answers(workspace, store, calls=parts.settings.rate_limit, keep=parts.settings.answer_memory * 2**20)
    api = create(
        answers,
        Statistics(answers, store, schedule.refresh, catalog.entries(), parts.settings.timezone),
        Status({"workspace": workspace.identity, "store": store.missing_indexes}),
        Metrics(Newest(workspace, store), parts.record, token.get_secret_value() if token else ""),
    )

    def reload() -> None:
        """Takes over what can change while we run; wrong settings change nothing."""
        try:
            settings = load()
            schedule.change(Slots(settings.schedule, settings.timezone), timedelta(seconds=settings.jitter))
        except SettingsError as error:
            log.error("nothing is changed: %s", error)  # noqa: TRY400  the sentence is all there is to say
            return
        answers.limit(settings.rate_limit)
        logging.getLogger().setLevel(settings.log_level.upper())
        log.info("settings read again")

    daemon.serve(api, listening, schedule, ready, parts.settings.tls, reload)


def tidy(parts: Parts) -> None:
    """Removes the snapshots that are kept for no longer."""
    from collector.history import retention

    if removed := retention.prune(
        parts.store, parts.sources.workspace.identity(), kept(parts.settings), snapshot.now()
    ):
        log.info("snapshots removed=%d, as they are kept for no longer", removed)


def kept(settings: Settings) -> "Retention":
    from collector.history.retention import Retention

    return Retention(settings.keep_every_days, settings.keep_daily_days, ZoneInfo(settings.timezone))


def scheduled(parts: Parts) -> "Schedule":
    from collector.schedule import Schedule
    from collector.slots import Slots

    settings = parts.settings
    return Schedule(
        Slots(settings.schedule, settings.timezone),
        parts.keeper(parts.take),
        parts.record,
        jitter=timedelta(seconds=settings.jitter),
    )


def print_json(document: Document) -> None:
    """The bytes of `GET /api/v1/statistics`, and a line's end."""
    from api import javascript

    sys.stdout.buffer.write(javascript.document(document) + b"\n")


@app.callback(invoke_without_command=True)
def version(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False
) -> None:
    if version:
        typer.echo(f"rcstats {__version__}")
        raise typer.Exit
