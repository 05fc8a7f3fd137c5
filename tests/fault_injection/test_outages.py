"""The servers of the workspace fail in every way while slots are taken and requests come."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.fault_injection.callers import HEALTH, LIST, READY, calling
from tests.fault_injection.daemon import STEP, TIMING, Grid
from tests.fault_injection.replica_set import ReplicaSet
from tests.fault_injection.stage import ADMIN, Stage, absent, hurried, lacks, told
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

NODES = 3

ANSWERED_WITHIN = 5.0
# A lease and a write that are asked for when MongoDB comes back may each end in their 5 s; then a retry, and a slot.
RECOVERED_WITHIN = 2 * 5 + TIMING.last_retry + 2 * STEP


@contextmanager
def primary_killed(nodes: ReplicaSet) -> Iterator[None]:
    node = nodes.primary()
    node.kill()
    nodes.primary(other_than=node)
    yield
    node.start()


@contextmanager
def primary_stepped_down(nodes: ReplicaSet) -> Iterator[None]:
    nodes.step_down()
    yield


@contextmanager
def primary_frozen(nodes: ReplicaSet) -> Iterator[None]:
    node = nodes.primary()
    node.freeze()
    nodes.primary(other_than=node)
    time.sleep(3)
    yield
    node.thaw()


@contextmanager
def secondary_frozen(nodes: ReplicaSet) -> Iterator[None]:
    primary = nodes.primary()
    node = next(node for node in nodes.nodes if node is not primary)
    node.freeze()
    time.sleep(6)
    node.thaw()
    yield


@contextmanager
def all_down(nodes: ReplicaSet) -> Iterator[None]:
    for node in nodes.nodes:
        node.kill()
    time.sleep(6)
    nodes.start()
    nodes.primary()
    yield


Fault = Callable[[ReplicaSet], AbstractContextManager[None]]
FAULTS = [primary_killed, primary_stepped_down, primary_frozen, secondary_frozen, all_down]


@pytest.mark.parametrize("fault", FAULTS)
def test_slots_are_taken_again_and_requests_answered_all_the_time(
    nodes: ReplicaSet, scene: Stage, fault: Fault
) -> None:
    with hurried(scene) as daemon:
        daemon.wait_for(lambda: len(scene.slots()) >= 2)
        with calling(daemon.address, ADMIN) as callers:
            begun = datetime.now(UTC)
            with fault(nodes):
                ended = datetime.now(UTC)
                eventually(lambda: scene.has_since(ended), RECOVERED_WITHIN)
            nodes.whole()
            healed = datetime.now(UTC)
            eventually(lambda: scene.has_since(healed), RECOVERED_WITHIN)
        assert daemon.end(seconds=5) == 0

    assert callers.slow(ANSWERED_WITHIN) == []
    assert callers.statuses(HEALTH) == {200}
    assert callers.statuses(LIST, READY) <= {200, 503}
    assert scene.twins() == []
    assert [lacks(snapshot) for snapshot in scene.kept() if lacks(snapshot)] == []
    assert [slot for slot in absent(scene.slots(), Grid()) if not _excused(slot, begun, ended)] == []
    assert told(daemon, "Traceback") == []
    # None where what was being asked could wait until the servers were back.
    assert len(told(daemon, "snapshots failing")) == len(told(daemon, "snapshots recovered")) <= 1


def _excused(slot: datetime, begun: datetime, ended: datetime) -> bool:
    """Whether a slot could not be taken: what was left of it when the outage began lay in it and in the retries."""
    step, late = timedelta(seconds=STEP), timedelta(seconds=RECOVERED_WITHIN)
    return begun - step < slot and slot + step < ended + late
