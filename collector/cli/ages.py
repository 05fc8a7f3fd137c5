"""Owns the command whose arguments may be ages, such as -7d, which begin as options do."""

import re
from typing import Any

from typer.core import TyperCommand

_AGE = re.compile(r"-\d\w*")


class TakesAges(TyperCommand):
    """A command whose options take no values; `-7d` needs no `--` before it, and `-12h` is no `-h`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the arguments."""
        given = [word for word in args if word != "--"]
        options = [word for word in given if word.startswith("-") and not _AGE.fullmatch(word)]
        return super().parse_args(ctx, [*options, "--", *(word for word in given if word not in options)])
