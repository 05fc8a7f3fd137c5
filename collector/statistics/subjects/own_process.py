"""Owns the statistics of the collector itself: its host and its process."""

import platform

from collector.sources import Sources
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.subject import Subject
from collector.statistics.values import Values

own_process = Subject("own_process", "The collector's own host and process, which need not be the server's.")

_KEPT = ("type", "platform", "arch", "release", "uptime", "loadavg", "totalmem", "freemem")


@own_process.reads(
    "own_process",
    Statistic(
        "collector.host",
        "The collector's host: its name, and the fields of os with the number of processors.",
        Unit.DOCUMENT,
        moves=True,
    ),
    Statistic(
        "collector.process",
        "The collector's process: Python's release, pid, uptime in seconds, and memory in use in bytes.",
        Unit.DOCUMENT,
        moves=True,
    ),
    source="this host, by psutil",
    cost=Cost.FREE,
)
def own(sources: Sources) -> Values:
    system, process = sources.machine.system(), sources.machine.own_process()
    host = {"name": platform.node()} | {name: system[name] for name in _KEPT} | {"cpus": len(system["cpus"])}
    running = {"pythonVersion": platform.python_version(), "pid": process.pid}
    return {
        "collector.host": host,
        "collector.process": running | {"uptime": process.uptime, "memory": process.memory},
    }
