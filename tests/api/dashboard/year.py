"""A year of hourly snapshots, of a workspace that grows and sleeps at night."""

import math
import random
from datetime import datetime, timedelta
from typing import Any

from tests.factories import snapshot

HOURS = 365 * 24

READINGS = {f"reading_{n}": {"ok": True, "seconds": 0.0012} for n in range(50)}

FAILED = {"ok": False, "seconds": 15.0, "error": "MongoDB stopped it after 15 s"}


def hourly(age: int, now: datetime) -> dict[str, Any]:
    """A snapshot of so many hours ago, of a workspace that grows and sleeps at night."""
    chance, at = random.Random(age), now - timedelta(hours=age)  # noqa: S311
    grown, day = 1 - age / HOURS / 2, math.sin((at.hour - 8) / 12 * math.pi) * 0.45 + 0.55
    weekday = 1.0 if at.weekday() < 5 else 0.3

    def some(number: float, share: float = 0.02) -> int:
        return round(number * grown * chance.uniform(1 - share, 1 + share))

    messages = {f"total{kind}Messages": round(n * grown) for kind, n in MESSAGES.items()}
    found = snapshot(at=at, slot=at.replace(minute=0), version="7.10.0")
    found |= {f"total{kind}": round(n * grown) for kind, n in ROOMS.items()} | messages
    found |= {"totalUsers": round(1320 * grown), "activeUsers": round(1100 * grown)}
    found |= {"onlineUsers": some(420 * day * weekday, 0.1), "totalMessages": sum(messages.values())}
    found |= {"uploadsTotal": round(21_000 * grown), "uploadsTotalSize": round(38 * 2**30 * grown)}
    found["uniqueUsersOfYesterday"] = users(round(520 * grown * (1.0 if (at.weekday() - 1) % 7 < 5 else 0.35)))
    found["uniqueUsersOfLastWeek"] = users(round(730 * grown))
    found["uniqueUsersOfLastMonth"] = users(round(910 * grown))
    load, free = day * weekday * 2.4 + chance.random() * 0.6, 9 - 3 * day * weekday + chance.random()
    return found | {"os": {"loadavg": [load, 1, 1], "totalmem": 16 * 2**30, "freemem": round(free * 2**30)}}


ROOMS = {"Rooms": 2290, "Channels": 310, "PrivateGroups": 420, "Direct": 1380, "Discussions": 96, "Livechat": 180}


MESSAGES = {"Channel": 410_000, "PrivateGroup": 260_000, "Direct": 340_000, "Discussions": 42_000, "Livechat": 18_000}


def users(count: int) -> dict[str, Any]:
    return {"year": 2026, "month": 1, "day": 1, "data": [{"count": count, "sessions": count * 4, "roles": []}]}


def year(now: datetime) -> list[dict[str, Any]]:
    """The newest is of a minute ago, in that of three hours before a reading failed, and two days have none."""
    found = [hourly(age, now) for age in range(HOURS) if age not in range(400, 448)]
    for document in found:
        document["collector"] |= {"readings": dict(READINGS), "seconds": 0.84, "timezone": "Europe/Berlin"}
    found[3]["collector"]["readings"]["uploads"] = FAILED
    return found
