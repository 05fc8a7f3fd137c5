"""The sample workspace: believable documents of any size, the same ones for the same seed and moment."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pymongo import WriteConcern
from pymongo.database import Database

from collector.demo import instance
from collector.demo.sample import events, indexes, messages, omnichannel, rooms, sessions, settings, users
from collector.demo.sample.accounts import ADMIN, PLAIN, Login
from collector.demo.sample.blueprint import RELEASE, Plan
from collector.demo.sample.size import SESSION_DAYS, Size
from collector.demo.sample.small_collections import small_collections
from collector.key_paths import Document
from collector.sources.collections import Collection
from collector.statistics.releases import Release

__all__ = ["ADMIN", "PLAIN", "RELEASE", "Login", "Sample", "Size", "fill", "is_filled"]

# Thrown away and made anew if it is lost: nothing waits for the disk.
_QUICKLY = WriteConcern(w=1, j=False)

Many = Callable[[Plan, range], Iterator[Document]]


@dataclass(frozen=True)
class Series:
    """Numbered documents of one collection."""

    collection: Collection
    count: int
    documents: Many


class Sample:
    """The documents of one workspace; each series' can be made in parts, and in any order."""

    def __init__(self, size: Size, now: datetime, seed: int, release: Release = RELEASE) -> None:
        self.plan = Plan(size, now, seed, release)
        self.series = tuple(series for series in _series(self.plan) if indexes.has(release, series.collection))

    def numbered(self) -> Iterator[tuple[Collection, Iterable[Document]]]:
        """The documents of each series."""
        for series in self.series:
            if series.count:
                yield series.collection, series.documents(self.plan, range(series.count))

    def small(self) -> Iterator[tuple[Collection, Iterable[Document]]]:
        """The collections that are given as a whole; the settings come last."""
        yield from small_collections(self.plan)
        own = instance.row(self.plan.now) | {"_id": instance.INSTANCE_ID, "_createdAt": self.plan.now}
        yield Collection.INSTANCES, [own]
        yield Collection.SETTINGS, settings.settings(self.plan)


def _series(plan: Plan) -> Iterator[Series]:
    size, there = plan.size, sessions.there_daily(plan)
    yield Series(Collection.USERS, size.users, users.users)
    yield Series(Collection.ROOMS, size.rooms, rooms.rooms)
    yield Series(Collection.MESSAGES, size.messages, messages.messages)
    yield Series(Collection.SUBSCRIPTIONS, size.rooms, rooms.subscriptions)
    yield Series(Collection.SUBSCRIPTIONS, size.users, rooms.everybodys)
    yield Series(Collection.TEAMS, plan.teams, rooms.teams)
    yield Series(Collection.SESSIONS, there * SESSION_DAYS, sessions.daily)
    yield Series(Collection.SESSIONS, there * 2, sessions.single)
    yield Series(Collection.UPLOADS, size.uploads, events.uploads)
    yield Series(Collection.VISITORS, size.visitors, omnichannel.visitors)
    yield Series(Collection.CONTACTS, size.contacts, omnichannel.contacts)
    yield Series(Collection.DEPARTMENTS, omnichannel.DEPARTMENTS + omnichannel.UNITS, omnichannel.departments)
    yield Series(Collection.VIDEO_CONFERENCES, size.conferences, events.conferences)
    yield Series(Collection.FREESWITCH_CALLS, size.telephone, events.telephone)
    yield Series(Collection.ANALYTICS, size.analytics, events.analytics)
    yield Series(Collection.INVITES, size.invites, events.invites)
    yield Series(Collection.NOTIFICATIONS, 7, events.notifications)


def is_filled(database: Database[Document]) -> bool:
    return database[Collection.SETTINGS].find_one({"_id": "uniqueID"}) is not None


def fill(
    database: Database[Document], now: datetime, size: Size | None = None, seed: int = 1, release: Release = RELEASE
) -> None:
    """Writes the whole workspace of a release, as of `now`, and Rocket.Chat's indexes; the settings come last."""
    sample = Sample(size or Size(), now, seed, release)
    indexes.make(database, release)
    for collection, documents in (*sample.numbered(), *sample.small()):
        insert(database, collection, documents)


def insert(database: Database[Document], collection: Collection, documents: Iterable[Document]) -> None:
    database.get_collection(collection, write_concern=_QUICKLY).insert_many(documents, ordered=False)
