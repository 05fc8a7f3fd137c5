"""Owns the progress bars on stderr."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from collector.statistics.reading import Reading, of_release
from collector.statistics.releases import NEWEST
from collector.statistics.snapshot import Outcome


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[..., None]]:
    """A progress bar, and the function that updates it; nothing is shown if stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda **_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True, highlight=False), transient=True) as bar:
        yield partial(bar.update, bar.add_task(what, total=total))


@contextmanager
def progress(readings: Sequence[Reading]) -> Iterator[Callable[[Outcome], None]]:
    """A progress bar that counts finished readings."""
    with counting("snapshot", len(of_release(readings, NEWEST))) as update:
        yield lambda outcome: update(advance=1, description=outcome.reading.name)
