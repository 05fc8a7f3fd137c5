"""What is served: a small workspace with its administrator, and hourly snapshots of it, back in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import bson

from collector.demo.sample import workspace
from collector.demo.sample.randomness import Chance
from collector.key_paths import Document
from collector.mongodb.connection import Client
from collector.scheduling.slots import Slots
from collector.settings import STORE_DATABASE
from collector.sources import Sources
from collector.sources.rocketchat import RocketChat
from collector.statistics import catalog, snapshot
from collector.store.snapshots import COLLECTION, Store
from tests.benchmarks.serving.requests import NUMBERS

WORKSPACE = "rocketchat"
_BATCH = 1_000  # documents
SCHEDULE, TIMEZONE = "0 0 1 1 *", "UTC"  # no slot comes up while it is measured, or one a year


def fill(client: Client, documents: int, kilobytes: float) -> datetime:
    """Writes workspace and snapshots; the moment of the newest snapshot, a full hour."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    workspace.fill(client[WORKSPACE], hour, workspace.Size(users=50, messages=200))
    Store(client[STORE_DATABASE]).prepare()
    size = round(kilobytes * 1_000)
    first = _padded(_trimmed(_taken(client), size), size)
    _insert(client, _copies(first, range(documents), hour))
    return hour


def grow(client: Client, before: int, documents: int) -> None:
    """Adds older snapshots until there are so many, all made of the newest."""
    first = client[STORE_DATABASE][COLLECTION].find_one(sort=[("createdAt", -1)])
    assert first
    _insert(client, _copies(first, range(before, documents), first["createdAt"]))


def _insert(client: Client, documents: Iterator[Document]) -> None:
    while some := list(islice(documents, _BATCH)):
        client[STORE_DATABASE][COLLECTION].insert_many(some)


def _taken(client: Client) -> Document:
    source = RocketChat(client[WORKSPACE])
    about = snapshot.SnapshotContext(source.identity(), TIMEZONE)
    return snapshot.take(catalog.READINGS, Sources(source), about)


def _copies(first: Document, ages: range, hour: datetime) -> Iterator[Document]:
    """One for each hour of age; the newest has the schedule's current slot, so that the daemons find nothing to do."""
    chance = Chance(ages.start)
    for age in ages:
        at = hour - timedelta(hours=age)
        slot = at + timedelta(minutes=1) if age else Slots(SCHEDULE, TIMEZONE).current(datetime.now(UTC))
        numbers = {key: first[key] + chance.randrange(10_000) for key in NUMBERS}
        own = {"collector": first["collector"] | {"slot": slot, "startedAt": at}}
        yield first | numbers | own | {"_id": chance.id(), "createdAt": at, "_updatedAt": at}


def _trimmed(document: Document, size: int) -> Document:
    """The document without so many of its largest fields that it has at most about this many bytes."""
    own = document["collector"]
    kept = document if _size(document) <= size else document | {"collector": {"workspace": own["workspace"]}}
    for key in sorted(document, key=lambda key: -_size({key: document[key]})):
        if _size(kept) > size and key not in {*NUMBERS, "_id", "createdAt", "_updatedAt", "collector"}:
            del kept[key]
    return kept


def _size(document: Document) -> int:
    return len(bson.encode(document))


def _padded(document: Document, size: int) -> Document:
    """The document with so many devices that it has about this many bytes; as it is, if it has more."""
    chance, devices = Chance(2), document.get("uniqueDevicesOfLastMonth", {"data": []})
    rows = max(0, size - _size(document)) // _size(_device(chance))
    longer = devices | {"data": devices["data"] + [_device(chance) for _ in range(rows)]}
    return document | {"uniqueDevicesOfLastMonth": longer}


def _device(chance: Chance) -> Document:
    return {
        "type": chance.one(("browser", "desktop-app", "mobile-app", "other")),
        "name": chance.one(("Chrome", "Firefox", "Safari", "Rocket.Chat", "RC Mobile")),
        "version": f"{chance.randrange(100, 200)}.{chance.randrange(10)}.{chance.randrange(1_000)}",
        "count": chance.randrange(10_000),
        "time": chance.randrange(100_000_000),
    }
