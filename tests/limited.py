"""Workspaces that are so many days, or pieces, before a limit."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.factories import insert, instance, setting, user
from tests.tokens import licence, token

Db = Database[Document]
Fill = Callable[[Db, datetime, int], dict[str, Any]]

TOLD_DAYS = "Cloud_Workspace_AirGapped_Restrictions_Remaining_Days"


def unlicensed(database: Db) -> None:
    settings(database, Enterprise_License_Status="", Enterprise_License="")


def licensed(database: Db, **payload: Any) -> None:
    settings(database, Enterprise_License_Status="Valid", Enterprise_License=licence(**payload))


def limited(database: Db, **most: int) -> None:
    """A workspace whose licence has these limits."""
    licensed(database, limits={name: [{"max": max_, "behavior": "prevent_action"}] for name, max_ in most.items()})


def settings(database: Db, **values: Any) -> None:
    insert(database, Collection.SETTINGS, *(setting(name, value) for name, value in values.items()))


def connected(database: Db, now: datetime, connections: Any, *, is_off: Any = False, modules: Any = ()) -> None:
    """A workspace whose only server reports these connections."""
    settings(database, Presence_broadcast_disabled=is_off)
    insert(database, Collection.STATISTICS, {"createdAt": now, "enterprise": {"modules": list(modules)}})
    insert(database, Collection.INSTANCES, instance(extraInformation={"conns": connections}, _updatedAt=now))


def reported(database: Db, at: datetime, *, told: Any = 10, receipt: Any = None) -> None:
    """An unlicensed workspace that reported to the vendor."""
    unlicensed(database)
    settings(database, **{TOLD_DAYS: told})
    receipt = receipt or token({"timestamp": text(at)})
    insert(database, Collection.STATISTICS, {"createdAt": at, "statsToken": receipt})


def seats(database: Db, _: datetime, left: int) -> dict[str, Any]:
    insert(database, Collection.USERS, *(user() for _ in range(3)))
    limited(database, activeUsers=3 + left)
    return {}


def guests(database: Db, _: datetime, left: int) -> dict[str, Any]:
    insert(database, Collection.USERS, user(roles=["guest"]))
    limited(database, guestUsers=1 + left)
    return {}


def contacts(database: Db, now: datetime, left: int) -> dict[str, Any]:
    months = ([f"{now:%Y-%m}"], ["2019-01", f"{now:%Y-%m}"], ["2019-01"])
    insert(database, Collection.VISITORS, *({"activity": activity} for activity in months))
    limited(database, monthlyActiveContacts=2 + left)
    return {}


def private_apps(database: Db, _: datetime, left: int) -> dict[str, Any]:
    insert(database, Collection.APPS, {"status": "manually_enabled", "installationSource": "private"})
    limited(database, privateApps=1 + left)
    return {}


def marketplace_apps(database: Db, _: datetime, left: int) -> dict[str, Any]:
    apps = [{"status": "auto_enabled", "installationSource": "marketplace"} for _ in range(5 - left)]
    insert(database, Collection.APPS, *apps, {"status": "manually_enabled", "installationSource": "private"})
    unlicensed(database)
    return {}


def connections(database: Db, now: datetime, left: int) -> dict[str, Any]:
    connected(database, now, 200 - left)
    return {}


def lock_out(database: Db, now: datetime, left: int) -> dict[str, Any]:
    reported(database, now - timedelta(days=10 - left), told=left)
    return {}


def licence_period(database: Db, now: datetime, left: int) -> dict[str, Any]:
    licensed(database, validation=periods((now + timedelta(days=left), "invalidate_license")))
    return {}


def periods(*ends: tuple[datetime, str]) -> Document:
    return {"validPeriods": [{"validUntil": text(end), "invalidBehavior": behavior} for end, behavior in ends]}


def text(moment: datetime) -> str:
    """A date as JavaScript writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def support(database: Db, now: datetime, left: int) -> dict[str, Any]:
    row = {"version": "8.6.1", "expiration": text(now + timedelta(days=left))}
    settings(database, Cloud_Workspace_Supported_Versions_Token=supporting(row))
    insert(database, Collection.STATISTICS, {"createdAt": now, "version": "8.6.1"})
    return {}


def supporting(*versions: Any) -> str:
    return token({"timestamp": "2024-03-01T00:00:00Z", "versions": list(versions)})


def server_statistics(database: Db, now: datetime, left: int) -> dict[str, Any]:
    year = timedelta(days=365)
    database[Collection.STATISTICS].create_index("createdAt", expireAfterSeconds=int(year.total_seconds()))
    ages = (year - timedelta(days=left - 1), year - timedelta(days=left), timedelta())
    insert(database, Collection.STATISTICS, *({"_id": n, "createdAt": now - age} for n, age in enumerate(ages)))
    return {"not_imported": lambda ids: [one for one in ids if one != 0]}


def uploads(database: Db, _: datetime, left: int) -> dict[str, Any]:
    insert(database, Collection.UPLOADS, {"size": 40}, {"size": 60})
    return {"uploads_size": 100 + left}


NEAR: Mapping[str, Fill] = {
    "connections": connections,
    "seats": seats,
    "guests": guests,
    "contacts": contacts,
    "privateApps": private_apps,
    "marketplaceApps": marketplace_apps,
    "lockOut": lock_out,
    "licence": licence_period,
    "support": support,
    "serverStatistics": server_statistics,
    "uploads": uploads,
}
"""By limit: fills an empty database so that this much is left of it, and gives what the sources need for it."""
