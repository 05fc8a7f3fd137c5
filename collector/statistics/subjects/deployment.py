"""Owns the statistics of the server's host, process and deployment, and from where each is known."""

from collections.abc import Iterator
from typing import Any

from collector.sources import Sources
from collector.sources.server_facts import Fact, ServerFacts
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.subject import Subject
from collector.statistics.values import Absent, Values

deployment = Subject("deployment", "The server's host, process and deployment.")

_OF_HOST = "this host by psutil, if it is the server's; else the server's newest statistics document; else its row"
_OF_PROCESS = "instances, the row of the server; of microservices, the server's newest statistics document"
_OF_DEPLOY = "the server's newest statistics document; else settings of rcstats"

_OS = (
    Statistic("os.type", "The operating system's name.", Unit.TEXT, source=_OF_HOST),
    Statistic("os.platform", "The platform by Node's name.", Unit.TEXT, source=_OF_HOST),
    Statistic("os.arch", "The processor's architecture by Node's name.", Unit.TEXT, source=_OF_HOST),
    Statistic("os.release", "The kernel's release.", Unit.TEXT, source=_OF_HOST),
    Statistic("os.uptime", "Uptime of the server's host.", Unit.SECONDS, moves=True, source=_OF_HOST),
    Statistic("os.loadavg", "The load averages of 1, 5 and 15 minutes.", Unit.LIST, moves=True, source=_OF_HOST),
    Statistic("os.totalmem", "Total memory of the server's host.", Unit.BYTES, source=_OF_HOST),
    Statistic("os.freemem", "Memory available to programs.", Unit.BYTES, moves=True, source=_OF_HOST),
    Statistic(
        "os.cpus",
        "Per processor: model, speed in MHz, and times in milliseconds.",
        Unit.LIST,
        moves=True,
        source=_OF_HOST,
    ),
)
_PROCESS = (
    Statistic("process.nodeVersion", "The Node release that the server runs on.", Unit.TEXT, source=_OF_PROCESS),
    Statistic(
        "process.pid",
        "The process id, in the server's own container if it runs in one.",
        Unit.NUMBER,
        moves=True,
        source=_OF_PROCESS,
    ),
    Statistic(
        "process.uptime",
        "Uptime of the process, or at least since it registered.",
        Unit.SECONDS,
        moves=True,
        source=_OF_PROCESS,
    ),
)
_DEPLOY = (
    Statistic("deploy.method", "The deployment method of the server, such as docker.", Unit.TEXT, source=_OF_DEPLOY),
    Statistic(
        "deploy.platform", "The deployment platform of the server, such as compose.", Unit.TEXT, source=_OF_DEPLOY
    ),
)
_ORIGIN = Statistic(
    "collector.origin",
    "For os, process, deploy and version: the source (host: this one, on which the server runs; instance: the server's "
    "row; statistics: the server's newest statistics document; setting), and as of when.",
    Unit.DOCUMENT,
)


@deployment.reads(
    "deployment",
    *_OS,
    *_PROCESS,
    *_DEPLOY,
    _ORIGIN,
    source="instances, and the server's newest statistics document",
    cost=Cost.INDEXED,
    lists=1,
)
def facts(sources: Sources) -> Values:
    known = ServerFacts.read(sources)
    origins = {"os": known.os, "process": known.process, "deploy": known.deploy, "version": known.version}
    return {
        **dict(_values(known.os, _OS)),
        **dict(_values(known.process, _PROCESS)),
        **dict(_values(known.deploy, _DEPLOY)),
        "collector.origin": {name: fact.origin for name, fact in origins.items() if fact.origin},
    }


def _values(fact: Fact, statistics: tuple[Statistic, ...]) -> Iterator[tuple[str, Any]]:
    for statistic in statistics:
        value = fact.values.get(statistic.key.partition(".")[2])
        yield statistic.key, Absent(fact.reason) if value is None else value
