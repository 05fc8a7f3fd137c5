"""Owns the statistics of the host, the server's process on it, and its deployment."""

from datetime import datetime, timedelta

from collector.key_paths import Document
from collector.sources import Sources
from collector.sources.host import Host, Process
from collector.statistics.reading import Absent, Cost, Statistic, Subject, Unit, Values

# The kernel tells the time of its start, from which a process's start follows, in whole seconds.
CLOCK_SLACK = timedelta(seconds=2)

host = Subject("host", "The host, the server's process on it, and its deployment.")


@host.reads(
    "os",
    Statistic("os.type", "The operating system's name.", Unit.TEXT),
    Statistic("os.platform", "The platform by Node's name.", Unit.TEXT),
    Statistic("os.arch", "The processor's architecture by Node's name.", Unit.TEXT),
    Statistic("os.release", "The kernel's release.", Unit.TEXT),
    Statistic("os.uptime", "Uptime of the host.", Unit.SECONDS, moves=True),
    Statistic("os.loadavg", "The load averages of 1, 5 and 15 minutes.", Unit.LIST, moves=True),
    Statistic("os.totalmem", "Total memory of the host.", Unit.BYTES),
    Statistic("os.freemem", "Memory available to programs.", Unit.BYTES, moves=True),
    Statistic("os.cpus", "Per processor: model, speed in MHz, and times in milliseconds.", Unit.LIST, moves=True),
    source="this host, by psutil",
    cost=Cost.FREE,
    lists=1,
)
def operating_system(sources: Sources) -> Values:
    return {f"os.{name}": value for name, value in sources.machine.system().items()}


@host.reads(
    "process",
    Statistic("process.nodeVersion", "The Node release that the server runs on.", Unit.TEXT),
    Statistic("process.pid", "The process id.", Unit.NUMBER, moves=True),
    Statistic("process.uptime", "Uptime of the process.", Unit.SECONDS, moves=True),
    Statistic("collector.process", "The owner of the process: the server, or else the collector.", Unit.TEXT),
    source="instances, then pid file, then port; the process on this host by psutil",
    cost=Cost.INDEXED,
)
def process(sources: Sources) -> Values:
    server, node = _server(sources)
    found = server or sources.machine.own_process()
    return {
        "process.nodeVersion": node or Absent("no server on this host reports its Node release"),
        "process.pid": found.pid,
        "process.uptime": found.uptime,
        "collector.process": "server" if server else "collector",
    }


@host.reads(
    "deploy",
    Statistic("deploy.method", "The deployment method of the server.", Unit.TEXT),
    Statistic("deploy.platform", "The deployment platform of the server.", Unit.TEXT),
    source="settings DEPLOY_METHOD and DEPLOY_PLATFORM",
    cost=Cost.FREE,
)
def deploy(sources: Sources) -> Values:
    return {"deploy.method": sources.deployment.method, "deploy.platform": sources.deployment.platform}


def _server(sources: Sources) -> tuple[Process | None, str | None]:
    """The server's process on this host, and its Node release if its row has it."""
    for row in sources.workspace.instances(sources.now):
        if found := _process_of(row, sources.machine):
            return found, _extra(row, "nodeVersion")
    deployment = sources.deployment
    pid = deployment.pid() or (sources.machine.listener(deployment.port) if deployment.port else None)
    found = sources.machine.process(pid) if pid else None
    return (found if found and found.runs_node else None), None


def _process_of(row: Document, machine: Host) -> Process | None:
    """The process of a live server's row, if it runs here: a Node process at least as old as the row."""
    pid, created = row.get("pid"), row.get("_createdAt")
    host = _extra(row, "host") or "localhost"
    if not (isinstance(pid, int) and isinstance(created, datetime) and machine.has_address(host)):
        return None
    found = machine.process(pid)
    return found if found and found.runs_node and found.started_at - CLOCK_SLACK <= created else None


def _extra(row: Document, name: str) -> str | None:
    """A string of the extra information in an instance's row, or None."""
    extra = row.get("extraInformation")
    found = extra.get(name) if isinstance(extra, dict) else None
    return found if isinstance(found, str) else None
