"""Figures that begin to stand out."""

from typing import Any
from zoneinfo import ZoneInfo

from collector.history.events.anomalies import anomalies
from tests.collector.history.events.histories import START
from tests.factories import hours

ZONE = ZoneInfo("Europe/Berlin")


def rows(weeks: int = 12, **odd: Any) -> list[dict[str, Any]]:
    """Hourly rows of 50 users online, more or less; `hN` has another value in hour N."""
    usual = range(weeks * 168)
    return [{"_id": START + hours(n), "v0": odd.get(f"h{n}", 50 + n * 7919 % 5), "v1": 60, "v2": 0.5} for n in usual]


def test_the_first_of_a_run_of_anomalies_is_an_event() -> None:
    (event,) = anomalies(rows(h1800=500, h1801=510, h1802=520), ZONE)

    assert (event.at, event.since) == (START + hours(1800), START + hours(1799))
    assert event.text.startswith("onlineUsers is 500; at this hour of this weekday it was 50 to 54")


def test_each_run_is_an_event() -> None:
    assert len(list(anomalies(rows(h1800=500, h1802=500), ZONE))) == 2


def test_a_short_history_has_none() -> None:
    assert list(anomalies(rows(h1000=500), ZONE)) == []


def test_odd_values_are_passed_over() -> None:
    odd: list[Any] = [None, "many", float("nan"), [1], {"a": 1}, 1e300]

    assert list(anomalies(rows(**{f"h{1800 + n}": value for n, value in enumerate(odd)}), ZONE)) == []
