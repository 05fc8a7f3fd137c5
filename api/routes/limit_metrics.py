"""Owns the Prometheus metrics of the limits that apply to the workspace."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from collector.limits.standing import TITLES
from collector.numbers import is_number

_METRICS = {
    "used": "What is used of a limit of the workspace.",
    "allowed": "What a limit allows.",
    "left": "What is left of a limit, or the days until its date.",
}


def of_limits(limits: object) -> Iterator[Metric]:
    """One gauge each for what is used, allowed and left, by the `collector.limits` of a snapshot."""
    known = [one for one in limits if isinstance(one, dict)] if isinstance(limits, list) else []
    for key, meaning in _METRICS.items():
        gauge = GaugeMetricFamily(f"rcstats_limit_{key}", meaning, labels=["limit"])
        for name in TITLES:
            figures = [one[key] for one in known if one.get("name") == name and is_number(one.get(key))]
            for figure in figures[:1]:
                gauge.add_metric([name], figure)
        yield gauge
