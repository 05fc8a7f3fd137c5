"""Owns the response of `GET /api/v1/statistics.limits`: the limits of the newest snapshot, the nearest first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from api.caching.responses import Context
from api.rendering import bson_json
from collector.limits.newest import of_newest
from collector.limits.standing import Thresholds
from collector.store.snapshots import Store


@dataclass(frozen=True)
class Limits:
    """Renders the limits of a workspace's newest snapshot; `calendar` returns the time zone of series."""

    store: Store
    calendar: Callable[[], str]
    thresholds: Thresholds

    def render(self, context: Context, _: None) -> Iterator[bytes]:
        """{createdAt, limits: [{name, title, used, allowed, left, …}], success}; `createdAt` can be null."""
        found = of_newest(self.store, context.rules.workspace, self.calendar(), self.thresholds)
        yield bson_json.document(found.document)
