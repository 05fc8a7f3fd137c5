"""Owns the command `demo`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.panels import OPERATION, example

if TYPE_CHECKING:
    from socket import socket

    from collector.demo.life import Life
    from collector.key_paths import Document
    from collector.settings import Settings

app = typer.Typer()

_DATABASE = "rocketchat"
_STEPS = 4  # of the start
_UPLOADS = "256MiB"  # the storage for uploads, which fills up


@app.command(rich_help_panel=OPERATION, epilog=example("rcstats demo --data ~/rcstats-demo"))
def demo(
    data: Annotated[
        Path | None,
        typer.Option(help="Directory that keeps the sample database; without it, the database is deleted on exit."),
    ] = None,
) -> None:
    """Run a demo: a real MongoDB with a sample workspace, 90 days of made-up snapshots, the dashboard and the API.

    Ctrl-C ends it.
    """
    from collector.demo import ending

    ending.at_once()  # until there is something to clean up
    from collector import daemon
    from collector.bootstrap import open_components
    from collector.cli import tables
    from collector.cli.progress import counting
    from collector.demo import data_directory, mongod
    from collector.demo.guide import Facts, Guide
    from collector.demo.life import Life
    from collector.mongodb.connection import connect
    from collector.settings import load

    begun = datetime.now(UTC)
    mongod.executable()
    port = mongod.free_port()
    url = f"mongodb://127.0.0.1:{port}/{_DATABASE}"
    settings = load(mongo_url=url, store_url=None, metrics_token=None, log_level="warning", uploads_size=_UPLOADS)
    listening, taken = _listener(settings)
    ending.cleanly()
    with ExitStack() as stack:
        with counting("starting MongoDB", _STEPS) as update:
            folder = stack.enter_context(data_directory.kept(data) if data else data_directory.temporary())
            stack.enter_context(mongod.running(folder, port))
            components = stack.enter_context(open_components(settings.model_copy(update={"state_directory": folder})))
            client = stack.enter_context(connect(url, "RCSTATS_MONGO_URL"))
            life = Life(client[_DATABASE], client[settings.store_database], begun)
            stack.enter_context(_lively(life, components.collector.collect, update))
        daemon.serve(components, listening, Guide(begun, Facts(url, data, taken), tables.page), reloads=False)


@contextmanager
def _lively(life: "Life", collect: Callable[[], "Document"], update: Callable[..., None]) -> Iterator[None]:
    """The workspace with its past and a server that runs, unless an earlier demo has made them."""
    is_new = not life.is_whole()
    if is_new:
        update(advance=1, description="sample workspace")
        life.begin()
    with life.running():
        if is_new:
            update(advance=1, description="first snapshot")
            first = collect()
            update(advance=1, description="90 days of snapshots")
            life.remember(first)
        yield


def _listener(settings: "Settings") -> "tuple[socket, int | None]":
    """The listening socket, and the default port if it is in use and so another one was taken.

    Raises:
        RcstatsError: a setting names the address, and it is not available.
    """
    from api.network.server import listener
    from collector.errors import RcstatsError

    host, port = settings.address
    try:
        return listener(host, port), None
    except RcstatsError:
        if "listen" in settings.model_fields_set:
            raise
    return listener(host, 0), port
