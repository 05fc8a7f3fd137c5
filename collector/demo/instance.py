"""Owns the simulation of a running Rocket.Chat server, whose processes renew their rows in `instances`."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo.database import Database
from pymongo.errors import PyMongoError

from collector.demo.sample.own_statistics import HOST
from collector.key_paths import Document
from collector.sources.collections import Collection

HEARTBEAT = 10.0  # seconds, as the server's
INSTANCE_ID = "5c0f6a3e-0f3c-4a55-9a43-6f2c9a5d1e77"
CONNECTIONS = 61


@dataclass(frozen=True)
class Process:
    """One process of the server: its address, its start, and its share of the connections."""

    id: str
    host: str
    started: datetime
    share: float = 1


@contextmanager
def alive(
    database: Database[Document],
    processes: Sequence[Process] = (),
    connections: Callable[[datetime], int] = lambda _: CONNECTIONS,
) -> Iterator[None]:
    """Simulates a live server while the block runs; its rows are deleted afterwards, as by a clean shutdown.

    By default it is one process that has just started. `connections` gives those of all processes at a moment.
    """
    server = _Server(database, processes or [Process(INSTANCE_ID, "localhost", datetime.now(UTC))], connections)
    ended = threading.Event()
    server.renew()
    heart = threading.Thread(target=server.beat, args=(ended,), name="heartbeat", daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()
        server.deregister()


@dataclass(frozen=True)
class _Server:
    database: Database[Document]
    processes: Sequence[Process]
    connections: Callable[[datetime], int]

    def beat(self, ended: threading.Event) -> None:
        while not ended.wait(HEARTBEAT):
            with suppress(PyMongoError):  # the next beat tries again
                self.renew()

    def renew(self) -> None:
        now = datetime.now(UTC)
        total = self.connections(now)
        for process in self.processes:
            own = row(now, process.host, round(total * process.share)) | {"_createdAt": process.started}
            self.database[Collection.INSTANCES].update_one({"_id": process.id}, {"$set": own}, upsert=True)

    def deregister(self) -> None:
        ids = [process.id for process in self.processes]
        self.database[Collection.INSTANCES].delete_many({"_id": {"$in": ids}})


def row(now: datetime, address: str = "localhost", connections: int = CONNECTIONS) -> Document:
    """The row that a server in a container writes about itself: it knows neither its host's name nor its pid there."""
    host = {name: HOST[name] for name in ("type", "platform", "arch", "release", "totalmem")}
    system = host | {"uptime": 340.5, "loadavg": [1.6, 0.9, 0.4], "freemem": 5.25 * 2**30, "cpus": len(HOST["cpus"])}
    return {
        "name": "rocket.chat",
        "pid": 1,
        "extraInformation": {
            "host": address,
            "port": "3000",
            "tcpPort": 0,
            "nodeVersion": "v22.16.0",
            "os": system,
            "conns": connections,
        },
        "_updatedAt": now,
    }
