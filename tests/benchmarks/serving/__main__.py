"""How fast stored snapshots are served, beside Eve and a minimal Node server: `python -m tests.benchmarks.serving`.

All on one MongoDB and the same snapshots, each one process, under the same load, in alternating rounds. All look up
token and permission for each request; concurrent requests of the daemon share a look-up. With Eve if `pip install eve
waitress` was run, and with Node if it is there.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from typing import Annotated

import orjson
import typer
from rich.console import Console

from collector.demo import mongod
from collector.mongodb.connection import connect
from collector.sources.rocketchat import RocketChat
from tests.benchmarks.serving import dataset, servers, tables
from tests.benchmarks.serving.requests import asks
from tests.benchmarks.serving.runner import Race, Result

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def main(
    *,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="How long each server is loaded in each round.")] = 2.0,
    documents: Annotated[int, typer.Option(min=100, help="How many snapshots are stored.")] = 1_000,
    kilobytes: Annotated[float, typer.Option(help="About the size of a snapshot; large servers have 300.")] = 20,
    same: Annotated[bool, typer.Option("--same", help="All clients ask for the same page.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Starts MongoDB and the servers, and measures each ask on all of them."""
    console = Console(stderr=json)
    results: list[Result] = []
    with ExitStack() as stack:
        url = stack.enter_context(mongod.running())
        client = stack.enter_context(connect(f"{url}&timeoutMS=600000", "BENCHMARK"))
        with console.status("filling"):
            newest = dataset.fill(client, documents, kilobytes)
        found = servers.start(stack, url, RocketChat(client[dataset.WORKSPACE]).identity(), console)
        status = client.admin.command("serverStatus")
        console.print(f"MongoDB {status['version']}, {documents:,} snapshots of about {kilobytes:g} kB")
        for name, server in found.items():
            console.print(f"{name}: {server.about}")
        executor = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
        race = Race(found, status["pid"], executor, seconds, is_same=same)
        for name, ask in asks(newest).items():
            with console.status(name):
                results.append(race.run(name, ask, rounds))
            tables.show(console, results[-1])
    tables.explain(console, results)
    if json:
        sys.stdout.buffer.write(orjson.dumps([tables.figures(result) for result in results]))


if __name__ == "__main__":
    app()
