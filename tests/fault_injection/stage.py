"""What the faults happen to: a small workspace and its store on servers of the tests' own, and daemons over them."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from collector.demo.sample import workspace
from collector.key_paths import Document, at
from collector.mongodb.connection import Client
from tests.factories import SMALL
from tests.fault_injection.daemon import Grid, readings
from tests.fault_injection.replica_set import ReplicaSet
from tests.processes import Running, running

ADMIN = {"X-User-Id": workspace.ADMIN.user_id, "X-Auth-Token": workspace.ADMIN.token}
DAEMON = [sys.executable, "-m", "tests.fault_injection.daemon"]

_KEYS = [statistic.key for reading in readings() for statistic in reading.statistics]
_NAMES = [reading.name for reading in readings()]


@dataclass(frozen=True)
class Stage:
    """The settings of daemons over one workspace and one store, and what that store has."""

    settings: dict[str, str]
    store: Client
    name: str
    """Of the store's database."""

    def kept(self) -> list[Document]:
        """All snapshots that are in the store, by their slots."""
        return list(self.store[self.name]["statistics"].find(sort=[("collector.slot", 1)]))

    def slots(self) -> list[datetime]:
        return [snapshot["collector"]["slot"] for snapshot in self.kept() if "slot" in snapshot["collector"]]

    def has_since(self, moment: datetime) -> bool:
        """Whether a slot is kept that came after a moment."""
        return self.store[self.name]["statistics"].count_documents({"collector.slot": {"$gte": moment}}) > 0

    def twins(self) -> list[Document]:
        """Slots that are kept more than once."""
        group = {"_id": ["$collector.workspace", "$collector.slot"], "times": {"$sum": 1}}
        times = {"$match": {"times": {"$gt": 1}}}
        return list(self.store[self.name]["statistics"].aggregate([{"$group": group}, times]))

    def strangers(self) -> int:
        """How many documents are no snapshots."""
        return self.store[self.name]["statistics"].count_documents({"createdAt": {"$exists": False}})

    def left(self) -> set[datetime]:
        """Slots that were leased and are not kept."""
        leased = self.store[self.name]["leases"].distinct("_id.slot")
        return set(leased) - set(self.slots())

    def leases(self) -> int:
        return self.store[self.name]["leases"].count_documents({})

    def waiting(self) -> list[Path]:
        """The files of the snapshots that wait on disk."""
        return sorted(Path(self.settings["state_directory"]).rglob("*.bson"))


def filled(nodes: ReplicaSet, client: Client) -> str:
    """A small workspace that all nodes have; the name of its database."""
    name = f"workspace_{uuid4().hex}"
    workspace.fill(client[name], datetime.now(UTC), SMALL)
    nodes.whole()
    nodes.flush()
    return name


def stage(mongo_url: str, nodes: ReplicaSet, client: Client, folder: Path, **options: object) -> Stage:
    """A workspace, and an empty store on some nodes."""
    name = f"store_{uuid4().hex}"
    urls = {"mongo_url": mongo_url, "store_url": nodes.url(name, **options)}
    return Stage(urls | {"state_directory": str(folder), "timezone": "UTC", "rate_limit": "0"}, client, name)


@contextmanager
def hurried(stage: Stage, *arguments: str) -> Iterator[Running]:
    """The daemon in a hurry, as a process."""
    with running(*arguments, command=DAEMON, **stage.settings) as daemon:
        yield daemon


def lacks(snapshot: Document) -> list[str]:
    """What a stored document should have and has not: each statistic has a value, or the reason why it has none."""
    own = snapshot["collector"]
    missing = [name for name in ("startedAt", "finishedAt", "slot", "seconds", "workspace") if name not in own]
    missing += [name for name in _NAMES if name not in own["readings"]]
    return missing + [key for key in _KEYS if (at(snapshot, key) is None) != bool(at(own["unavailable"], key))]


def absent(slots: list[datetime], grid: Grid) -> list[datetime]:
    """The slots between the first and the last that are not among them."""
    found, slot, there = [], slots[0], set(slots)
    while slot < slots[-1]:
        slot = grid.after(slot)
        if slot not in there:
            found.append(slot)
    return found


def told(daemon: Running, what: str) -> list[str]:
    """The lines of the log that say this."""
    return re.findall(rf"^.*{what}.*$", daemon.output, re.MULTILINE)
