"""Owns the command that takes a snapshot now."""

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from collector import logs
from collector.cli import diagnosis
from collector.cli.components import opened
from collector.cli.exits import FAILED, FINDINGS, print_error
from collector.cli.panels import DAILY, JSON, example
from collector.errors import DatabaseError, RcstatsError
from collector.key_paths import Document

if TYPE_CHECKING:
    from collector.bootstrap import Components

WAITING = "spooled on disk until the store accepts it"

app = typer.Typer()


@app.command("snapshot", rich_help_panel=DAILY, epilog=example("rcstats snapshot --dry-run"))
def snapshot_now(
    *,
    json: JSON = False,
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

    if explain and (fresh or whole):
        raise RcstatsError(f"--explain: cannot be combined with {'--fresh' if fresh else '--all'}")
    if explain:
        diagnosis.show_costs(json=json)
        return
    with opened() as components:
        if components.settings.log_level == "info":
            logs.from_level("warning")  # the table shows what the level info logs
        collector = components.collector.without_session_days() if dry_run else components.collector
        with progress(collector.readings) as update:
            document = collector.collect(fresh=fresh, progress=update)
        state, error = ("not stored", None) if dry_run else keep(components, document)
    _show(document, state, components.settings.timezone, json=json, whole=whole)
    if error:
        print_error(str(error))
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


def _show(document: Document, state: str, zone: str, *, json: bool, whole: bool) -> None:
    if json:
        from collector.cli import json_output

        json_output.write(document)
    else:
        from collector.cli import tables
        from collector.statistics import catalog

        tables.snapshot(document, catalog.SUBJECTS, state, zone, whole=whole)
