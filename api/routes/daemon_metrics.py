"""Owns the metrics of the daemon itself: what it has counted, and its process."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from collector.telemetry import Counts, Telemetry

# Prometheus itself records when a series begins.
disable_created_metrics()  # type: ignore[no-untyped-call]


def counting(telemetry: Telemetry) -> CollectorRegistry:
    """A registry with the counts of `telemetry` and the figures of the process."""
    registry = CollectorRegistry()
    registry.register(_Counted(telemetry))
    ProcessCollector(registry=registry)
    return registry


@dataclass(frozen=True)
class _Counted(Collector):
    telemetry: Telemetry

    def collect(self) -> Iterator[Metric]:
        yield _counter("rcstats_slots", "Slots by outcome.", "outcome", self.telemetry.slots)
        errors = self.telemetry.database_errors
        yield _counter("rcstats_database_errors", "Failed MongoDB operations.", "asked_for", errors)
        yield GaugeMetricFamily("rcstats_spool_snapshots", "Snapshots in the spool on disk.", self.telemetry.spooled)


def _counter(name: str, meaning: str, label: str, counts: Counts) -> Metric:
    counter = CounterMetricFamily(name, meaning, labels=[label])
    for value in counts:
        counter.add_metric([value], counts[value])
    return counter
