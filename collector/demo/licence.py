"""Owns the licence of the demo's workspace, and the vendor's list of supported versions: settings whose limits near."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta

from collector.demo.sample.own_statistics import modules
from collector.demo.snapshots.timeline import OLD_RELEASE
from collector.key_paths import Document
from collector.statistics.releases import Release

_LIMITS = {"activeUsers": 300, "guestUsers": 20, "monthlyActiveContacts": 60, "privateApps": 3, "marketplaceApps": 5}
_LICENSED, _SUPPORTED, _OLD_SUPPORTED = (timedelta(days=days) for days in (160, 75, 15))


def settings(release: Release, now: datetime) -> Iterator[Document]:
    """Their rows; nobody has signed them, which whoever reads them cannot tell."""
    values = {
        "Enterprise_License": f"RCV3_{_token(_licence(release, now))}",
        "Enterprise_License_Status": "Valid",
        "Cloud_Workspace_Supported_Versions_Token": _token(_supported(release, now)),
        "Presence_broadcast_disabled": False,
    }
    for name, value in values.items():
        yield {"_id": name, "value": value, "packageValue": "", "createdAt": now, "_updatedAt": now}


def _licence(release: Release, now: datetime) -> Document:
    period = {"validUntil": _text(now + _LICENSED), "invalidBehavior": "invalidate_license"}
    return {
        "version": "3.0",
        "validation": {"validPeriods": [period]},
        "grantedModules": [{"module": module} for module in modules(release)],
        "limits": {name: [{"max": most, "behavior": "prevent_action"}] for name, most in _LIMITS.items()},
    }


def _supported(release: Release, now: datetime) -> Document:
    ends = {str(release): now + _SUPPORTED, OLD_RELEASE: now + _OLD_SUPPORTED}
    versions = [{"version": version, "expiration": _text(end)} for version, end in ends.items()]
    return {"timestamp": _text(now), "versions": versions}


def _token(payload: Document) -> str:
    """A JSON Web Token, with text in place of its signature."""
    parts = ({"alg": "RS256", "typ": "JWT"}, payload)
    return ".".join((*map(_encoded, (json.dumps(part) for part in parts)), _encoded("made up")))


def _encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
