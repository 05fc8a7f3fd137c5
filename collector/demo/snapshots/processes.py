"""Owns the processes of the sample workspace's server at earlier moments: release, starts and connections. Pure."""

from datetime import datetime
from uuid import UUID

from collector.demo.instance import Process
from collector.demo.sample.randomness import fixed_bytes
from collector.demo.snapshots.timeline import OLD_MIGRATION, OLD_RELEASE, Timeline
from collector.key_paths import Document

_HOSTS = ("10.0.0.11", "10.0.0.12")


def processes(timeline: Timeline, moment: datetime) -> list[Process]:
    """Those that ran at a moment; each start gives a process another id."""
    starts = (timeline.started(moment), timeline.second_started(moment))
    ran = [(host, start) for host, start in zip(_HOSTS, starts, strict=True) if start]
    return [Process(_id(host, start), host, start, 1 / len(ran)) for host, start in ran]


def _id(host: str, start: datetime) -> str:
    return str(UUID(bytes=fixed_bytes(1, host, int(start.timestamp()))[:16], version=4))


def rows(running: list[Process], moment: datetime, connections: int, now: Document) -> list[Document]:
    """`collector.instances`; `now` is a row of the first real snapshot."""
    return [
        now
        | {
            "id": process.id,
            "host": process.host,
            "registeredAt": process.started,
            "uptime": (moment - process.started).total_seconds(),
            "connections": round(connections * process.share),
            "renewedAt": moment,
            "age": 0.0,
        }
        for process in running
    ]


def release(timeline: Timeline, moment: datetime, now: Document) -> Document:
    """The server's release, and the migration of its database."""
    if moment >= timeline.upgraded:
        return {"migration": now["migration"] | {"_updatedAt": timeline.upgraded}}
    old = {"version": OLD_MIGRATION, "_updatedAt": timeline.installed}
    return {"version": OLD_RELEASE, "migration": now["migration"] | old}
