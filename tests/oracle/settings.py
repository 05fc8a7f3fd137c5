"""Recounts what comes from the workspace's settings: copies, changes, and the few that are worked out."""

from datetime import datetime
from typing import Any

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import Counts, Stored
from tests.oracle.setting_names import CHANGED, COPIED

UNDEFINED = object()
"""What JavaScript has where a document lacks the key."""


def recounted(stored: Stored) -> Counts:
    rows = by_id(stored)
    values = {key: value_of(rows, name) for key, name in COPIED.items()}
    copied = {key: value for key, value in values.items() if value is not None}
    changed = {key: is_changed(rows[name]) for key, name in CHANGED.items() if name in rows}
    return copied | changed | installed_at(rows) | worked_out(rows)


def by_id(stored: Stored) -> dict[str, Document]:
    return {row["_id"]: row for row in stored[Collection.SETTINGS]}


def value_of(rows: dict[str, Document], name: str) -> Any:
    """The setting's value; None where the setting, its value, or anything in it is missing."""
    return rows.get(name, {}).get("value")


def is_changed(row: Document) -> bool:
    """JavaScript's `value !== packageValue`."""
    value, package = row.get("value", UNDEFINED), row.get("packageValue", UNDEFINED)
    return isinstance(value, bool) is not isinstance(package, bool) or bool(value != package)


def is_truthy(value: Any) -> bool:
    """JavaScript's truth: empty arrays and objects are true."""
    return isinstance(value, list | dict) or bool(value)


def installed_at(rows: dict[str, Document]) -> Counts:
    created = rows.get("uniqueID", {}).get("createdAt")
    return {"installedAt": created} if isinstance(created, datetime) else {}


def worked_out(rows: dict[str, Document]) -> Counts:
    """The values that are defined even where their setting is missing."""
    logo, strategy = value_of(rows, "Assets_logo"), value_of(rows, "Livechat_enable_business_hours")
    timeout = value_of(rows, "Livechat_auto_transfer_chat_timeout")
    return {
        "logoChange": isinstance(logo, dict) and "url" in logo,
        "livechatAutomaticForwardingUnansweredChats": isinstance(timeout, bool) or timeout != 0,
        "BusinessHours.strategy": strategy if is_truthy(strategy) else "",
        "webRTCEnabledForOmnichannel": value_of(rows, "Omnichannel_call_provider") == "WebRTC",
        "push": push(rows),
        "enterpriseReady": True,
    }


def push(rows: dict[str, Document]) -> int:
    enabled = is_truthy(value_of(rows, "Push_enable"))
    gateway = is_truthy(value_of(rows, "Push_enable_gateway"))
    return 1 * enabled + 2 * gateway + 4 * is_changed(rows.get("Push_gateway", {}))
