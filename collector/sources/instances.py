"""Owns the collection `instances`: one row for each server process, renewed by it every few seconds."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from collector.errors import NotAuthorizedError
from collector.key_paths import Document
from collector.numbers import LARGEST, is_number
from collector.sources.collections import Collection, Pipeline
from collector.sources.rocketchat import RocketChat

SERVER = "rocket.chat"
STREAMER = "ddp-streamer"

TTL = timedelta(seconds=60)
"""After this time MongoDB removes a row that was not renewed, unless the server was told otherwise."""

MOST = 1_000  # rows

_MOST_SECONDS = 86_400.0  # a longer time to live would make instances of rows that are long dead

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Instance:
    """One server process, by its row. What the row lacks, or has of another type, is None.

    `kind` is SERVER for a main server, which tells its host, and STREAMER for a microservice, which does not.
    `registered_at` is not before the start of the process, and after it if the server registered again. `age` is the
    time since the row was renewed. `system` is what the process found when it started, in the form of Node's `os`, with
    the number of CPUs. `connections` are the open websockets.
    """

    id: str
    kind: str
    age: timedelta
    renewed_at: datetime
    registered_at: datetime | None = None
    pid: int | None = None
    host: str | None = None
    port: str | None = None
    node: str | None = None
    connections: int | None = None
    system: Document = field(default_factory=dict)

    @property
    def uptime(self) -> float | None:
        """Seconds, at least."""
        if self.registered_at is None:
            return None
        return max((self.renewed_at + self.age - self.registered_at).total_seconds(), 0.0)


def live(workspace: RocketChat, ttl: timedelta | None = None) -> list[Instance]:
    """The processes whose rows were renewed within the `ttl`, by default that of the collection's index.

    MongoDB's clock decides, as it also dates the rows. A row of the far future is not live.
    """
    ttl = ttl or time_to_live(workspace)
    shown = {"name": 1, "pid": 1, "_createdAt": 1, "_updatedAt": 1, "extraInformation": 1, "now": "$$NOW"}
    pipeline: Pipeline = [{"$match": {"_updatedAt": {"$gt": _LONG_AGO}}}, {"$limit": MOST}, {"$project": shown}]
    rows = (_instance(row) for row in workspace.aggregate(Collection.INSTANCES, pipeline))
    return sorted((row for row in rows if row and abs(row.age) < ttl), key=_seniority)


def time_to_live(workspace: RocketChat) -> timedelta:
    """After which time MongoDB removes a row; the default where this login may not read the indexes."""
    try:
        seconds = workspace.time_to_live(Collection.INSTANCES, "_updatedAt")
    except NotAuthorizedError:
        return TTL
    return timedelta(seconds=seconds) if seconds and seconds < _MOST_SECONDS else TTL


def server(instances: Iterable[Instance]) -> Instance | None:
    """The main server that was registered first, a choice that stays the same while it runs; None if none is."""
    return next((instance for instance in instances if instance.kind == SERVER), None)


def connections(instances: Iterable[Instance]) -> int | None:
    """The open websockets of all instances together; None if no instance reports any."""
    reported = [instance.connections for instance in instances if instance.connections is not None]
    return sum(reported) if reported else None


def _seniority(instance: Instance) -> tuple[bool, datetime, str]:
    registered = instance.registered_at
    return registered is None, registered or _LONG_AGO, instance.id


def _instance(row: Document) -> Instance | None:
    """The instance of a row; None if its date of renewal is none that can be compared."""
    renewed, now = row.get("_updatedAt"), row["now"]
    if not isinstance(renewed, datetime):
        return None
    extra = row["extraInformation"] if isinstance(row.get("extraInformation"), dict) else {}
    registered = row.get("_createdAt")
    return Instance(
        id=str(row["_id"]),
        kind=_text(row.get("name")) or "unknown",
        age=now - renewed,
        renewed_at=renewed,
        registered_at=registered if isinstance(registered, datetime) and registered <= now + TTL else None,
        pid=_whole(row.get("pid")),
        host=_text(extra.get("host")),
        port=_text(extra.get("port")),
        node=_text(extra.get("nodeVersion")),
        connections=_whole(extra.get("conns")),
        system=extra["os"] if isinstance(extra.get("os"), dict) else {},
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: Any) -> int | None:
    return int(value) if is_number(value) and 0 <= value <= LARGEST else None
