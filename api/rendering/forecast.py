"""Owns the response of statistics.forecast. Pure."""

from dataclasses import asdict
from typing import Any

from collector.series.forecast import Expectation, Forecast, Growth


def document(found: Forecast) -> dict[str, Any]:
    """{growth: […], anomalies: […]}; growth is of counts and bytes, and rounded."""
    anomalies = [asdict(anomaly) | {"text": str(anomaly)} for anomaly in found.anomalies]
    return {"growth": [_growth(one) for one in found.growth], "anomalies": anomalies}


def _growth(one: Growth) -> dict[str, Any]:
    expected = [_expectation(ahead) for ahead in one.expected]
    return asdict(one) | {"now": round(one.now), "weekly": round(one.weekly, 1), "expected": expected}


def _expectation(ahead: Expectation) -> dict[str, int]:
    return {"days": ahead.days, "low": round(ahead.low), "middle": round(ahead.middle), "high": round(ahead.high)}
