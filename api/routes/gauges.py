"""Owns the making of gauges from a snapshot: one sample per number that it has."""

from collections.abc import Mapping
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from collector.key_paths import Document, at
from collector.numbers import is_number


def gauge(name: str, meaning: str, label: str, numbers: Mapping[str, float | None]) -> Metric:
    """A gauge with one sample per known number; without a `label` it has at most one."""
    made = GaugeMetricFamily(name, meaning, labels=[label] if label else [])
    for value, known in numbers.items():
        if known is not None:
            made.add_metric([value] if label else [], known)
    return made


def number(document: Document, path: str) -> float | None:
    """The number at a dotted path: dates in seconds, rows of a list summed; None if absent."""
    parent, _, key = path.rpartition(".")
    if isinstance(rows := at(document, parent), list):
        numbers = [found for row in rows if is_number(found := at(row, key))]
        return float(sum(numbers)) if numbers or not rows else None
    value = at(document, path)
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if is_number(value) else None
