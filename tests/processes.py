"""The command `rcstats` as a process of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

from collector.demo.mongod import free_port
from tests.waiting import eventually

RCSTATS = [sys.executable, "-m", "collector"]


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without its settings, and with the given ones as RCSTATS_…."""
    ours = ("RCSTATS_", "MONGO_URL", "DEPLOY_", "NOTIFY_SOCKET", "CREDENTIALS_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    clean["COLUMNS"] = "200"  # tables as on a wide terminal
    clean["CREDENTIALS_DIRECTORY"] = os.devnull  # not those of an installation on this host
    return clean | {f"RCSTATS_{name.upper()}": value for name, value in settings.items()}


def rcstats(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run(
        [*RCSTATS, *arguments], env=environment(**settings), capture_output=True, text=True, timeout=30, check=False
    )


@dataclass
class Running:
    """A command that goes on, and what it has printed so far."""

    process: subprocess.Popen[str]
    address: str
    printed: list[str] = field(default_factory=list)

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Status and parsed body; (0, None) while nothing answers."""
        connection = HTTPConnection(self.address, timeout=10)
        try:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except OSError:
            return 0, None
        finally:
            connection.close()

    def wait_for(self, true: Callable[[], bool], seconds: float = 20) -> None:
        def came_about() -> bool:
            found = true()
            assert found or self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.output}"
            return found

        eventually(came_about, seconds, lambda: self.output)

    def end(self, by: signal.Signals = signal.SIGTERM, seconds: float = 10) -> int:
        """Sends a signal; the exit code."""
        self.process.send_signal(by)
        return self.process.wait(seconds)

    @property
    def output(self) -> str:
        return "".join(self.printed)


@contextmanager
def running(*arguments: str, command: Sequence[str] = RCSTATS, **settings: str) -> Iterator[Running]:
    """A command that serves, on a free port unless `listen` is given."""
    settings.setdefault("listen", f"127.0.0.1:{free_port()}")
    with started([*command, *arguments], settings["listen"], **settings) as found:
        yield found


@contextmanager
def started(command: Sequence[str], address: str, **settings: str) -> Iterator[Running]:
    """A process that will serve at this address."""
    process = subprocess.Popen(
        command,
        env=environment(**settings) | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    found = Running(process, address)
    reader = threading.Thread(target=lambda: found.printed.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        yield found
    finally:
        _end(process)
        reader.join(5)
        if process.stdout:
            process.stdout.close()


def _end(process: subprocess.Popen[str]) -> None:
    """Lets it clean up behind itself, if it can."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
