"""Owns the command of a monitoring plugin: what keeps it from running is the state unknown, in a line on stdout."""

import sys
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand

from collector import logs
from collector.cli.exits import as_typed

UNKNOWN = 3  # the exit code, in the convention of monitoring plugins


class Plugin(TyperCommand):
    """A command that prints `RCSTATS UNKNOWN - …` and ends with 3 if it cannot run."""

    def make_context(self, *arguments: Any, **more: Any) -> typer.Context:
        """Reads the options."""
        try:
            return super().make_context(*arguments, **more)  # type: ignore[return-value]
        except typer.TyperException as error:
            _end(error.format_message())

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:  # noqa: BLE001  an unforeseen error is unknown too
            _end(logs.described(error))


def _end(reason: str) -> NoReturn:
    from collector.diagnostics.checks.finding import SERVICE, one_line

    sys.stdout.write(f"{SERVICE} UNKNOWN - {one_line(as_typed(reason))}\n")
    raise typer.Exit(UNKNOWN)
