"""The commands; the one place where the parts are put together."""

import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from pymongo.monitoring import CommandListener

from collector import __version__, catalog, snapshot
from collector.connection import Document, connect, database_name
from collector.errors import DatabaseError, RcstatsError
from collector.settings import Settings, load
from collector.sources import Sources
from collector.sources.deployment import Deployment
from collector.sources.rocketchat import RocketChat
from collector.store import Store

if TYPE_CHECKING:
    from socket import socket

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
        sys.exit(TROUBLE)


@dataclass(frozen=True)
class Parts:
    """What the commands work with, put together from the settings."""

    settings: Settings
    sources: Sources
    store: Store

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
    _log_to_stderr(settings.log_level)
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
        yield Parts(settings, sources, Store(store[settings.store_database]))


def _log_to_stderr(level: str) -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=level.upper())
    for library in ("apscheduler", "uvicorn"):  # what they tell at the level info is ours to tell
        logging.getLogger(library).setLevel(logging.WARNING)


@app.command()
def run() -> None:
    """Take a snapshot in each slot of the schedule, and serve them over HTTP."""
    from systemd_watchdog.systemd_watchdog import WatchDog

    from collector.daemon import listener

    with opened(load()) as parts:
        serve(parts, listener(*parts.settings.address), lambda _: WatchDog().ready())


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
        if not dry_run:
            parts.store.prepare()
        with console.progress(catalog.READINGS) as progress:
            document = parts.take(fresh=fresh, progress=progress)
        if not dry_run:
            parts.store.add(document)
    if json:
        print_json(document)
    else:
        console.snapshot(document, catalog.SUBJECTS, "not stored" if dry_run else "stored", whole=whole)


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
def check() -> None:
    """Look whether settings, connections, rights, indexes and snapshots are in order; exit code 0, 1 or 2."""
    from collector import checks, console
    from collector.schedule import Slots

    worst = checks.Level.OK
    with opened(load()) as parts:
        slots = Slots(parts.settings.schedule, parts.settings.timezone)
        for finding in checks.findings(parts.sources.workspace, parts.store, slots, datetime.now(UTC)):
            console.finding(finding)
            worst = max(worst, finding.level)
    raise typer.Exit(worst)


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


def serve(parts: Parts, listening: "socket", ready: Callable[[str], None]) -> None:
    """Schedule and API together, until SIGTERM or Ctrl-C; `ready` gets the address that answers."""
    from api.answers import Answers
    from api.app import create
    from api.statistics import Statistics
    from api.status import Status
    from collector import daemon

    schedule = scheduled(parts)
    workspace, store = parts.sources.workspace, parts.store
    answers = Answers(workspace, store, calls=parts.settings.rate_limit, keep=parts.settings.answer_memory * 2**20)
    api = create(
        answers,
        Statistics(answers, store, schedule.refresh, catalog.entries()),
        Status({"workspace": workspace.identity, "store": store.missing_indexes}),
    )
    daemon.serve(api, listening, schedule, ready, parts.settings.tls)


def scheduled(parts: Parts) -> "Schedule":
    from collector.schedule import Schedule, Slots

    slots = Slots(parts.settings.schedule, parts.settings.timezone)
    return Schedule(slots, parts.take, parts.store, parts.sources.workspace.identity)


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
