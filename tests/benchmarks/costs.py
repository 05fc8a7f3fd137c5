"""What a snapshot costs, beside what the server's own statistics cost: `python -m tests.benchmarks.costs`.

On one MongoDB and one workspace, in alternating rounds, with some activity between: the server's own way, our first
snapshot ever, the first of a day, a following one, and one that reuses the values of expensive readings. Time is the
median of the rounds; what MongoDB examined comes from rounds of their own, as to note it makes everything slower.
"""

import sys
from typing import Annotated

import orjson
import typer
from rich.console import Console

from tests.benchmarks import report
from tests.benchmarks.runner import Result, race
from tests.benchmarks.sizes import SIZES
from tests.benchmarks.workspace import workspace_of

ROUNDS = 5
DEFAULT = ("small", "medium", "large")


app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def main(
    *,
    size: Annotated[str, typer.Option(help=f"One size only: {', '.join(SIZES)}.")] = "",
    largest: Annotated[bool, typer.Option("--largest", help="The largest too; it takes long to fill.")] = False,
    users: Annotated[int, typer.Option(help="A size of your own, with --rooms and --messages.")] = 0,
    rooms: int = 0,
    messages: int = 0,
    rounds: int = ROUNDS,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Fills a workspace of each size and measures both ways on it."""
    console = Console(stderr=json)
    results: list[Result] = []
    for name, (some_users, some_rooms, some_messages) in _chosen(size, largest, users, rooms, messages).items():
        with workspace_of(some_users, some_rooms, some_messages, console) as url:
            results.append(race(name, url, rounds, console))
        report.show(console, results[-1])
    if json:
        sys.stdout.buffer.write(
            orjson.dumps([report.figures(result) for result in results], option=orjson.OPT_INDENT_2)
        )


def _chosen(size: str, largest: bool, users: int, rooms: int, messages: int) -> dict[str, tuple[int, int, int]]:
    if users and rooms and messages:
        return {"own": (users, rooms, messages)}
    if size and size not in SIZES:
        raise typer.BadParameter(f"{size} is none of {', '.join(SIZES)}")
    names = (size,) if size else DEFAULT + (("largest",) if largest else ())
    return {name: SIZES[name] for name in names}


if __name__ == "__main__":
    app()
