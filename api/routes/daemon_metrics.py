"""Owns the metrics of the daemon itself: what it has counted, its schedule and its process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from collector.telemetry import Counts, Telemetry

# Prometheus itself records when a series begins.
disable_created_metrics()  # type: ignore[no-untyped-call]


def counting(telemetry: Telemetry, schedule: Callable[[], str]) -> CollectorRegistry:
    """A registry with the counts of `telemetry`, the state of the `schedule` and the figures of the process."""
    registry = CollectorRegistry()
    registry.register(_Counted(telemetry, schedule))
    ProcessCollector(registry=registry)
    return registry


@dataclass(frozen=True)
class _Counted(Collector):
    telemetry: Telemetry
    schedule: Callable[[], str]

    def collect(self) -> Iterator[Metric]:
        on_time = 0 if self.schedule() else 1
        yield GaugeMetricFamily("rcstats_schedule_up", "1 if snapshots are taken on time, else 0.", on_time)
        yield _counter("rcstats_slots", "Slots by outcome.", "outcome", self.telemetry.slots)
        errors = self.telemetry.database_errors
        yield _counter("rcstats_database_errors", "Failed MongoDB operations.", "asked_for", errors)
        yield GaugeMetricFamily("rcstats_spool_snapshots", "Snapshots in the spool on disk.", self.telemetry.spooled)


def _counter(name: str, meaning: str, label: str, counts: Counts) -> Metric:
    counter = CounterMetricFamily(name, meaning, labels=[label])
    for value in counts:
        counter.add_metric([value], counts[value])
    return counter
