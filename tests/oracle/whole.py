"""The whole recount: every statistic that the workspace's database alone decides, by plain loops over all of it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pymongo.database import Database

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle import (
    additions,
    calls,
    contacts,
    federation,
    livechat,
    load,
    messages,
    rooms,
    services,
    sessions,
    settings,
    totals,
    users,
)
from tests.oracle.documents import Stored


def recount(database: Database[Document], now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Values by dotted key; a value that the workspace leaves undefined is left out.

    Objects whose keys the workspace decides (`userLanguages`, `services.oauth.custom`) and those of one piece (the
    sessions' sub-documents, contacts by source, the biggest and smallest room) are one value each.
    """
    stored = {collection: list(database[collection].find()) for collection in Collection}
    return of(stored, to_the_millisecond(now), zone)


def to_the_millisecond(moment: datetime) -> datetime:
    """MongoDB keeps no more of a date."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def of(stored: Stored, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    return {
        **users.recounted(stored),
        **rooms.recounted(stored),
        **messages.recounted(stored),
        **livechat.recounted(stored, now),
        **contacts.recounted(stored),
        **sessions.recounted(stored, now, zone),
        **settings.recounted(stored),
        **services.recounted(stored),
        **totals.recounted(stored),
        **additions.recounted(stored),
        **federation.recounted(stored),
        **calls.recounted(stored, now),
        **load.recounted(stored, now, zone),
    }
