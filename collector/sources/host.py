"""Owns the access to this host: its operating system in the format of Node's `os` module, and its processes."""

import os
import platform
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
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
    """One process of this host; `uptime` in seconds, `memory` in bytes that it keeps in RAM."""

    pid: int
    uptime: float
    memory: int


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
            "arch": _architecture(),
            "release": platform.release(),
            "uptime": self.uptime(),
            "loadavg": list(os.getloadavg()),
            "totalmem": memory.total,
            "freemem": memory.available,  # as Node: "free" would count the file cache as used
            "cpus": self._cpus(),
        }

    def uptime(self) -> float:
        """Seconds since the host was started."""
        return round(time.time() - psutil.boot_time(), 2)

    def own_process(self) -> Process:
        """The collector's process."""
        own = psutil.Process()
        return Process(own.pid, round(time.time() - own.create_time(), 3), own.memory_info().rss)

    def is_like(self, system: Mapping[str, Any]) -> bool:
        """Whether a description in the form of Node's `os` has the kernel, architecture and memory of this host."""
        own = (platform.release(), _architecture(), psutil.virtual_memory().total)
        return own == tuple(system.get(name) for name in ("release", "arch", "totalmem"))

    def nodes(self, pid: int, script: str) -> Iterator[float]:
        """The processes of Node that run a script of this file name and have this pid in their own namespace.

        Each is the uptime of the host, in seconds, at which it started.
        """
        for process in psutil.process_iter():
            with suppress(*_UNREADABLE):
                words = [Path(word).name for word in process.cmdline()]
                runs_node = not NODE_NAMES.isdisjoint({process.name(), *words[:1]})
                if runs_node and script in words[1:] and self._pid_inside(process.pid) == pid:
                    yield process.create_time() - psutil.boot_time()

    def _pid_inside(self, pid: int) -> int:
        """The pid of a process in its innermost namespace, such as 1 in a container."""
        lines = (self._proc / str(pid) / "status").read_text(encoding="utf-8", errors="replace").splitlines()
        return int(next(iter(_values(lines, "NSpid")), str(pid)).split()[-1])

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


def _architecture() -> str:
    return NODE_ARCHITECTURES.get(platform.machine().lower(), platform.machine())


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
