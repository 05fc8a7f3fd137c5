"""Owns the rule by which the server's host, process and deployment are known: from the server, or not at all.

The collector often runs on another host than the server, or in another container. So each fact comes from what the
server wrote about itself, or from its process on this host if that is proved to be the server; and each names its
origin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from collector.key_paths import Document
from collector.numbers import is_number
from collector.sources import Sources
from collector.sources.host import Host
from collector.sources.instances import STREAMER, Instance, server
from collector.sources.rocketchat import NO_SERVER_STATISTICS

# The script that Node runs as the server, in each of its distributions.
SCRIPT = "main.js"

# The server describes its host within this time of the start of its process, in seconds.
_STARTUP = 900.0
_SLACK = 2.0  # seconds: both are rounded
_CLOCKS_DIFFER = 60.0  # seconds: MongoDB's clock dates the rows

OF_A_HOST = ("type", "platform", "arch", "release", "totalmem")
"""The fields of `os` that stay the same while a host runs."""

NO_INSTANCE = "no server process is running: no row of instances is being renewed"
UNKNOWN_HOST = "neither an instance nor a statistics document of the server describes its host"
ANOTHER_HOST = "only what stays the same while a host runs: the server's newest statistics document is of another host"
NOT_TOLD = "the server does not tell it"
UNKNOWN_DEPLOYMENT = f"{NO_SERVER_STATISTICS}, and RCSTATS_DEPLOY_METHOD and RCSTATS_DEPLOY_PLATFORM are not set"


@dataclass(frozen=True)
class Fact:
    """Values by name, from where they are known and as of when, and the reason why others are not known."""

    values: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    as_of: datetime | None = None
    reason: str = NOT_TOLD

    @property
    def origin(self) -> Document:
        """{source, asOf}, as far as they are known."""
        return ({"source": self.source} if self.source else {}) | ({"asOf": self.as_of} if self.as_of else {})


@dataclass(frozen=True)
class ServerFacts:
    """What is known at a moment, by the live instances, the server's newest statistics document, and this host.

    `deployment` are the settings that an administrator made: method and platform, as far as they are set.
    """

    now: datetime
    instances: Sequence[Instance]
    document: Document
    host: Host
    deployment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, sources: Sources) -> Self:
        """What is known at the moment of the sources.

        Raises:
            DatabaseError: the workspace's MongoDB cannot be read.
        """
        return cls(sources.now, sources.instances(), sources.own_statistics(), sources.machine, sources.deployment)

    @cached_property
    def os(self) -> Fact:
        """The server's host in the form of Node's `os`: as it is now, or as the server described it."""
        instance, described = self._instance, _part(self.document, "os")
        if self._started_here is not None:
            return Fact(self.host.system(), "host", self.now)
        if described and (instance is None or _is_same_host(instance.system, described)):
            return self._of_document(described)
        if instance and instance.system:
            kept = {name: instance.system.get(name) for name in OF_A_HOST}
            return Fact(kept, "instance", instance.registered_at, ANOTHER_HOST if described else NO_SERVER_STATISTICS)
        return Fact(reason=UNKNOWN_HOST)

    @cached_property
    def process(self) -> Fact:
        """Node's release, pid and uptime of the server that was registered first.

        Microservices do not register a server: then those of the server's newest statistics document, which is carried
        on to now.
        """
        if instance := self._instance:
            started = self._started_here
            uptime = instance.uptime if started is None else round(self.host.uptime() - started, 3)
            values = {"nodeVersion": instance.node, "pid": instance.pid, "uptime": uptime}
            return Fact(values, "instance", instance.renewed_at)
        described = _part(self.document, "process")
        if described and self._runs_microservices:
            return self._of_document(described | {"uptime": self._carried_on(described.get("uptime"))})
        return Fact(reason=NO_INSTANCE)

    @cached_property
    def deploy(self) -> Fact:
        """Method and platform of the deployment, as the server tells them, or else as they are set."""
        if described := _part(self.document, "deploy"):
            return self._of_document(described)
        if self.deployment:
            return Fact(self.deployment, "setting", self.now)
        return Fact(reason=UNKNOWN_DEPLOYMENT)

    @cached_property
    def version(self) -> Fact:
        """The server's release."""
        known = {"version": self.document["version"]} if "version" in self.document else {}
        return self._of_document(known) if known else Fact(reason=NO_SERVER_STATISTICS)

    @property
    def _instance(self) -> Instance | None:
        return server(self.instances)

    @property
    def _runs_microservices(self) -> bool:
        return self.document.get("msEnabled") is True and any(one.kind == STREAMER for one in self.instances)

    @cached_property
    def _started_here(self) -> float | None:
        """The uptime of this host at which the server started here; None unless this is proved.

        Its pid is not enough, as it belongs to a namespace, nor is the name of the host, which is `localhost`
        everywhere. Host, command and start must agree with the row, and no other process or row may agree as well.
        """
        instance = self._instance
        if instance is None or instance.pid is None or not self._fits_host(instance):
            return None
        starts = [start for start in self.host.nodes(instance.pid, SCRIPT) if _fits_start(instance, start)]
        same = [one for one in self.instances if one.pid == instance.pid and self._fits_host(one)]
        rows = [one for one in same if any(_fits_start(one, start) for start in starts)]
        return starts[0] if len(starts) == len(rows) == 1 else None

    def _fits_host(self, instance: Instance) -> bool:
        """Whether a row describes this host, and was made after this host had the uptime that it describes."""
        uptime, registered = instance.system.get("uptime"), instance.registered_at
        if not (is_number(uptime) and registered and self.host.is_like(instance.system)):
            return False
        age = (self.now - registered).total_seconds()
        return age <= self.host.uptime() - uptime + _CLOCKS_DIFFER

    def _of_document(self, values: Mapping[str, Any]) -> Fact:
        taken = self.document.get("createdAt")
        return Fact(values, "statistics", taken if isinstance(taken, datetime) else None)

    def _carried_on(self, uptime: Any) -> float | None:
        taken = self.document.get("createdAt")
        if not (is_number(uptime) and uptime >= 0 and isinstance(taken, datetime)):
            return None
        return float(uptime + max((self.now - taken).total_seconds(), 0.0))


def _part(document: Document, name: str) -> Document:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _is_same_host(described: Document, other: Document) -> bool:
    """Whether two descriptions agree in what both have of the fields that stay the same."""
    return all(described[name] == other[name] for name in OF_A_HOST if name in described and name in other)


def _fits_start(instance: Instance, start: float) -> bool:
    """Whether a process that started at this uptime of its host could have made the row, and soon."""
    return bool(-_SLACK <= instance.system["uptime"] - start <= _STARTUP)
