"""Recounts telephone calls, by direction and length, in four periods."""

from datetime import datetime, timedelta

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import Counts, Stored, added, as_number, how_many, matches, under

SUCCESS = 5  # seconds
PERIODS = {"lastMonth": timedelta(days=30), "lastWeek": timedelta(days=7), "lastDay": timedelta(days=1)}


def recounted(stored: Stored, now: datetime) -> Counts:
    calls = stored[Collection.FREESWITCH_CALLS]
    counts = under("enterprise.voip.total", of_calls(calls))
    for name, length in PERIODS.items():
        counts |= under(f"enterprise.voip.{name}", of_calls(since(calls, now - length)))
    return counts


def since(calls: list[Document], start: datetime) -> list[Document]:
    return [call for call in calls if isinstance(call.get("startedAt"), datetime) and call["startedAt"] >= start]


def of_calls(calls: list[Document]) -> Counts:
    inbound, outbound = toward(calls, "external_inbound"), toward(calls, "external_outbound")
    successful, failed = how_many(calls, is_successful), how_many(calls, is_failed)
    return {
        "internalCalls": toward(calls, "internal"),
        "externalInboundCalls": inbound,
        "externalOutboundCalls": outbound,
        "externalCalls": inbound + outbound,
        "successfulCalls": successful,
        "failedCalls": failed,
        "calls": successful + failed,
        **({"callsDuration": added(call.get("duration") for call in calls)} if calls else {}),
    }


def toward(calls: list[Document], direction: str) -> int:
    return how_many(calls, lambda call: matches(call, "direction", direction))


def is_successful(call: Document) -> bool:
    return is_comparable(call) and as_number(call["duration"]) >= SUCCESS


def is_failed(call: Document) -> bool:
    return "duration" not in call or (is_comparable(call) and as_number(call["duration"]) < SUCCESS)


def is_comparable(call: Document) -> bool:
    """MongoDB compares numbers with numbers only, however large; NaN is neither less nor more."""
    duration = as_number(call.get("duration"))
    return isinstance(duration, int | float) and not isinstance(duration, bool)
