"""Which stretches of the calendar want a reconstructed snapshot, by what the store has."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from collector import meteor_id
from collector.series.calendar import Bucket
from collector.store.snapshots import Store

BATCH = 1000  # ids that the store is asked for at a time


@dataclass(frozen=True)
class Plan:
    """Which buckets want a snapshot, and which do not."""

    wanted: Sequence[Bucket] = ()
    present: Sequence[datetime] = ()
    """The moments of the reconstructed snapshots that the store has, in their order."""
    there: int = 0
    """Buckets that were reconstructed before."""
    taken: int = 0
    """Buckets with a snapshot that was taken or imported."""

    @classmethod
    def of(cls, buckets: Sequence[Bucket], store: Store, workspace: str) -> "Plan":
        """The plan for these buckets, by what the store has.

        Raises:
            DatabaseError: the store can't be reached.
        """
        moments = list(store.moments(workspace, buckets[-1].end)) if buckets else []
        present = list(_reconstructed(moments, store, workspace))
        ours = set(present)
        others = [moment for moment in moments if moment not in ours]
        free = [bucket for bucket in buckets if not _any_in(others, bucket)]
        wanted = [bucket for bucket in free if bucket.last not in ours]
        return cls(wanted, present, len(free) - len(wanted), len(buckets) - len(free))

    def before(self, moment: datetime) -> datetime | None:
        """The last reconstructed snapshot before a moment."""
        number = bisect_left(self.present, moment)
        return self.present[number - 1] if number else None


def _reconstructed(moments: Sequence[datetime], store: Store, workspace: str) -> Iterator[datetime]:
    """Those moments that have a reconstructed snapshot: its id tells, and no snapshot has to be read."""
    for start in range(0, len(moments), BATCH):
        ids = {id_of(workspace, moment): moment for moment in moments[start : start + BATCH]}
        known = store.known(list(ids))
        yield from (moment for name, moment in ids.items() if name in known)


def _any_in(moments: Sequence[datetime], bucket: Bucket) -> bool:
    return bisect_left(moments, bucket.start) < bisect_left(moments, bucket.end)


def id_of(workspace: str, moment: datetime) -> str:
    """The id of a workspace's reconstructed snapshot: the same one each time."""
    return meteor_id.derived_id(f"{workspace} {moment.astimezone(UTC).isoformat()}".encode())
