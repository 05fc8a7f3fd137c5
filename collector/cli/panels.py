"""Owns what all commands share: the groups and examples of their help, `--json`, and errors that name an option."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from collector.errors import ParameterError, RcstatsError

DAILY, HISTORY, OPERATION = "Daily use", "History", "Operation"

JSON = Annotated[bool, typer.Option("--json", help="Print JSON in place of text.")]

_OPTIONS = {"fields": "KEY", "start": "--since", "end": "--until"}  # by the parameter, if named differently


def example(command: str) -> str:
    """The last line of a command's help."""
    return f"Example: {command}"


@contextmanager
def options() -> Iterator[None]:
    """Names the option whose parameter cannot be served.

    Raises:
        RcstatsError: a parameter is invalid; the text names its option.
    """
    try:
        yield
    except ParameterError as error:
        raise RcstatsError(f"{_OPTIONS.get(error.parameter, f'--{error.parameter}')}: {error.reason}") from None
