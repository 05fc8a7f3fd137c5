"""Recounts what comes from the workspace's settings: copies, changes, and the few that are worked out."""

from datetime import datetime
from math import isnan
from typing import Any

from collector.key_paths import Document
from collector.statistics.releases import Release
from tests.oracle.documents import UNDEFINED, Allowed, Counts, Stored, is_number, is_truthy
from tests.oracle.licence import settings, value_of
from tests.oracle.setting_names import CHANGED, COPIED, NO_LONGER_SET


def recounted(stored: Stored, release: Release) -> Counts:
    rows = settings(stored)
    copied = {key: copy(value_of(rows, name)) for key, name in COPIED.items()}
    changed = {key: is_changed(rows.get(name, {})) for key, name in CHANGED.items()}
    gone = {key: UNDEFINED for key, releases in NO_LONGER_SET.items() if release in releases}
    return copied | changed | gone | installed_at(rows) | worked_out(rows)


def copy(value: Any) -> Any:
    """The value; ours may lack what a setting cannot be, such as a list, NaN, or a number beyond all numbers."""
    plain = value is UNDEFINED or value is None or isinstance(value, str | bool) or is_number(value)
    return value if plain else Allowed((value,))


def is_changed(row: Document) -> Any:
    """JavaScript's `value !== packageValue`; of odd values either."""
    value, package = row.get("value", UNDEFINED), row.get("packageValue", UNDEFINED)
    if isinstance(value, float) and isnan(value):
        return True
    if isinstance(copy(value), Allowed):
        return Allowed((True, False))
    return isinstance(value, bool) is not isinstance(package, bool) or bool(value != package)


def installed_at(rows: dict[str, Document]) -> Counts:
    created = rows.get("uniqueID", {}).get("createdAt")
    return {"installedAt": created if isinstance(created, datetime) else Allowed((None,))}


def worked_out(rows: dict[str, Document]) -> Counts:
    """The values that are defined even where their setting is missing."""
    logo, strategy = value_of(rows, "Assets_logo"), value_of(rows, "Livechat_enable_business_hours")
    timeout = value_of(rows, "Livechat_auto_transfer_chat_timeout")
    return {
        "logoChange": isinstance(logo, dict) and "url" in logo,
        "livechatAutomaticForwardingUnansweredChats": isinstance(timeout, bool) or timeout != 0,
        "BusinessHours.strategy": strategy_of(strategy),
        "webRTCEnabledForOmnichannel": value_of(rows, "Omnichannel_call_provider") == "WebRTC",
        "settings.cannedResponses.cannedResponsesEnabled": copy(value_of(rows, "Canned_Responses_Enable")),
        "push": push(rows),
        "enterpriseReady": True,
    }


def strategy_of(value: Any) -> Any:
    """The value if it is true, else ''; either if it is odd."""
    return Allowed((value, "")) if isinstance(copy(value), Allowed) else value if is_truthy(value) else ""


def push(rows: dict[str, Document]) -> Any:
    """Any number of three bits if a setting is odd."""
    three = [value_of(rows, name) for name in ("Push_enable", "Push_enable_gateway", "Push_gateway")]
    if any(isinstance(copy(value), Allowed) for value in three):
        return Allowed(tuple(range(8)))
    return 1 * is_truthy(three[0]) + 2 * is_truthy(three[1]) + 4 * bool(is_changed(rows.get("Push_gateway", {})))
