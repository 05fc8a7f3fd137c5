"""Owns the command whose arguments may be ages, such as -7d, which begin as options do."""

import re
from typing import Any

from typer.core import TyperCommand

_AGE = re.compile(r"-\d\w*")


class TakesAges(TyperCommand):
    """A command whose options take no values; `-7d` needs no `--` before it, and `-12h` is no `-h`.

    Neither an age, nor a text with spaces, nor what stands after `--`, is an option.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the arguments."""
        end = args.index("--") if "--" in args else len(args)
        options = [word for word in args[:end] if _is_option(word)]
        arguments = [word for word in args[:end] if not _is_option(word)]
        return super().parse_args(ctx, [*options, "--", *arguments, *args[end + 1 :]])


def _is_option(word: str) -> bool:
    return word.startswith("-") and " " not in word and not _AGE.fullmatch(word)
