"""Makes snapshots of the time before rcstats, of what the workspace's dates still tell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector import __version__
from collector.errors import CommandRefusedError, DatabaseError, UnreachableError
from collector.history.backfill.plan import Plan, id_of
from collector.history.backfill.sessions import SessionDays
from collector.history.backfill.walk import PARTS, IndexWalk, Pace
from collector.key_paths import Document, place
from collector.series.calendar import Bucket, CalendarGrid
from collector.sources import Sources
from collector.sources.collections import Collection
from collector.statistics.snapshot import put
from collector.statistics.subjects.sessions import session_statistics
from collector.statistics.values import Values
from collector.store.parameters import ListQuery
from collector.store.snapshots import Store
from collector.workspace_key import owner

KIND = "reconstructed"
COMMENT = "rcstats backfill"
SETTLED = timedelta(minutes=5)  # a later moment may miss what secondaries have not got yet


@dataclass(frozen=True)
class Cost:
    """What is examined of a collection at most."""

    collection: Collection
    keys: int
    documents: int


class Backfill:
    """One run over a workspace, which is only read, at its pace.

    `left_out` has the collections that can't be read along their dates, or not on each day, and why.
    """

    def __init__(
        self,
        sources: Sources,
        store: Store,
        workspace: str,
        pace: Pace | None = None,
        sessions: Callable[[Sources], Values] = session_statistics,
    ) -> None:
        """Raises: DatabaseError: the workspace can't be reached."""
        self._sources = sources.labelled(COMMENT)
        self._store = store
        self._workspace = workspace
        self._pace = pace or Pace()
        self.left_out: dict[Collection, str] = {}
        self.plan = Plan()
        self._walks: list[IndexWalk] = []
        for part in PARTS:
            self._begin(IndexWalk(part, self._sources.workspace, self._pace))
        self._sessions: SessionDays | None = None
        if self.begins:
            began = self.begins.astimezone(sources.timezone).date()
            self._sessions = SessionDays(self._sources, self._pace, began, sessions)

    def _begin(self, walk: IndexWalk) -> None:
        try:
            walk.begin()
        except UnreachableError:
            raise
        except DatabaseError as error:
            self.left_out[walk.part.collection] = str(error)
        else:
            self._walks.append(walk)

    @property
    def begins(self) -> datetime | None:
        """When the workspace's first user or room was made; None if there is none."""
        people = (Collection.USERS, Collection.ROOMS)
        firsts = [walk.first for walk in self._walks if walk.part.collection in people]
        return min((first for first in firsts if first), default=None)

    def aim(self, grid: CalendarGrid, since: datetime, until: datetime) -> None:
        """Plans a snapshot for the end of each bucket: never in the future, never before the workspace was there.

        Raises:
            RcstatsError: they are too many, or the store can't be reached.
        """
        until = min(until, self._sources.now - SETTLED)
        since = max(since, self.begins or until)
        buckets = grid.between(since, until) if since < until else []
        self.plan = Plan.of(buckets, self._store, self._workspace)

    @property
    def days(self) -> int:
        """How many days of history are to be walked."""
        return (self.plan.wanted[-1].end - self._from()).days if self.plan.wanted else 0

    def _from(self) -> datetime:
        """Where the longest way begins, that over the messages."""
        first = self.plan.wanted[0]
        begins = self._walks[-1].first or first.start
        return min(max(self.plan.before(first.last) or begins, begins), self.plan.wanted[-1].end)

    def run(self, progress: Callable[[int, int], None] = lambda _, __: None) -> int:
        """Stores what is wanted, in the order of time; how many. Ended early, it goes on the next time.

        `progress` gets the number of snapshots added, and that of the days of history walked.

        Raises:
            DatabaseError: workspace or store can't be reached.
        """
        added = 0
        begin = self._from() if self.plan.wanted else self._sources.now

        def step() -> None:
            progress(added, max(0, ((self._walks[-1].reached or begin) - begin).days))

        for bucket in self.plan.wanted:
            added += self._store.add(self._document(bucket, step))
            step()
        return added

    def _document(self, bucket: Bucket, step: Callable[[], None]) -> Document:
        """The snapshot of a bucket's end."""
        self._resume(bucket.last)
        for walk in self._walks:
            walk.advance(bucket.end, step)
        sessions = self._of_sessions(bucket.last)
        return _lay_out(self._workspace, str(self._sources.timezone), bucket.last, self._walks, sessions)

    def _of_sessions(self, moment: datetime) -> Values:
        """The statistics of sessions; a reading that fails costs only its own values, as in a snapshot.

        Raises:
            DatabaseError: the workspace can't be reached, or does not answer in time.
        """
        try:
            return self._sessions.at(moment) if self._sessions else {}
        except CommandRefusedError as error:
            reason = str(error)
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001  a row of any kind must not end the run
            reason = f"unexpected {type(error).__name__}"
        self.left_out.setdefault(Collection.SESSIONS, reason)
        return {}

    def _resume(self, moment: datetime) -> None:
        """The walks go on from the last reconstructed snapshot, where that one is further on; of this release only."""
        before = self.plan.before(moment)
        behind = [walk for walk in self._walks if before and walk.reached and walk.reached <= before]
        if before and behind:
            where = {"_id": id_of(self._workspace, before), "collector.version": __version__}
            for snapshot in self._store.snapshots(self._workspace, ListQuery(where, count=1)):
                for walk in behind:
                    walk.resume(snapshot)

    def costs(self) -> list[Cost]:
        """The most that `run` examines of each collection, by the collections' metadata.

        Raises:
            DatabaseError: workspace or store can't be reached.
        """
        if not self.plan.wanted:
            return []
        self._resume(self.plan.wanted[0].last)
        costs = [*map(self._cost, self._walks), self._sessions_cost()]
        return [cost for cost in costs if cost.keys or cost.documents]

    def _cost(self, walk: IndexWalk) -> Cost:
        """Of what is not counted yet; without an index all of it is examined each time."""
        of = walk.part.collection
        total = self._sources.workspace.estimate(of)
        if not walk.part.has_index:
            return Cost(of, 0, total * len(self.plan.wanted))
        left = max(0, total - walk.counted)
        return Cost(of, left, 0 if walk.part.is_covered else left)

    def _sessions_cost(self) -> Cost:
        """All rows for each day that some of them tell of."""
        zone, sessions = self._sources.timezone, self._sessions
        moments = [bucket.last for bucket in self.plan.wanted if sessions and sessions.is_of_use(bucket.last)]
        days = len({moment.astimezone(zone).date() for moment in moments})
        rows = days * self._sources.workspace.estimate(Collection.SESSIONS)
        return Cost(Collection.SESSIONS, rows, rows)


def _lay_out(workspace: str, zone: str, moment: datetime, walks: Sequence[IndexWalk], sessions: Values) -> Document:
    own: Document = {"version": __version__, **owner(workspace), "kind": KIND, "timezone": zone}
    own |= {"readings": {}, "unavailable": {}, "notes": {}}
    document: Document = {"_id": id_of(workspace, moment), "createdAt": moment, "_updatedAt": moment, "collector": own}
    for walk in walks:
        for key, value in walk.values.items():
            place(document, key, value)
            place(own["notes"], key, walk.part.note)
    put(document, own, sessions)
    return document
