"""Owns the recognition of misspelt key paths, by the dictionary of statistics. Pure."""

from collections.abc import Collection
from difflib import get_close_matches

from collector.key_paths import is_place

_ALIKE = 0.8  # of 1; totlaUsers and totalUsers have 0.9


def meant(path: str, keys: Collection[str]) -> str:
    """The statistic that a path most probably means; '' if the path is one, or none is alike.

    A path above or below a statistic is one too: `os`, `os.loadavg.0`. So is metadata of a snapshot.
    """
    names = [part for part in path.split(".") if not is_place(part)]
    known = ".".join(names)
    if (
        names[0] == "collector"
        or known in keys
        or any(_is_within(known, key) or _is_within(key, known) for key in keys)
    ):
        return ""
    return next(iter(get_close_matches(known, keys, 1, _ALIKE)), "")


def _is_within(path: str, above: str) -> bool:
    return f"{path}.".startswith(f"{above}.")
