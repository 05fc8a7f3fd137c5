"""Owns the simulation of a running Rocket.Chat server, which renews its row in `instances` every ten seconds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from pymongo.database import Database
from pymongo.errors import PyMongoError

from collector.demo.sample.own_statistics import HOST
from collector.key_paths import Document
from collector.sources.collections import Collection

HEARTBEAT = 10.0  # seconds, as the server's
INSTANCE_ID = "5c0f6a3e-0f3c-4a55-9a43-6f2c9a5d1e77"


@contextmanager
def alive(database: Database[Document]) -> Iterator[None]:
    """Simulates a live server while the block runs; its row is deleted afterwards, as by a clean shutdown."""
    ended = threading.Event()
    _renew(database)
    heart = threading.Thread(target=_beat, args=(database, ended), name="heartbeat", daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()
        database[Collection.INSTANCES].delete_one({"_id": INSTANCE_ID})


def _beat(database: Database[Document], ended: threading.Event) -> None:
    while not ended.wait(HEARTBEAT):
        try:
            _renew(database)
        except PyMongoError:  # the next beat tries again
            continue


def _renew(database: Database[Document]) -> None:
    now = datetime.now(UTC)
    database[Collection.INSTANCES].update_one(
        {"_id": INSTANCE_ID}, {"$set": row(now), "$setOnInsert": {"_createdAt": now}}, upsert=True
    )


def row(now: datetime) -> Document:
    """The row that a server in a container writes about itself: it knows neither its host's name nor its pid there."""
    host = {name: HOST[name] for name in ("type", "platform", "arch", "release", "totalmem")}
    system = host | {"uptime": 340.5, "loadavg": [1.6, 0.9, 0.4], "freemem": 5.25 * 2**30, "cpus": len(HOST["cpus"])}
    return {
        "name": "rocket.chat",
        "pid": 1,
        "extraInformation": {
            "host": "localhost",
            "port": "3000",
            "tcpPort": 0,
            "nodeVersion": "v22.16.0",
            "os": system,
            "conns": 61,
        },
        "_updatedAt": now,
    }
