"""The sample workspace: believable documents of any size, the same ones for the same seed and moment."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pymongo.database import Database

from collector.connection import Document
from collector.demo import (
    configuration,
    indexes,
    livechat,
    messages,
    odds,
    people,
    records,
    rooms,
    server,
    sessions,
    writing,
)
from collector.demo.logins import ADMIN, PLAIN, Login
from collector.demo.plan import Plan
from collector.demo.size import SESSION_DAYS, Size
from collector.sources.rocketchat import Collection

__all__ = ["ADMIN", "PLAIN", "Login", "Sample", "Size", "fill", "is_filled"]

SLICE = 10_000
LARGE = 200_000  # documents; from here on several processes and late indexes are worth their start

Many = Callable[[Plan, range], Iterator[Document]]
Few = Callable[[Plan], Iterator[Document]]

_FEW: dict[Collection, Few] = {
    Collection.ABAC_ATTRIBUTES: odds.attributes,
    Collection.APPS: odds.apps,
    Collection.BUSINESS_HOURS: odds.business_hours,
    Collection.CANNED_RESPONSES: odds.canned_responses,
    Collection.CUSTOM_FIELDS: odds.custom_fields,
    Collection.EMAIL_INBOXES: odds.email_inboxes,
    Collection.FEDERATION_SERVERS: odds.federation_servers,
    Collection.INTEGRATIONS: odds.integrations,
    Collection.LIVECHAT_TAGS: odds.tags,
    Collection.MATRIX_BRIDGED_ROOMS: odds.bridged_rooms,
    Collection.MIGRATIONS: odds.migrations,
    Collection.PERMISSIONS: odds.permissions,
    Collection.ROLES: odds.roles,
    Collection.SERVICE_LEVELS: odds.service_levels,
    Collection.STATISTICS: odds.statistics,
    Collection.TRIGGERS: odds.triggers,
}


@dataclass(frozen=True)
class Series:
    """Numbered documents of one collection."""

    collection: Collection
    count: int
    documents: Many


class Sample:
    """The documents of one workspace, in slices that can be made apart and in any order."""

    def __init__(self, size: Size, now: datetime, seed: int) -> None:
        self.plan = Plan(size, now, seed)
        self._series = (*_people_and_rooms(self.plan), *_the_rest(self.plan))

    def slices(self) -> Iterator[writing.Slice]:
        for place, series in enumerate(self._series):
            for start in range(0, series.count, SLICE):
                yield writing.Slice(series.collection, place, start, min(start + SLICE, series.count))

    def documents(self, of: writing.Slice) -> Iterator[Document]:
        return self._series[of.series].documents(self.plan, range(of.start, of.stop))

    def small(self) -> Iterator[tuple[Collection, Sequence[Document]]]:
        """The collections that are given as a whole; the settings come last."""
        for collection, documents in _FEW.items():
            yield collection, list(documents(self.plan))
        yield (
            Collection.INSTANCES,
            [server.row(self.plan.now) | {"_id": server.INSTANCE_ID, "_createdAt": self.plan.now}],
        )
        yield Collection.SETTINGS, list(configuration.settings(self.plan))


def _people_and_rooms(plan: Plan) -> Iterator[Series]:
    size = plan.size
    yield Series(Collection.USERS, size.users, people.users)
    yield Series(Collection.ROOMS, size.rooms, rooms.rooms)
    yield Series(Collection.MESSAGES, size.messages, messages.messages)
    yield Series(Collection.SUBSCRIPTIONS, size.rooms, rooms.subscriptions)
    yield Series(Collection.SUBSCRIPTIONS, size.users, rooms.everybodys)
    yield Series(Collection.TEAMS, plan.teams, rooms.teams)


def _the_rest(plan: Plan) -> Iterator[Series]:
    size, there = plan.size, sessions.there_daily(plan)
    yield Series(Collection.SESSIONS, there * SESSION_DAYS, sessions.daily)
    yield Series(Collection.SESSIONS, there * 2, sessions.single)
    yield Series(Collection.UPLOADS, size.uploads, records.uploads)
    yield Series(Collection.VISITORS, size.visitors, livechat.visitors)
    yield Series(Collection.CONTACTS, size.contacts, livechat.contacts)
    yield Series(Collection.DEPARTMENTS, livechat.DEPARTMENTS + livechat.UNITS, livechat.departments)
    yield Series(Collection.VIDEO_CONFERENCES, size.conferences, records.conferences)
    yield Series(Collection.FREESWITCH_CALLS, size.telephone, records.telephone)
    yield Series(Collection.ANALYTICS, size.analytics, records.analytics)
    yield Series(Collection.INVITES, size.invites, records.invites)
    yield Series(Collection.NOTIFICATIONS, 7, records.notifications)


def is_filled(database: Database[Document]) -> bool:
    return database[Collection.SETTINGS].find_one({"_id": "uniqueID"}) is not None


def fill(
    database: Database[Document],
    now: datetime,
    size: Size | None = None,
    seed: int = 1,
    progress: writing.Progress = writing.silent,
) -> None:
    """Writes the whole workspace, as of `now`, and Rocket.Chat's indexes; the settings come last."""
    size = size or Size()
    sample = Sample(size, now, seed)
    if size.documents < LARGE:
        indexes.make(database)
        writing.in_turn(database, sample.slices(), sample.documents, progress)
    else:
        writing.side_by_side(database, sample.slices(), partial(Sample, size, now, seed), progress)
        indexes.make(database, at_once=writing.PROCESSES)
    for collection, documents in sample.small():
        writing.insert(database, collection, documents)
        progress(collection, len(documents))
