"""The statistics documents that the server of the sample workspace stored itself: what only the server can know."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from collector.demo.sample.blueprint import WITH_CALLS, Plan
from collector.demo.sample.randomness import Chance
from collector.key_paths import Document
from collector.statistics.releases import NULLS, Release, Span, since

DAYS = 40
BEFORE = timedelta(hours=7)
"""So long ago the newest one was stored."""
_MODULES = """
auditing canned-responses engagement-dashboard ldap-enterprise livechat-enterprise message-read-receipt
omnichannel-mobile-enterprise outlook-calendar push-privacy saml-enterprise videoconference-enterprise
""".split()
_WITH_ATTRIBUTES = since("8.0")
_NODE = ((Release(8), "v22.16.0"), (Release(7), "v20.18.0"), (Release(0), "v14.21.3"))
_CPU = {"model": "Example CPU", "speed": 2400, "times": {"user": 40_410, "nice": 0, "sys": 20_678, "idle": 1_425_940}}
HOST: Document = {
    "type": "Linux",
    "platform": "linux",
    "arch": "x64",
    "release": "6.8.0-45-generic",
    "totalmem": 8 * 2.0**30,
    "cpus": [_CPU, _CPU],
}
"""What stays the same of the host that the sample workspace's server runs on, in the form of `os`."""
_IN_SOME: tuple[tuple[Span, Document], ...] = (
    (since("8.0"), {"allowUnsafeQueryAndFieldsApiParamsEnabled": False, "fileStoreType": "GridFS"}),
    (since("8.7"), {"fips": False}),
    (since(str(NULLS)), {"tag": None, "branch": None}),
)


def modules(release: Release) -> list[str]:
    """What is licensed: not federation, and not the providers of OAuth, so that some settings show it."""
    return [*_MODULES, *(["abac"] if release in _WITH_ATTRIBUTES else [])]


def statistics(plan: Plan) -> Iterator[Document]:
    """One document a day."""
    chance = plan.chance("statistics")
    for back in range(DAYS):
        yield _document(plan, chance, plan.now - timedelta(days=back) - BEFORE)


def _document(plan: Plan, chance: Chance, moment: datetime) -> Document:
    parts = [part for span, part in _IN_SOME if plan.release in span]
    return {
        "_id": chance.hex(),
        "uniqueId": plan.id_of("workspace", 0),
        "version": _version(plan.release),
        **{key: value for part in parts for key, value in part.items()},
        "totalUsers": plan.size.users,
        "lastLogin": javascript(moment - timedelta(minutes=3)),
        **_runtime(plan, moment),
        "enterpriseReady": True,
        "enterprise": {"modules": modules(plan.release), "tags": ["Commercial"], "seatRequests": 0},
        "apps": _apps(plan.release),
        "dailyPeakConnections": plan.size.users // 5 + chance.randrange(20),
        "maxMonthlyPeakConnections": plan.size.users // 5 + 20,
        "createdAt": moment,
        "_updatedAt": moment,
        "statsToken": chance.hex(32),
    }


def _version(release: Release) -> str:
    return f"{release.major}.{release.minor}.{release.patch}"


def javascript(moment: datetime) -> str:
    """A date as JavaScript writes it, in the time zone of this host."""
    return f"{moment.astimezone():%a %b %d %Y %H:%M:%S GMT%z (%Z)}"


def _apps(release: Release) -> dict[str, Any]:
    private = {"totalPrivateApps": 2, "totalPrivateAppsEnabled": 1} if release in since("7.5") else {}
    return {"engineVersion": "1.55.0", "totalInstalled": 5, "totalActive": 3, "totalFailed": 1, **private}


def _runtime(plan: Plan, moment: datetime) -> Document:
    up = (moment - plan.installed).total_seconds()
    return {
        "os": HOST | {"uptime": up + 300, "loadavg": [0.4, 0.3, 0.2], "freemem": 3.5 * 2**30},
        "process": {"nodeVersion": _node(plan.release), "pid": 1, "uptime": up},
        "deploy": {"method": "docker", "platform": "selfinstall"},
        "instanceCount": 1,
        "msEnabled": False,
        "oplogEnabled": plan.release in WITH_CALLS,
        "mongoVersion": "6.0.5",
        "mongoStorageEngine": "wiredTiger",
    }


def _node(release: Release) -> str:
    return next(version for first, version in _NODE if release >= first)
