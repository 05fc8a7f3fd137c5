"""Owns the life of the demo's workspace: fills it, gives it a past, and lets its server run."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial

from pymongo.database import Database

from collector.demo import instance, licence, presence
from collector.demo.sample import own_statistics, workspace
from collector.demo.sample.blueprint import Plan
from collector.demo.sample.size import Size
from collector.demo.snapshots.documents import Past
from collector.demo.snapshots.processes import processes
from collector.demo.snapshots.timeline import Timeline
from collector.key_paths import Document
from collector.mongodb.connection import time_limit
from collector.sources.collections import Collection
from collector.store.snapshots import COLLECTION

SIZE = Size(days=330, quiet_weekends=True)
_SEED = 1
_DAY = timedelta(days=1)
_WITHIN = 60.0  # seconds that the writing of the past may take
_WHOLE = "rcstats_demo"  # a collection of our own, made when the workspace and its past are whole


@dataclass(frozen=True)
class Life:
    """The workspace in `database`, and its snapshots in `store`; `now` is the start of the demo."""

    database: Database[Document]
    store: Database[Document]
    now: datetime

    @cached_property
    def _plan(self) -> Plan:
        return Plan(SIZE, self.now, _SEED)

    @cached_property
    def _timeline(self) -> Timeline:
        return Timeline.until(self.now, self._plan.installed)

    def is_whole(self) -> bool:
        """Whether an earlier demo has made the workspace and its past."""
        return self.database[_WHOLE].find_one() is not None

    def begin(self) -> None:
        """Fills the workspace, without its past."""
        for database in (self.database, self.store):
            database.client.drop_database(database.name)
        workspace.fill(self.database, self.now, SIZE, _SEED)
        self.database[Collection.SETTINGS].insert_many(licence.settings(self._plan.release, self.now))
        self.database[Collection.INSTANCES].delete_many({})
        self.database[Collection.MIGRATIONS].update_one({}, {"$set": {"_updatedAt": self._timeline.upgraded}})

    def running(self) -> AbstractContextManager[None]:
        """Lets the server run: as it has since its last start, or newly started where the demo is started again."""
        started = processes(self._timeline, self.now)
        if self.is_whole():
            started = [replace(process, started=self.now) for process in started]
        return instance.alive(self.database, started, partial(presence.follow, self.database))

    def remember(self, first: Document) -> None:
        """Stores the snapshots of the past, by the first real one, and the server's own statistics."""
        past = Past(first, self._plan, self._timeline)
        own = self.database[Collection.STATISTICS]
        newest = own.find_one_and_delete({}, sort=[("createdAt", -1)]) or {}
        own.delete_many({})
        with time_limit(_WITHIN):
            own.insert_many(_statistics(past, newest, self._plan))
            self.store[COLLECTION].insert_many(past.snapshots(), ordered=False)
        self.database[_WHOLE].insert_one({})


def _statistics(past: Past, newest: Document, plan: Plan) -> Iterator[Document]:
    """The server's own statistics, one document a day since the installation; `newest` is what only it can know."""
    chance = plan.chance("whole statistics")
    for back in range((newest["createdAt"] - plan.installed) // _DAY):
        moment = newest["createdAt"] - back * _DAY
        dates = {"createdAt": moment, "_updatedAt": moment, "lastLogin": own_statistics.javascript(moment)}
        yield newest | past.statistics(moment) | dates | {"_id": chance.hex(), "statsToken": chance.hex(32)}
