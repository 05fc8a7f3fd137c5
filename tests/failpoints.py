"""Commands that the real server refuses, to one application only."""

from collections.abc import Iterator
from contextlib import contextmanager

from collector.mongodb.connection import Client

DISK_FULL, NO_RIGHT, OF_ATLAS, TOO_SLOW = 14031, 13, 8000, 50


@contextmanager
def refused(client: Client, app: str, *commands: str, code: int) -> Iterator[None]:
    """`client` asks the server to refuse these commands to clients that call themselves `app`."""
    data = {"errorCode": code, "failCommands": list(commands), "appName": app}
    client.admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": data})
    try:
        yield
    finally:
        client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


@contextmanager
def blocked(client: Client, app: str, *commands: str, seconds: float) -> Iterator[None]:
    """The same, but the server answers them only after so many seconds."""
    block = {"blockConnection": True, "blockTimeMS": int(seconds * 1000)}
    data = {"failCommands": list(commands), "appName": app} | block
    client.admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": data})
    try:
        yield
    finally:
        client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
