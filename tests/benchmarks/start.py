"""How long commands take from their cold start to their end: `python -m tests.benchmarks.start`.

Each run is a process of its own on the small workspace, in alternating rounds. Another run of each tells the seconds of
its imports, as Python measures them, which takes time itself.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from statistics import median
from time import perf_counter

import typer
from rich.console import Console
from rich.table import Table

from tests.benchmarks.sizes import SIZES
from tests.benchmarks.workspace import DATABASE, workspace_of
from tests.processes import environment

ROUNDS = 15
COMMANDS = ("--version", "--help", "dictionary", "list", "snapshot", "snapshot --json", "check")
IMPORT = "import time:"  # begins a line of -X importtime: microseconds of the module itself, of its imports, its name


def main(*, rounds: int = ROUNDS) -> None:
    """Fills a small workspace, and times the commands on it."""
    console = Console()
    with workspace_of(*SIZES["small"], console) as url:
        variables = environment(mongo_url=url.replace("/?", f"/{DATABASE}?"))
        variables.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed command is compiled
        _round(variables)
        timed = [_round(variables) for _ in range(rounds)]
    table = Table("command", "seconds", "of imports", box=None)
    for command, *runs in zip(COMMANDS, *timed, strict=True):
        table.add_row(command, *(f"{median(figures):.3f}" for figures in zip(*runs, strict=True)))
    console.print(table)


def _round(variables: Mapping[str, str]) -> list[tuple[float, float]]:
    """The seconds of each command, and those of its imports."""
    return [(_seconds(command, variables), _importing(command, variables)) for command in COMMANDS]


def _seconds(command: str, variables: Mapping[str, str]) -> float:
    begun = perf_counter()
    _run(command, variables)
    return perf_counter() - begun


def _importing(command: str, variables: Mapping[str, str]) -> float:
    return sum(_microseconds(_run(command, variables, "-X", "importtime"))) / 1_000_000


def _microseconds(told: str) -> Iterator[int]:
    for line in told.splitlines():
        itself = line.removeprefix(IMPORT).split("|")[0].strip()
        if line.startswith(IMPORT) and itself.isdigit():  # the first line is a heading
            yield int(itself)


def _run(command: str, variables: Mapping[str, str], *options: str) -> str:
    """What it prints to stderr."""
    arguments = [sys.executable, *options, "-m", "collector", *command.split()]
    done = subprocess.run(
        arguments, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode > 1:  # 1 is a warning of `check`
        raise SystemExit(done.stderr)
    return done.stderr


if __name__ == "__main__":
    typer.run(main)
