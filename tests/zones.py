"""A time zone that Python has and no MongoDB does: Denver's clocks by another name."""

import os
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

UNKNOWN_TO_MONGODB = "Rcstats/Denver"


@contextmanager
def unknown_to_mongodb(folder: Path) -> Iterator[str]:
    """Its name, while it is there for this process; `search_path` names where processes of their own find it."""
    before = zoneinfo.TZPATH
    file = folder / UNKNOWN_TO_MONGODB
    file.parent.mkdir(parents=True)
    file.write_bytes((files("tzdata.zoneinfo") / "America" / "Denver").read_bytes())
    zoneinfo.reset_tzpath([*before, str(folder)])
    try:
        yield UNKNOWN_TO_MONGODB
    finally:
        zoneinfo.reset_tzpath(before)
        zoneinfo.ZoneInfo.clear_cache(only_keys=[UNKNOWN_TO_MONGODB])


def search_path() -> str:
    """For PYTHONTZPATH."""
    return os.pathsep.join(zoneinfo.TZPATH)
