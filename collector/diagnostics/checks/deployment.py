"""Owns the check of the deployment: which instances of the server run, and from where its facts are known."""

from collections import Counter
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from collector import dates
from collector.diagnostics.checks.finding import Level, Result
from collector.sources import Sources
from collector.sources.instances import Instance
from collector.sources.server_facts import Fact, ServerFacts


def deployment(sources: Sources, zone: str = "UTC") -> Result:
    """The running instances by kind, and the source of each fact about the server.

    Raises:
        DatabaseError: the workspace's MongoDB cannot be read.
    """
    known = ServerFacts.read(sources)
    named: dict[str, list[str]] = {}
    for name, fact in {"os": known.os, "process": known.process, "deploy": known.deploy}.items():
        if fact.source:
            named.setdefault(_origin(fact, ZoneInfo(zone)), []).append(name)
    told = [f"{', '.join(names)} {origin}" for origin, names in named.items()]
    method = " ".join(str(known.deploy.values[key]) for key in ("method", "platform") if key in known.deploy.values)
    parts = [_running(known.instances), method and f"deployed by {method}", *told]
    return Level.OK if known.instances else Level.WARNING, "; ".join(filter(None, parts))


def _running(instances: Iterable[Instance]) -> str:
    """For example "running: 2 rocket.chat, 3 ddp-streamer"."""
    kinds = Counter(instance.kind for instance in instances)
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return f"running: {listed}" if listed else "no instance of the server is running"


def _origin(fact: Fact, zone: ZoneInfo) -> str:
    """For example "by the server's statistics document of 2026-11-29 14:00 UTC"."""
    moment = f" of {dates.written(fact.as_of, zone)}" if fact.as_of else ""
    return {
        "host": "by this host, on which the server runs",
        "instance": f"by the server's row in instances{moment}",
        "statistics": f"by the server's statistics document{moment}",
        "setting": "by the settings of rcstats",
    }[fact.source]
