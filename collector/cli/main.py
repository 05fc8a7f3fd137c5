"""Owns the command line: the commands on the running workspace, error output and exit codes."""

import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from collector import __version__, logs
from collector.cli import demo, diagnosis, events, history, limits, note
from collector.cli.components import opened
from collector.errors import DatabaseError, RcstatsError
from collector.key_paths import Document

if TYPE_CHECKING:
    from collector.bootstrap import Components

# Exit codes of every command; see the epilogue of --help.
FINDINGS, FAILED, INTERRUPTED = 1, 2, 130

WAITING = "spooled on disk until the store accepts it"

app = typer.Typer(
    help="Collect statistics of a Rocket.Chat workspace on a schedule, and serve them through Rocket.Chat's own API.",
    epilog="Exit codes: 0 success; 1 completed, with findings; 2 failed (for check: critical); 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def main(command: Callable[[], object] = app) -> None:
    """Runs `rcstats`; every error ends as one line on stderr and an exit code, never as a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, so that everything is cleaned up
    try:
        command()
    except KeyboardInterrupt:
        _exit(INTERRUPTED)
    except SystemExit as done:  # every command ends with it
        _exit(done.code if isinstance(done.code, int) else int(bool(done.code)))
    except RcstatsError as error:
        _print_error(str(error))
    except Exception as error:  # noqa: BLE001  any unforeseen error
        if _is_debugging():
            traceback.print_exception(error)
        _print_error(
            f"unexpected error: {logs.brief(error)}: this is a bug in rcstats;"
            " please report it with the traceback that RCSTATS_LOG_LEVEL=debug prints"
        )
    else:
        _exit(0)
    _exit(FAILED)


def _print_error(text: str) -> None:
    sys.stderr.write("".join(f"rcstats: {line}\n" for line in text.splitlines()))


def _is_debugging() -> bool:
    from collector.settings import load

    try:
        return load().log_level == "debug"
    except Exception:  # noqa: BLE001  the settings themselves may be invalid
        return False


def _exit(code: int) -> NoReturn:
    """Exits without waiting half a second for the driver's idle threads; everything is closed and flushed."""
    logging.shutdown()
    with suppress(BrokenPipeError):  # the reader has closed the pipe
        sys.stdout.flush()
    os._exit(code)


@app.command()
def run() -> None:
    """Take a snapshot in each slot of the schedule, and serve the stored snapshots over HTTP."""
    from api.network.server import listener
    from collector import daemon
    from collector.scheduling.supervisor import Systemd

    with opened() as components:
        daemon.serve(components, listener(*components.settings.address), Systemd())
        daemon.end_soon()


@app.command("snapshot")
def snapshot_now(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print only the JSON that the API would serve.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Compute and print the snapshot without storing it.")
    ] = False,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh", help="Recompute every reading instead of reusing unchanged values from the previous snapshot."
        ),
    ] = False,
    whole: Annotated[
        bool, typer.Option("--all", help="Include settings, and values that are zero, off or absent.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what each reading costs MongoDB instead; store nothing.")
    ] = False,
) -> None:
    """Take one snapshot, store it and print it.

    The exit code is 1 if the snapshot is spooled on disk, and 2 if it cannot be kept.
    """
    from collector.cli.progress import progress

    if explain:
        diagnosis.show_costs()
        return
    with opened() as components:
        if components.settings.log_level == "info":
            logs.from_level("warning")  # the table shows what the level info logs
        collector = components.collector.without_session_days() if dry_run else components.collector
        with progress(collector.readings) as update:
            document = collector.collect(fresh=fresh, progress=update)
        state, error = ("not stored", None) if dry_run else keep(components, document)
    if json:
        print_json(document)
    else:
        print_table(document, state, whole=whole)
    if error:
        _print_error(str(error))
        raise typer.Exit(FINDINGS if state == WAITING else FAILED)


def keep(components: "Components", document: Document) -> tuple[str, DatabaseError | None]:
    """Stores the snapshot; returns where it is now, and the error that kept it from the store."""
    from collector.store.archive import WaitingError

    with suppress(DatabaseError):
        components.archive.prepare()
        components.archive.deliver()
    try:
        components.archive.keep(document)
    except WaitingError as error:
        return WAITING, error
    except DatabaseError as error:
        return "not stored", error
    return "stored", None


@app.command()
def prune(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count the snapshots that would be deleted.")] = False,
) -> None:
    """Delete snapshots past their retention period, as the daemon does every hour."""
    from collector.statistics import snapshot
    from collector.store import retention

    with opened() as components:
        workspace, plan, now = components.workspace, components.retention, snapshot.now()
        if plan.every is None and plan.daily is None:
            typer.echo("nothing to prune: neither RCSTATS_RETENTION_FULL_DAYS nor RCSTATS_RETENTION_DAILY_DAYS is set")
        elif dry_run:
            surplus = retention.count_surplus(components.store, workspace, plan, now)
            typer.echo(f"{surplus} of {components.store.count(workspace, {})} snapshots would be deleted")
        else:
            typer.echo(f"{retention.prune(components.store, workspace, plan, now)} snapshots deleted")


@app.command()
def dictionary(
    release: Annotated[
        str | None, typer.Option(help="Only the statistics of this release of Rocket.Chat, for example 8.6.")
    ] = None,
) -> None:
    """Print the definition of every statistic, as Markdown."""
    from collector.statistics import catalog
    from collector.statistics.releases import Release

    wanted = Release.parse(release)
    if release is not None and wanted is None:
        raise RcstatsError("--release: expected a release of Rocket.Chat, for example 8.6")
    sys.stdout.write(catalog.dictionary(wanted))


def print_json(document: Document) -> None:
    """Prints the body of `GET /api/v1/statistics`, and a newline."""
    from api.rendering import bson_json

    sys.stdout.buffer.write(bson_json.document(document) + b"\n")


def print_table(document: Document, note: str, *, whole: bool) -> None:
    from collector.cli import tables
    from collector.statistics import catalog

    tables.snapshot(document, catalog.SUBJECTS, note, whole=whole)


app.add_typer(diagnosis.app)
app.add_typer(history.app)
app.add_typer(limits.app)
app.add_typer(events.app)
app.add_typer(note.app, name="note")
app.add_typer(demo.app)


@app.callback(invoke_without_command=True)
def version(*, version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        typer.echo(f"rcstats {__version__}")
        raise typer.Exit
