"""Owns the commands on notes."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from collector.cli.ages import TakesAges
from collector.cli.components import opened
from collector.cli.panels import example
from collector.cli.panels import time as time_of
from collector.errors import ParameterError, RcstatsError

app = typer.Typer(help="Write down what explains a change of the statistics; notes are shown among the events.")


@app.command(cls=TakesAges, epilog=example('rcstats note add -2h "Moved the uploads to S3"'))
def add(
    time: Annotated[str, typer.Argument(help="What the note is about: a time such as 2024-03-01T10:00, now or -2h.")],
    text: Annotated[str, typer.Argument(help="At most 1,000 characters.")],
) -> None:
    """Add a note. Whoever may view statistics can read it."""
    with opened() as components:
        at = time_of("TIME", time, ZoneInfo(components.settings.timezone), datetime.now(UTC))
        try:
            note = components.notes.add(components.workspace, at, text)
        except ParameterError as error:
            raise RcstatsError(f"TEXT: {error.reason}") from None
    typer.echo(f"note {note.id} added")


@app.command("list", epilog=example("rcstats note list"))
def list_() -> None:
    """List all notes, the newest first."""
    from collector.cli.events import print_lines
    from collector.history.events.timeline import noted

    with opened() as components:
        found = [noted(note) for note in components.notes.of(components.workspace)]
    print_lines(reversed(found), ZoneInfo(components.settings.timezone))


@app.command(epilog=example("rcstats note remove QxL2mZ8rKd5vWn3Tb"))
def remove(
    note_id: Annotated[str, typer.Argument(metavar="ID", help="The ID, as list prints it.")],
) -> None:
    """Remove a note."""
    with opened() as components:
        is_removed = components.notes.remove(components.workspace, note_id)
    if not is_removed:
        raise RcstatsError(f"no such note: {note_id}")
    typer.echo(f"note {note_id} removed")
