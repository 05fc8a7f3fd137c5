"""Owns what commands share: the groups and examples of their help, `--json`, times, errors that name an option."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from collector.errors import ParameterError, RcstatsError

DAILY, HISTORY, OPERATION = "Daily use", "History", "Operation"

JSON = Annotated[bool, typer.Option("--json", help="Print JSON in place of text.")]

_OPTIONS = {"fields": "KEY", "start": "--since", "end": "--until"}  # by the parameter, if named differently


def example(command: str) -> str:
    """The last line of a command's help."""
    return f"Example: {command}"


def time(name: str, raw: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The time of an argument or option, such as 2024-03-01 or -7d.

    Raises:
        RcstatsError: the text is no time; the error names the argument or option.
    """
    from collector.series.parameters import moment

    try:
        return moment(raw, zone, now)
    except ValueError as error:
        raise RcstatsError(f"{name}: {error}") from None


def period(since: str, until: str, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """The start and end of `--since` and `--until`.

    Raises:
        RcstatsError: they are no times, or not in this order.
    """
    start, end = time("--since", since, zone, now), time("--until", until, zone, now)
    if start >= end:
        raise RcstatsError("--since must be earlier than --until")
    return start, end


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
