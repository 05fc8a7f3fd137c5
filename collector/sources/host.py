"""Owns the access to this host: its operating system in the format of Node's `os` module, and its processes."""

import os
import platform
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

# Node's names where they differ from the kernel's.
NODE_ARCHITECTURES = {
    "x86_64": "x64",
    "amd64": "x64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "armv6l": "arm",
    "i686": "ia32",
    "i386": "ia32",
    "ppc64le": "ppc64",
    "loongarch64": "loong64",
}
# Newer releases of Node name their main thread, which renames the process.
NODE_NAMES = frozenset({"node", "nodejs", "MainThread", "node-MainThread"})
# In a container or a hardened unit, /proc files may be missing.
_UNREADABLE = (psutil.Error, OSError)


@dataclass(frozen=True)
class Process:
    """One process of this host; `uptime` in seconds."""

    pid: int
    started_at: datetime
    uptime: float
    runs_node: bool


class Host:
    """Access to the host, whose proc filesystem is mounted at `proc`."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc

    def system(self) -> dict[str, Any]:
        """The fields of `os`: seconds for uptime, bytes for memory, MHz and milliseconds for the CPUs."""
        memory = psutil.virtual_memory()
        return {
            "type": platform.system(),
            "platform": sys.platform,
            "arch": NODE_ARCHITECTURES.get(platform.machine().lower(), platform.machine()),
            "release": platform.release(),
            "uptime": round(time.time() - psutil.boot_time(), 2),
            "loadavg": list(os.getloadavg()),
            "totalmem": memory.total,
            "freemem": memory.available,  # as Node: "free" would count the file cache as used
            "cpus": self._cpus(),
        }

    def process(self, pid: int) -> Process | None:
        """The process with this pid; None if it does not exist or cannot be inspected."""
        try:
            found = psutil.Process(pid)
            started = found.create_time()
            command = [Path(word).name for word in found.cmdline()[:1]]
            runs_node = not NODE_NAMES.isdisjoint({found.name(), *command})
        except (*_UNREADABLE, ValueError):
            return None
        return Process(pid, datetime.fromtimestamp(started, UTC), round(time.time() - started, 3), runs_node)

    def own_process(self) -> Process:
        """The collector's process."""
        own = self.process(os.getpid())
        if own is None:
            raise RuntimeError("this host does not allow a process to inspect itself")
        return own

    def listener(self, port: int) -> int | None:
        """The pid that listens on a TCP port; None if no process does or it is not visible to this user."""
        try:
            connections = psutil.net_connections(kind="tcp")
        except _UNREADABLE:
            return None
        listening = (c for c in connections if c.status == psutil.CONN_LISTEN and c.laddr[1:] == (port,))
        return next((c.pid for c in listening if c.pid), None)

    def has_address(self, host: str) -> bool:
        """Whether a server's host name or address refers to this host."""
        addresses = {a.address for card in psutil.net_if_addrs().values() for a in card}
        return host in addresses | {"localhost", platform.node(), platform.node().partition(".")[0]}

    def _cpus(self) -> list[dict[str, Any]]:
        times = psutil.cpu_times(percpu=True)
        models = self._cpu_models()
        speeds = _cpu_speeds()
        return [
            {
                "model": models[i] if i < len(models) else "unknown",
                "speed": speeds[i] if i < len(speeds) else 0,
                "times": {
                    "user": _milliseconds(t.user),
                    "nice": _milliseconds(t.nice),
                    "sys": _milliseconds(t.system),
                    "idle": _milliseconds(t.idle),
                    "irq": _milliseconds(getattr(t, "irq", 0)),
                },
            }
            for i, t in enumerate(times)
        ]

    def _cpu_models(self) -> list[str]:
        """The CPU models from cpuinfo, which psutil lacks; empty on other systems than Linux."""
        try:
            lines = (self._proc / "cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        return _values(lines, "model name")


def _values(lines: Iterable[str], key: str) -> list[str]:
    pairs = (line.partition(":") for line in lines)
    return [value.strip() for name, _, value in pairs if name.strip() == key]


def _cpu_speeds() -> list[int]:
    try:
        return [round(frequency.current) for frequency in psutil.cpu_freq(percpu=True)]
    except (*_UNREADABLE, NotImplementedError, AttributeError):
        return []


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
