"""Owns the made-up snapshots: what the first real one would have been at each hour of the last ninety days. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collector.demo.sample import own_statistics
from collector.demo.sample.blueprint import Plan
from collector.demo.snapshots import limits, processes
from collector.demo.snapshots.attendance import Attendance
from collector.demo.snapshots.figures import Figures
from collector.demo.snapshots.rhythm import HOUR, change
from collector.demo.snapshots.timeline import DAYS, Timeline, within
from collector.key_paths import Document
from collector.statistics import catalog

KIND = "sample"
NOTE = "this snapshot is made up by rcstats demo"

_FAILING = "uploads"
_ERROR = "the workspace's MongoDB did not answer in time"
_FAILURE = {"ok": False, "seconds": 5.0, "error": _ERROR}


class Past:
    """The snapshots before `plan.now`, by the `first` real one, which is of that moment."""

    def __init__(self, first: Document, plan: Plan, timeline: Timeline) -> None:
        self._first = first
        self._timeline = timeline
        self._figures = Figures(first, plan)
        self._attendance = Attendance(timeline, self._figures.users, plan.now - own_statistics.BEFORE)
        self._chance = plan.chance("snapshots")
        # Without what lets the daemon reuse their values, as these are made up.
        readings = first["collector"]["readings"]
        self._records = {name: {"ok": True, "seconds": record["seconds"]} for name, record in readings.items()}
        self._failing = {s.key for reading in catalog.READINGS if reading.name == _FAILING for s in reading.statistics}

    def snapshots(self) -> Iterator[Document]:
        """One an hour, the oldest first, as by the default schedule; the slot of this hour is left to the daemon."""
        newest = self._timeline.now.replace(minute=0, second=0, microsecond=0) - HOUR
        for back in reversed(range(DAYS * 24)):
            slot = newest - back * HOUR
            if not within(slot, self._timeline.away):
                yield self._snapshot(slot)

    def statistics(self, moment: datetime) -> Document:
        """The statistics at a moment, without what is rcstats' own."""
        presence = self._attendance.at(moment)
        values = {key: value for key, value in self._first.items() if key != "collector"}
        values |= self._figures.at(moment, presence) | processes.release(self._timeline, moment, self._first)
        running = processes.processes(self._timeline, moment)
        up = (moment - running[0].started).total_seconds()
        values |= {"instanceCount": len(running), "process": self._first["process"] | {"uptime": up}}
        return values | self._attendance.stored(moment)

    def _snapshot(self, slot: datetime) -> Document:
        seconds = round(self._first["collector"]["seconds"] * (0.5 + change(slot)), 3)
        started = slot + timedelta(milliseconds=self._chance.randrange(300))
        taken = started + timedelta(seconds=seconds)
        values = self.statistics(slot)
        own = self._own(slot, values) | {"startedAt": started, "finishedAt": taken, "seconds": seconds}
        if within(slot, self._timeline.failed):
            values = {key: value for key, value in values.items() if key not in self._failing}
        document = values | {"_id": self._chance.id(), "createdAt": taken, "_updatedAt": taken, "collector": own}
        if "limits" in own:
            own["limits"] = limits.earlier(own["limits"], slot, document)
        return document

    def _own(self, slot: datetime, values: Document) -> Document:
        own: Document = self._first["collector"]
        has_failed = within(slot, self._timeline.failed)
        why = f"the reading {_FAILING} failed: {_ERROR}"
        connections = self._attendance.sampled(slot)
        running = processes.processes(self._timeline, slot)
        return own | {
            "kind": KIND,
            "slot": slot,
            "release": values["version"],
            "readings": self._records | ({_FAILING: _FAILURE} if has_failed else {}),
            "unavailable": dict.fromkeys(sorted(self._failing), why) if has_failed else {},
            "notes": {"collector": {"kind": NOTE}},
            "origin": {part: {**origin, "asOf": slot} for part, origin in own["origin"].items()},
            "connections": connections,
            "instances": processes.rows(running, slot, connections["now"], own["instances"][0]),
            "messages": self._figures.messages(values["totalMessages"]),
        }
