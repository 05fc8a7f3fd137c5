"""Recounts what is built onto a workspace: integrations, apps, video conferences."""

from collector.key_paths import Document
from collector.sources.collections import Collection
from tests.oracle.documents import Counts, Stored, how_many, matches, under

CALLING, STARTED, ENDED = 0, 1, 3


def recounted(stored: Stored) -> Counts:
    return {
        **under("integrations", integrations(stored[Collection.INTEGRATIONS])),
        **under("apps", apps(stored[Collection.APPS])),
        **under("videoConf", conferences(stored[Collection.VIDEO_CONFERENCES])),
    }


def integrations(found: list[Document]) -> Counts:
    incoming = [integration for integration in found if integration.get("type") == "webhook-incoming"]
    outgoing = [integration for integration in found if integration.get("type") == "webhook-outgoing"]
    return {
        "totalIncoming": len(incoming),
        "totalIncomingActive": how_many(incoming, lambda integration: integration.get("enabled") is True),
        "totalOutgoing": len(outgoing),
        "totalOutgoingActive": how_many(outgoing, lambda integration: integration.get("enabled") is True),
        "totalWithScriptEnabled": how_many(found, lambda integration: integration.get("scriptEnabled") is True),
    }


def apps(found: list[Document]) -> Counts:
    private = [app for app in found if app.get("installationSource") == "private"]
    return {
        "totalInstalled": len(found),
        "totalActive": how_many(found, is_enabled),
        "totalFailed": how_many(found, lambda app: not is_enabled(app) and app.get("status") != "manually_disabled"),
        "totalPrivateApps": len(private),
        "totalPrivateAppsEnabled": how_many(private, is_enabled),
    }


def is_enabled(app: Document) -> bool:
    """By the status that is stored, which may not be the one that runs."""
    return app.get("status") in ("auto_enabled", "manually_enabled")


def conferences(found: list[Document]) -> Counts:
    def in_state(kind: str, status: int) -> int:
        return how_many(found, lambda call: matches(call, "type", kind) and matches(call, "status", status))

    return {
        "videoConference.started": in_state("videoconference", STARTED),
        "videoConference.ended": in_state("videoconference", ENDED),
        "direct.calling": in_state("direct", CALLING),
        "direct.started": in_state("direct", STARTED),
        "direct.ended": in_state("direct", ENDED),
        "livechat.started": in_state("livechat", STARTED),
        "livechat.ended": in_state("livechat", ENDED),
    }
