"""Owns how a command ends: its exit code, and the error that it prints."""

import logging
import os
import sys
from contextlib import suppress
from typing import NoReturn

# Exit codes of every command but check; see the epilogue of --help.
FINDINGS, FAILED, INTERRUPTED = 1, 2, 130

# The options of all commands, and the variables that they set.
VARIABLES = {"--mongo-url": "RCSTATS_MONGO_URL", "--config": "RCSTATS_CONFIG"}


def print_error(text: str) -> None:
    sys.stderr.write("".join(f"rcstats: {line}\n" for line in as_typed(text).splitlines()))


def as_typed(text: str) -> str:
    """The text with the option in place of the variable, where the option was typed."""
    for option, variable in VARIABLES.items():
        if any(word.partition("=")[0] == option for word in sys.argv):
            text = text.replace(f"{variable}:", f"{option}:")
    return text


def end(code: int) -> NoReturn:
    """Exits without waiting half a second for the driver's idle threads; everything is closed and flushed."""
    logging.shutdown()
    with suppress(BrokenPipeError):  # the reader has closed the pipe
        sys.stdout.flush()
    os._exit(code)
