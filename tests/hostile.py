"""Documents that a hostile person could put into a workspace, and the snapshot of one that has them."""

import time
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from collector.key_paths import Document
from collector.sources.licence import Licence
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog
from collector.statistics.reading import of_release
from collector.statistics.releases import NEWEST, Release
from collector.statistics.reuse import Reuse
from collector.statistics.snapshot import BUDGET, Runner, SnapshotContext, lay_out
from collector.store.snapshots import Store
from tests.factories import NOW, hours, number, room, setting, sources, with_id

Db = Database[Document]

HUGE = "x" * 9_000_000
UNKNOWN = Licence()


def broken(document: Document, text: bytes = b"TEXT") -> Any:
    """The document with bytes that are not UTF-8 in place of a text."""
    return RawBSONDocument(bson.encode(document).replace(text, b"\xff\xfe\xfd\xfc"[: len(text)]))


def snapshot_of(database: Db, *, release: Release = NEWEST, licence: Licence = UNKNOWN) -> Document:
    """A whole snapshot of a workspace of a release as of NOW, kept in a store."""
    runner = Runner(sources(database, licence=licence), Reuse(), time.monotonic() + BUDGET, lambda: False)
    about = SnapshotContext(RocketChat(with_id(database)).identity(), "UTC", release=release)
    outcomes = [runner.run(reading) for reading in of_release(catalog.READINGS, release)]
    document = lay_out(outcomes, about, NOW, NOW)
    assert Store(database).add(document)
    return document


def large(name: str, value: Any) -> Document:
    """A setting that has not its value's size twice."""
    return setting(name, value, packageValue="")


def failed(document: Document) -> dict[str, str]:
    """The error of each reading that failed, without those of messages, which want indexes."""
    readings = document["collector"]["readings"]
    found = {name: record["error"] for name, record in readings.items() if not record["ok"]}
    return {name: error for name, error in found.items() if "has no index" not in error}


def conversation(**source: Any) -> Document:
    number_of = number()
    return room("l", source=source, ts=NOW - hours(1), v={"_id": f"v{number_of}", "activity": ["2024-03"]})


def counted(value: Any) -> Document:
    """A document that is a channel, a file, an invitation, a call and a day's sessions of a user at once."""
    day = {"year": 2024, "month": 3, "day": 14, "userId": "ann", "mostImportantRole": "user", "type": "user_daily"}
    used = {"sessions": value, "time": value, "device": {"type": "browser"}}
    return {"_id": number(), "t": "c", "sessions": value, "devices": [used], **day}


def devices(count: int) -> list[Document]:
    """As many browsers and systems as forged headers can name."""
    names = [f"{n:0250}" for n in range(count)]
    return [
        {"sessions": 1, "time": 60, "device": {"type": name, "name": name, "os": {"name": name, "version": name}}}
        for name in names
    ]
