"""Real mongods of the tests' own, as one replica set that can be killed, frozen, stepped down and brought back."""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from collector.demo.mongod import executable, free_port
from collector.key_paths import Document
from collector.mongodb.connection import Client, connect, time_limit
from tests.waiting import eventually

NAME = "faults"
WITHIN = 30.0  # seconds for whatever the servers have to agree on
_ELECTIONS = {"electionTimeoutMillis": 2_000, "heartbeatIntervalMillis": 500}
_OPTIONS = (
    *("--replSet", NAME, "--bind_ip", "127.0.0.1", "--nounixsocket", "--logappend"),
    *("--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"),
)
_PR_SET_PDEATHSIG = 1


class Node:
    """One mongod; it keeps its port and its data."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.address = f"127.0.0.1:{free_port()}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._client: Client = MongoClient(self.address, connect=False, directConnection=True)

    def start(self) -> None:
        places = {"--dbpath": self._folder, "--logpath": self._folder / "log", "--port": self.address.split(":")[1]}
        self._process = subprocess.Popen(
            [executable(), *(str(word) for option in places.items() for word in option), *_OPTIONS],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  one system call
        )

    def kill(self) -> None:
        """As kill -9 does; a frozen one too."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It keeps its connections, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        self._client.close()
        self.kill()

    def ask(self, command: Document, seconds: float = 1.0) -> Document:
        """What the node answers; {} if it does not, or refuses."""
        with suppress(PyMongoError), time_limit(seconds):
            return self._client.admin.command(command)
        return {}

    @property
    def serves(self) -> bool:
        hello = self.ask({"hello": 1})
        return bool(hello.get("isWritablePrimary") or hello.get("secondary"))

    def _signal(self, sent: signal.Signals) -> None:
        assert self._process, "the node was killed"
        self._process.send_signal(sent)


class ReplicaSet:
    """Some nodes that agree on a primary."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes

    def start(self) -> None:
        for node in self.nodes:
            node.start()

    def initiate(self) -> None:
        members = [{"_id": place, "host": node.address} for place, node in enumerate(self.nodes)]
        config = {"_id": NAME, "members": members, "settings": _ELECTIONS}
        eventually(lambda: all(node.ask({"hello": 1}) for node in self.nodes), WITHIN)
        assert self.nodes[0].ask({"replSetInitiate": config}, WITHIN), "the set is not initiated"
        self.whole()

    def url(self, database: str = "", **options: object) -> str:
        hosts = ",".join(node.address for node in self.nodes)
        return f"mongodb://{hosts}/{database}?" + "&".join(
            f"{name}={value}" for name, value in ({"replicaSet": NAME} | options).items()
        )

    def primary(self, *, other_than: Node | None = None) -> Node:
        """The node that takes writes; waits for it."""
        found: list[Node] = []

        def is_there() -> bool:
            among = (node for node in self.nodes if node is not other_than)
            found.extend(node for node in among if node.ask({"hello": 1}).get("isWritablePrimary"))
            return bool(found)

        eventually(is_there, WITHIN)
        return found[0]

    def step_down(self) -> None:
        """The primary gives its office to another node."""
        before = self.primary()
        before.ask({"replSetStepDown": 10, "secondaryCatchUpPeriodSecs": 5}, WITHIN)
        self.primary(other_than=before)

    def whole(self) -> None:
        """Waits until all nodes are there and have the same data."""
        note = {"appendOplogNote": 1, "data": {}, "writeConcern": {"w": len(self.nodes), "wtimeout": 500}}

        def is_level() -> bool:
            answer = self.primary().ask(note)
            return bool(answer) and "writeConcernError" not in answer

        eventually(is_level, WITHIN)
        eventually(lambda: all(node.serves for node in self.nodes), WITHIN)

    def flush(self) -> None:
        """A node that is killed from now on has little to do when it starts again."""
        for node in self.nodes:
            node.ask({"fsync": 1}, WITHIN)


@contextmanager
def replica_set(folder: Path, size: int = 3) -> Iterator[ReplicaSet]:
    """A set that has elected its primary; in the end nothing of it runs."""
    with ExitStack() as stack:
        nodes = [Node(folder / f"node{number}") for number in range(size)]
        for node in nodes:
            stack.callback(node.close)
        found = ReplicaSet(nodes)
        found.start()
        found.initiate()
        yield found


@contextmanager
def client(of: ReplicaSet) -> Iterator[Client]:
    """The tests' own connection; what it reads is no older than what was written."""
    with connect(of.url(readPreference="primary"), "TEST") as open_components:
        yield open_components


def _die_with_parent() -> None:
    """Asks Linux to end the server, frozen or not, even if the tests are killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
