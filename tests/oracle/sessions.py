"""Recounts the daily rows of the users' sessions: users, devices, operating systems of a day, a week, a month."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import Counts, Stored, added, as_number, has, is_number

Days = tuple[date, date]
"""The first and the last day, both included."""


def recounted(stored: Stored, now: datetime, zone: ZoneInfo) -> Counts:
    counts: Counts = {}
    for name, days in periods(now, zone).items():
        rows = rows_of(stored[Collection.SESSIONS], days)
        systems = [row for row in rows if has(row, "devices.device.os.name")]
        counts[f"uniqueUsersOf{name}"] = dated(days, users(rows) if name == "Yesterday" else users(merged(rows)))
        counts[f"uniqueDevicesOf{name}"] = dated(days, devices(rows))
        counts[f"uniqueOSOf{name}"] = dated(days, operating_systems(systems))
    return counts


def periods(now: datetime, zone: ZoneInfo) -> dict[str, Days]:
    """Each period by its name in the keys; all end yesterday."""
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    return {
        "Yesterday": (yesterday, yesterday),
        "LastWeek": (yesterday - timedelta(days=6), yesterday),
        "LastMonth": (month_start(yesterday), yesterday),
    }


def month_start(yesterday: date) -> date:
    """The day after the same day of the month before; after its last day where there is no such day."""
    this_month = yesterday.replace(day=1)
    last_of_previous = this_month - timedelta(days=1)
    is_last = (yesterday + timedelta(days=1)).day == 1
    day = last_of_previous.day if is_last else min(last_of_previous.day, yesterday.day)
    overflowing = timedelta(days=day)  # counted from the first: day + 1 of the month before
    return last_of_previous.replace(day=1) + overflowing


def rows_of(sessions: list[Document], days: Days) -> list[Document]:
    """The daily rows of these days, oldest first."""
    daily = [row for row in sessions if row.get("type") == "user_daily" and has_day(row)]
    first, last = (day.timetuple()[:3] for day in days)
    return sorted((row for row in daily if first <= day_of(row) <= last), key=day_of)


def has_day(row: Document) -> bool:
    """Days are numbers of any type."""
    return all(is_number(as_number(row.get(part))) for part in ("year", "month", "day"))


def day_of(row: Document) -> tuple[float, float, float]:
    return as_number(row["year"]), as_number(row["month"]), as_number(row["day"])


def dated(days: Days, data: list[Document]) -> Document:
    return {"year": days[1].year, "month": days[1].month, "day": days[1].day, "data": data}


def merged(rows: list[Document]) -> list[Document]:
    """One row a user, with the role of its earliest day; no role and null are one."""
    found: dict[Any, list[Document]] = {}
    for row in rows:
        found.setdefault(row.get("userId"), []).append(row)
    return [{"mostImportantRole": mine[0].get("mostImportantRole"), **sums(mine)} for mine in found.values()]


def sums(rows: list[Document]) -> Document:
    return {key: added(row.get(key) for row in rows) for key in ("sessions", "time")}


def users(rows: list[Document]) -> list[Document]:
    """[{count, sessions, time, roles: [{role, count, sessions, time}]}], [] without rows."""
    groups: dict[str, tuple[Document, list[Document]]] = {}
    for row in rows:
        role = {"role": row["mostImportantRole"]} if "mostImportantRole" in row else {}
        groups.setdefault(repr(role), (role, []))[1].append(row)
    roles = [{**role, "count": len(group), **sums(group)} for role, group in groups.values()]
    return [{"count": len(rows), **sums(rows), "roles": longest_first(roles)}] if rows else []


def longest_first(rows: Iterable[Document]) -> list[Document]:
    return sorted(rows, key=lambda row: -row["time"])


def devices(rows: list[Document]) -> list[Document]:
    """[{type, name, version, count, time}]."""
    return grouped([(named(inner(entry, "device"), "type", "name", "version"), entry) for entry in uses(rows)])


def operating_systems(rows: list[Document]) -> list[Document]:
    """[{name, version, count, time}]."""
    return grouped([(named(inner(inner(entry, "device"), "os"), "name", "version"), entry) for entry in uses(rows)])


def uses(rows: list[Document]) -> list[Document]:
    """The elements of all `devices`; what is neither array nor null is its own only element."""
    given = [row["devices"] for row in rows if row.get("devices") is not None]
    entries = [entry for value in given for entry in (value if isinstance(value, list) else [value])]
    return [entry if isinstance(entry, dict) else {} for entry in entries]


def inner(holder: Document, key: str) -> Document:
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def named(holder: Document, *keys: str) -> Document:
    return {key: holder[key] for key in keys if key in holder}


def grouped(used: list[tuple[Document, Document]]) -> list[Document]:
    """One row for each distinct naming, with the sums of its entries."""
    groups: dict[str, tuple[Document, list[Document]]] = {}
    for names, entry in used:
        groups.setdefault(repr(names), (names, []))[1].append(entry)
    rows = [
        names | {"count": added(entry.get("sessions") for entry in entries), "time": sums(entries)["time"]}
        for names, entries in groups.values()
    ]
    return longest_first(rows)
