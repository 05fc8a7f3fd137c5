"""The servers that are compared: each a process of its own on a free port, on the same MongoDB."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from collector.demo.mongod import free_port
from tests.benchmarks.serving.dataset import SCHEDULE, TIMEZONE, WORKSPACE
from tests.benchmarks.serving.requests import EVE, ROCKET_CHAT, Dialect
from tests.processes import running
from tests.waiting import eventually

OURS_COLD, OURS, NODE, EVES, BARE = "ours, cold", "ours", "Node", "Eve", "baseline"
_NODE_FILES = Path(__file__).with_name("node")
_MODULES = "tests.benchmarks.serving"
_START_WITHIN = 30.0


@dataclass(frozen=True)
class Server:
    """A server that runs. `about` says what it is made of; without a dialect it answers all alike."""

    about: str
    address: tuple[str, int]
    pid: int
    dialect: Dialect | None = None

    def get(self, target: str, headers: Mapping[str, str]) -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection(*self.address, timeout=120)
        try:
            connection.request("GET", target, headers=dict(headers))
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


def start(stack: ExitStack, url: str, workspace: str, console: Console) -> dict[str, Server]:
    """All that can be had here, by name; what is missing is said."""
    servers = {
        OURS_COLD: stack.enter_context(_ours(url, response_cache_mib="0")),
        OURS: stack.enter_context(_ours(url)),
        BARE: stack.enter_context(_module(_uvicorn(), "baseline")),
    }
    try:
        servers[NODE] = stack.enter_context(_node(url, workspace))
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        console.print(f"[yellow]Without Node: it needs `node`, `npm` and a registry ({error}).[/]")
    if find_spec("eve") and find_spec("waitress"):
        about = f"Eve {version('eve')} on waitress {version('waitress')}, 8 threads"
        servers[EVES] = stack.enter_context(_module(about, "eve_server", url, workspace, dialect=EVE))
    else:
        console.print("[yellow]Without Eve: `pip install eve waitress` brings it.[/]")
    return servers


@contextmanager
def _ours(url: str, **more: str) -> Iterator[Server]:
    """The daemon, with its settings' defaults but for these."""
    settings = {"mongo_url": url.replace("/?", f"/{WORKSPACE}?"), "schedule": SCHEDULE, "timezone": TIMEZONE} | more
    with (
        TemporaryDirectory(prefix="rcstats-state-") as folder,
        running("run", rate_limit="0", log_level="warning", state_directory=folder, **settings) as daemon,
    ):
        daemon.wait_for(lambda: daemon.get("/ready")[0] == 200)
        host, _, port = daemon.address.rpartition(":")
        yield Server(f"rcstats on {_uvicorn()}", (host, int(port)), daemon.process.pid, ROCKET_CHAT)


def _uvicorn() -> str:
    loop = "uvloop" if find_spec("uvloop") else "asyncio"  # uvicorn takes what is there
    return f"uvicorn {version('uvicorn')}, httptools, {loop}, Python {sys.version.split()[0]}"


@contextmanager
def _module(about: str, name: str, *arguments: str, dialect: Dialect | None = None) -> Iterator[Server]:
    with _process(about, [sys.executable, "-m", f"{_MODULES}.{name}", *arguments], None, dialect) as server:
        yield server


@contextmanager
def _node(url: str, workspace: str) -> Iterator[Server]:
    """The Node server, with its packages in a folder that is thrown away."""
    with TemporaryDirectory(prefix="rcstats-node-") as folder:
        shutil.copytree(_NODE_FILES, folder, dirs_exist_ok=True)
        install = ["npm", "install", "--omit=dev", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(install, cwd=folder, check=True, timeout=300, stdout=subprocess.DEVNULL)
        about = f"Node {_words('node', '--version')}, {_packages(Path(folder))}"
        with _process(about, ["node", "server.mjs", url, workspace], folder, ROCKET_CHAT) as server:
            yield server


def _packages(folder: Path) -> str:
    files = {name: folder / "node_modules" / name / "package.json" for name in ("express", "mongodb")}
    return ", ".join(f"{name} {json.loads(file.read_text())['version']}" for name, file in files.items())


def _words(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def _process(about: str, command: list[str], folder: str | None, dialect: Dialect | None) -> Iterator[Server]:
    """A command that listens on the port that is its last argument, until the end of the block."""
    port = free_port()
    process = subprocess.Popen([*command, str(port)], cwd=folder)
    server = Server(about, ("127.0.0.1", port), process.pid, dialect)
    try:
        _await(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _await(server: Server, process: subprocess.Popen[bytes]) -> None:
    def answers() -> bool:
        assert process.poll() is None, f"{server.about} ended with {process.returncode}"
        try:
            server.get("/", {})
        except OSError:
            return False
        return True

    eventually(answers, _START_WITHIN, lambda: server.about)
