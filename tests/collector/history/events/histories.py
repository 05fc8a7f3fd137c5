"""Histories of snapshots, with and without causes of events."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from collector.key_paths import Document, place
from tests.factories import NOW, hours, snapshot

START = NOW.replace(hour=0, minute=0) - timedelta(days=365)


def taken(at: datetime = NOW, **over: Any) -> Document:
    """A snapshot of a workspace with one instance; a key `a__b` places a value at a.b."""
    found = snapshot(at=at, version="8.5.0", migration={"version": 300}, enterprise={"modules": ["auditing"]})
    found |= {"livechatEnabled": True, "fileStoreType": "GridFS", "onlineUsers": 50, "totalConnectedUsers": 60}
    own: Document = {
        "kind": "collected",
        "version": "1.0",
        "release": "8.5",
        "timezone": "UTC",
        "instances": [instance()],
    }
    own["origin"] = {"os": {"source": "instance"}}
    own["limits"] = [{"name": "seats", "allowed": 100}, {"name": "licence", "date": NOW + timedelta(days=300)}]
    found["collector"] |= own
    for key, value in over.items():
        place(found, key.replace("__", "."), value)
    return found


def instance(number: int = 1, **over: Any) -> Document:
    row = {"id": f"row{number}", "kind": "rocket.chat", "host": f"10.0.0.{number}", "port": "3000", "pid": 1}
    return row | {"registeredAt": START, "uptime": 5.0} | over


def quiet(days: int = 365) -> Iterator[Document]:
    """An hourly history with a rhythm and growth, and nothing else."""
    for hour in range(days * 24):
        at = START + hours(hour)
        online = (40 if at.weekday() < 5 else 10) + 3 * (8 <= at.hour < 18) + hour // 1000 + hour * 7919 % 5
        yield taken(
            at, onlineUsers=online, totalConnectedUsers=online + 5, collector__seconds=0.1 + hour * 31 % 7 / 100
        )
