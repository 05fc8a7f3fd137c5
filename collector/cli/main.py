"""The commands."""

import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from collector import __version__, logs
from collector.bootstrap import Components, open_components
from collector.cli import history
from collector.errors import DatabaseError, RcstatsError
from collector.key_paths import Document
from collector.mongodb.connection import connect
from collector.scheduling.job import WaitingError
from collector.settings import load
from collector.statistics import catalog, snapshot

# What an exit code says, of every command: 1 it was done and found something, 2 it could not be done, 130 Ctrl-C.
FOUND, TROUBLE, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    help="Statistics of a Rocket.Chat workspace, collected on a schedule and served as its own server serves them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main(command: Callable[[], object] = app) -> None:
    """The command `rcstats`: whatever goes wrong is one line and an exit code, never a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C, so that all is cleaned up
    try:
        command()
    except KeyboardInterrupt:
        _exit(INTERRUPTED)
    except SystemExit as done:  # so every command ends
        _exit(done.code if isinstance(done.code, int) else int(bool(done.code)))
    except RcstatsError as error:
        _complain(str(error))
    except Exception as error:  # noqa: BLE001  an error that nobody foresaw
        if _is_debugging():
            traceback.print_exception(error)
        _complain(
            f"unexpected error: {logs.brief(error)}: this is a defect of rcstats;"
            " please report it with the traceback, which RCSTATS_LOG_LEVEL=debug prints"
        )
    _exit(TROUBLE)


def _complain(text: str) -> None:
    sys.stderr.write("".join(f"rcstats: {line}\n" for line in text.splitlines()))


def _is_debugging() -> bool:
    try:
        return load().log_level == "debug"
    except Exception:  # noqa: BLE001  the settings themselves may be what is wrong
        return False


def _exit(code: int) -> NoReturn:
    """Ends at once: all is closed and flushed, and the driver's idle threads would be waited for, half a second."""
    logging.shutdown()
    with suppress(BrokenPipeError):  # who reads has read enough
        sys.stdout.flush()
    os._exit(code)


@app.command()
def run() -> None:
    """Take a snapshot in each slot of the schedule, and serve them over HTTP."""
    from systemd_watchdog.systemd_watchdog import WatchDog

    from api.network.server import listener
    from collector import daemon

    systemd = WatchDog()

    def alive(how: str) -> None:
        systemd.notify()
        systemd.status(how)

    with open_components(load()) as parts:
        daemon.serve(parts, listener(*parts.settings.address), lambda _: systemd.ready(), alive)
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
    """Take one snapshot now, store it and print it; exit code 1 if it waits on disk, 2 if it is not kept at all."""
    from collector.cli import tables

    if explain:
        show_bill()
        return
    with open_components(load()) as parts:
        if parts.settings.log_level == "info":
            logs.from_level("warning")  # what is told at the level info stands in the table
        with tables.progress(catalog.READINGS) as progress:
            document = parts.take(fresh=fresh, progress=progress)
        where, trouble = ("not stored", None) if dry_run else kept(parts, document)
    if json:
        print_json(document)
    else:
        tables.snapshot(document, catalog.SUBJECTS, where, whole=whole)
    if trouble:
        _complain(str(trouble))
        raise typer.Exit(FOUND if isinstance(trouble, WaitingError) else TROUBLE)


def kept(parts: Components, document: Document) -> tuple[str, DatabaseError | None]:
    """Where a snapshot is now, and why it is not in the store."""
    try:
        parts.keep(document)
    except WaitingError as error:
        return "waiting on disk for the store", error
    except DatabaseError as error:
        return "not stored", error
    return "stored", None


def show_bill() -> None:
    """Each reading's queries, run and explained one by one."""
    from collector.cli import tables
    from collector.diagnostics.explain import Recorder, bills

    recorder = Recorder()
    with open_components(load(), recorder) as parts:
        parts.sources.workspace.identity()
        tables.bill(bills(catalog.READINGS, parts.sources.at(snapshot.now()), recorder))


@app.command()
def parity(
    *, whole: Annotated[bool, typer.Option("--all", help="List also what is equal, and what only we have.")] = False
) -> None:
    """Compare our numbers with the server's own newest statistics document; exit code 1 if any differs."""
    from collector.cli import tables
    from collector.diagnostics.parity import Verdict, compare

    with open_components(load()) as parts:
        own = parts.sources.workspace.server_statistics_newest()
        if own is None:
            raise RcstatsError("the server has stored no statistics document yet; its administration page makes one")
        with tables.progress(catalog.READINGS) as progress:
            ours = parts.take(fresh=True, progress=progress)
    compared = list(compare(ours, own, catalog.STATISTICS))
    tables.parity(compared, own.get("createdAt"), whole=whole)
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
    from collector.cli import tables
    from collector.diagnostics import checks, privileges
    from collector.scheduling.slots import Slots

    settings = load()
    if roles:
        sys.stdout.write(privileges.commands(settings))
        return
    with open_components(settings) as parts:
        slots = Slots(settings.schedule, settings.timezone)
        workspace, store = parts.sources.workspace, parts.store
        now, zone = datetime.now(UTC), settings.timezone
        found = list(checks.findings(workspace, store, lambda: privileges.access(settings), slots, now, zone))
    tables.findings(found)
    raise typer.Exit(max(finding.level for finding in found))


@app.command()
def prune(
    *, dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many would be removed.")] = False
) -> None:
    """Remove the snapshots that are kept for no longer; the daemon does so by itself, after each slot."""
    from collector.store import retention

    with open_components(load()) as parts:
        workspace, plan, now = parts.workspace, parts.retention, snapshot.now()
        if plan.every is None and plan.daily is None:
            typer.echo("all are kept: neither RCSTATS_RETENTION_FULL_DAYS nor RCSTATS_RETENTION_DAILY_DAYS is set")
        elif dry_run:
            surplus = retention.count_surplus(parts.store, workspace, plan, now)
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
    from api.network.server import any_listener
    from collector import daemon
    from collector.cli import tables
    from collector.demo import guide, instance, mongod
    from collector.demo.sample import workspace

    begun = datetime.now(UTC)
    with mongod.running(mongod.own_folder(data) if data else None) as url:
        settings = load(mongo_url=url.replace("/?", "/rocketchat?"), store_url=None, log_level="warning")
        with open_components(settings) as parts, connect(settings.workspace_url, "RCSTATS_MONGO_URL") as client:
            database = client["rocketchat"]
            if not workspace.is_filled(database):
                client.drop_database("rocketchat")
                workspace.fill(database, begun)
                history.reconstruct(parts, begun)
            with instance.alive(database):
                listening = any_listener(*settings.address)
                daemon.serve(parts, listening, lambda address: tables.page(guide.text(address, begun)))


def print_json(document: Document) -> None:
    """The bytes of `GET /api/v1/statistics`, and a line's end."""
    from api.rendering import bson_json

    sys.stdout.buffer.write(bson_json.document(document) + b"\n")


history.add_to(app)


@app.callback(invoke_without_command=True)
def version(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False
) -> None:
    if version:
        typer.echo(f"rcstats {__version__}")
        raise typer.Exit
