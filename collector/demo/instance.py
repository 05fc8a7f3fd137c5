"""Owns the simulation of a running Rocket.Chat server, which renews its row in `instances` every ten seconds."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from pymongo.database import Database
from pymongo.errors import PyMongoError

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
    renewed = row(now) | {"pid": os.getpid()}
    database[Collection.INSTANCES].update_one(
        {"_id": INSTANCE_ID}, {"$set": renewed, "$setOnInsert": {"_createdAt": now}}, upsert=True
    )


def row(now: datetime) -> Document:
    """The row that a server writes about itself, without its process."""
    return {
        "name": "rocket.chat",
        "extraInformation": {"host": "localhost", "port": "3000", "nodeVersion": "v22.16.0"},
        "_updatedAt": now,
    }
