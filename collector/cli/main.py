"""Owns the command line: the commands on the running workspace, error output and exit codes."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from io import TextIOWrapper
from typing import Annotated

import typer

from collector import __version__, logs
from collector.cli import demo, diagnosis, events, history, limits, note, past, snapshot
from collector.cli.components import opened
from collector.cli.exits import FAILED, INTERRUPTED, VARIABLES, end, print_error
from collector.cli.group import Group
from collector.cli.panels import HISTORY, OPERATION, example
from collector.errors import RcstatsError

app = typer.Typer(
    help="Collect statistics of a Rocket.Chat workspace on a schedule, and serve them through Rocket.Chat's own API.",
    epilog="Exit codes: 0 success; 1 completed, with findings; 2 failed; 130 interrupted. See check for its own.",
    pretty_exceptions_enable=False,
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
)
operation = typer.Typer()


def main(command: Callable[[], object] = lambda: app(standalone_mode=False)) -> None:
    """Runs `rcstats`; every error ends as one line on stderr and an exit code, never as a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, so that everything is cleaned up
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # the encoding of a locale may lack a sign
    try:
        code = command()
    except KeyboardInterrupt:
        end(INTERRUPTED)
    except SystemExit as done:  # of the completion of a shell
        end(done.code if isinstance(done.code, int) else int(bool(done.code)))
    except typer.TyperException as error:
        print_error(error.format_message())
    except RcstatsError as error:
        print_error(str(error))
    except Exception as error:  # noqa: BLE001  any unforeseen error
        if _is_debugging():
            traceback.print_exception(error)
        print_error(
            f"unexpected error: {logs.brief(error)}: this is a bug in rcstats;"
            " please report it with the traceback that RCSTATS_LOG_LEVEL=debug prints"
        )
    else:
        end(code if isinstance(code, int) else 0)
    end(FAILED)


def _is_debugging() -> bool:
    from collector.settings import load

    try:
        return load().log_level == "debug"
    except Exception:  # noqa: BLE001  the settings themselves may be invalid
        return False


@operation.command(rich_help_panel=OPERATION, epilog=example("rcstats run"))
def run() -> None:
    """Take a snapshot in each slot of the schedule, and serve the stored snapshots over HTTP."""
    from api.network.server import listener
    from collector import daemon
    from collector.scheduling.supervisor import Systemd

    with opened() as components:
        daemon.serve(components, listener(*components.settings.address), Systemd())
        daemon.end_soon()


@operation.command(rich_help_panel=HISTORY, epilog=example("rcstats prune --dry-run"))
def prune(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count the snapshots that would be deleted.")] = False,
) -> None:
    """Delete snapshots past their retention period, as the daemon does every hour."""
    from collector.statistics.snapshot import now
    from collector.store import retention

    with opened() as components:
        workspace, plan, moment = components.workspace, components.retention, now()
        if plan.every is None and plan.daily is None:
            typer.echo("nothing to prune: neither RCSTATS_RETENTION_FULL_DAYS nor RCSTATS_RETENTION_DAILY_DAYS is set")
        elif dry_run:
            surplus = retention.count_surplus(components.store, workspace, plan, moment)
            typer.echo(f"{surplus} of {components.store.count(workspace, {})} snapshots would be deleted")
        else:
            typer.echo(f"{retention.prune(components.store, workspace, plan, moment)} snapshots deleted")


@operation.command(rich_help_panel=OPERATION, epilog=example("rcstats dictionary --release 8.6"))
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


for commands in (snapshot.app, history.app, limits.app, events.app, past.app, operation, demo.app, diagnosis.app):
    app.add_typer(commands)
app.add_typer(note.app, name="note", rich_help_panel=HISTORY, epilog=example("rcstats note list"))


@app.callback(invoke_without_command=True)
def every_command(
    context: typer.Context,
    *,
    mongo_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="URL of the workspace's MongoDB, in place of RCSTATS_MONGO_URL. Other users can see it, so that it "
            "should have no password.",
        ),
    ] = None,
    config: Annotated[
        str | None, typer.Option(metavar="FILE", help="Settings file, in place of /etc/rcstats/rcstats.toml.")
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"rcstats {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        context.get_help()  # prints it
    for variable, value in zip(VARIABLES.values(), (mongo_url, config), strict=True):
        if value is not None:
            os.environ[variable] = value
