"""The whole recount: every statistic that the workspace's database alone decides, by plain loops over all of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bson.codec_options import CodecOptions
from pymongo.database import Database

from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.statistics.releases import Release
from tests.oracle import (
    additions,
    calls,
    contacts,
    federation,
    licence,
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
from tests.oracle.documents import Counts, Stored
from tests.releases import names

CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True, unicode_decode_error_handler="replace")

ELSEWHERE = """
_id createdAt _updatedAt version tag branch fips allowUnsafeQueryAndFieldsApiParamsEnabled apps.engineVersion
enterprise.modules enterprise.tags dailyPeakConnections os process deploy migration instanceCount msEnabled oplogEnabled
mongoVersion mongoStorageEngine matrixFederation.amountOfFederationEvents
""".split()
"""What no recount of the database gives: the server, its host, MongoDB itself."""


def recount(database: Database[Document], now: datetime, zone: ZoneInfo, release: Release) -> Counts:
    """The leaves of the document of this release, by the definitions of this release.

    UNDEFINED is a value that the server does not have; an Allowed value is one of several.
    """
    stored = {
        collection: list(database.get_collection(collection, codec_options=CODEC).find()) for collection in Collection
    }
    return of(stored, to_the_millisecond(now), zone, release)


def to_the_millisecond(moment: datetime) -> datetime:
    """MongoDB keeps no more of a date."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def of(stored: Stored, now: datetime, zone: ZoneInfo, release: Release) -> Counts:
    counted = dict(leaf for key, value in _everything(stored, now, zone, release) for leaf in names.leaves(value, key))
    wanted = names.of_ours(release, conditions(stored, counted))
    return {key: value for key, value in counted.items() if key in wanted}


def _everything(stored: Stored, now: datetime, zone: ZoneInfo, release: Release) -> Iterator[tuple[str, Any]]:
    """Whatever any release has."""
    yield from users.recounted(stored).items()
    yield from rooms.recounted(stored).items()
    yield from messages.recounted(stored).items()
    yield from livechat.recounted(stored, now).items()
    yield from contacts.recounted(stored, release).items()
    yield from sessions.recounted(stored, now, zone).items()
    yield from settings.recounted(stored, release).items()
    yield from services.recounted(stored, release).items()
    yield from totals.recounted(stored).items()
    yield from additions.recounted(stored).items()
    yield from federation.recounted(stored, release).items()
    yield from calls.recounted(stored, now).items()
    yield from load.recounted(stored, now, zone).items()


def conditions(stored: Stored, counted: Counts) -> set[str]:
    """What the table of names makes some of them depend on."""
    told = {row["_id"] for row in stored[Collection.SETTINGS]} & {"Canned_Responses_Enable"}
    periods = ("total", *calls.PERIODS)
    called = {f"calls-{period}" for period in periods if f"enterprise.voip.{period}.callsDuration" in counted}
    return {*licence.modules(stored), *told, *called}


def is_elsewhere(path: str) -> bool:
    return any(path == key or path.startswith(f"{key}.") for key in ELSEWHERE)
