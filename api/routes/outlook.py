"""Owns the resources of limits and of events, which need more than the snapshots."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from api.caching.responses import Resource
from api.query.events import EventsQuery
from api.routes import events
from api.routes.limits import Limits
from collector.history.events.timeline import Timeline
from collector.limits.standing import DEFAULT_THRESHOLDS, Thresholds
from collector.store.retention import Retention
from collector.store.snapshots import Store


@dataclass(frozen=True)
class Outlook:
    """By `thresholds` a limit is near; `timeline` finds events, without one in a store that keeps all snapshots."""

    thresholds: Thresholds = DEFAULT_THRESHOLDS
    timeline: Timeline | None = None

    def limits(self, store: Store, calendar: Callable[[], str]) -> Resource[None]:
        """`calendar` returns the time zone of series."""
        return Resource(lambda *_: None, Limits(store, calendar, self.thresholds).render, is_hourly=True)

    def events(self, store: Store, zone: str) -> Resource[EventsQuery]:
        timeline = self.timeline or Timeline(store, Retention(None, None, ZoneInfo(zone)))
        return events.resource(timeline, zone)


BY_DEFAULT = Outlook()
"""With the thresholds of the settings' defaults, and without notes."""
