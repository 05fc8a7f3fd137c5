"""Owns the response of `GET /api/v1/statistics.limits`: the limits of the newest snapshot, the nearest first."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from api.caching.responses import Context
from api.rendering import bson_json
from collector.key_paths import Document
from collector.limits.standing import Thresholds, standings
from collector.series.pipeline import SeriesQuery
from collector.store.snapshots import Store


@dataclass(frozen=True)
class Limits:
    """Renders the limits of a workspace's newest snapshot; `calendar` returns the time zone of series."""

    store: Store
    calendar: Callable[[], str]
    thresholds: Thresholds

    def render(self, context: Context, _: None) -> Iterator[bytes]:
        """{createdAt, limits: [{name, title, used, allowed, left, …}], success}; `createdAt` can be null."""
        workspace = context.rules.workspace
        newest = self.store.newest(workspace)

        def rows(query: SeriesQuery) -> Sequence[Document]:
            return list(self.store.series(workspace, query))

        found = standings(newest, rows, ZoneInfo(self.calendar()), self.thresholds)
        created = newest and newest["createdAt"]
        yield bson_json.document({"createdAt": created, "limits": [one.document for one in found]})
