"""The end of `rcstats run` while its MongoDB answers nothing."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from collector.mongodb.connection import Client
from tests.fault_injection.callers import LIST, PATIENCE, READY, Answer, ask
from tests.fault_injection.replica_set import ReplicaSet
from tests.fault_injection.stage import ADMIN, Stage, stage
from tests.processes import Running, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

ENDED_WITHIN = 5.0


@dataclass(frozen=True)
class End:
    """How a daemon ended, and what the requests got that it had."""

    code: int
    seconds: float
    log: str
    answers: list[Answer]


@contextmanager
def frozen(nodes: ReplicaSet) -> Iterator[None]:
    nodes.nodes[0].freeze()
    try:
        yield
    finally:
        nodes.nodes[0].thaw()
        nodes.whole()


def ended(daemon: Running, *paths: str) -> End:
    """Asks for these paths, and sends SIGTERM while all of them wait."""
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda path=path: answers.append(ask(daemon.address, path, ADMIN))) for path in paths
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.5 if paths else 0)
    begun = time.monotonic()
    code = daemon.end(signal.SIGTERM, PATIENCE)
    seconds = time.monotonic() - begun
    for thread in threads:
        thread.join(PATIENCE)
    return End(code, seconds, daemon.output, answers)


@pytest.fixture(scope="module")
def with_requests(
    sample: str, nodes: ReplicaSet, open_components: Client, tmp_path_factory: pytest.TempPathFactory
) -> End:
    scene = stage(sample, nodes, open_components, tmp_path_factory.mktemp("state"))
    with running("run", **scene.settings) as daemon:
        daemon.wait_for(lambda: len(scene.slots()) == 1)
        time.sleep(1)  # what was read lately counts no longer
        with frozen(nodes):
            return ended(daemon, *[LIST, READY] * 10)


def test_it_ends_in_time_while_requests_wait_for_mongodb(with_requests: End) -> None:
    assert with_requests.code == 0
    assert with_requests.seconds < ENDED_WITHIN
    assert len(with_requests.answers) == 20


def test_requests_that_wait_at_the_end_are_told_so_and_leave_no_traceback(with_requests: End) -> None:
    assert {answer.status for answer in with_requests.answers} == {503}
    assert "Traceback" not in with_requests.log


def test_it_ends_in_time_while_a_snapshot_waits_for_mongodb(
    sample: str, nodes: ReplicaSet, open_components: Client, tmp_path: Path
) -> None:
    for number, pause in enumerate((0.1, 0.05, 0.02, 0.0)):
        scene = stage(sample, nodes, open_components, tmp_path / str(number))
        end = _frozen_after(scene, nodes, pause)
        assert (end.code, end.seconds < ENDED_WITHIN, "Traceback" in end.log) == (0, True, False)
        if scene.left():
            break
    assert len(scene.left()) == 1, "no snapshot was hit"


def _frozen_after(scene: Stage, nodes: ReplicaSet, pause: float) -> End:
    with running("run", **scene.settings) as daemon:
        daemon.wait_for(lambda: scene.leases() == 1)
        time.sleep(pause)
        with frozen(nodes):
            time.sleep(0.5)
            return ended(daemon)


def test_it_ends_in_time_while_it_starts_and_mongodb_does_not_answer(nodes: ReplicaSet, scene: Stage) -> None:
    with frozen(nodes), running("run", **scene.settings) as daemon:
        daemon.wait_for(lambda: daemon.get("/health")[0] == 200)
        end = ended(daemon)

    assert (end.code, end.seconds < ENDED_WITHIN, "Traceback" in end.log) == (0, True, False)
