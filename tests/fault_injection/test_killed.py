"""Daemons that are killed without warning, and those that take their place."""

import itertools
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fault_injection.daemon import LEASE, STEP, Grid
from tests.fault_injection.stage import Stage, absent, hurried, lacks, told
from tests.processes import Running
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

KILLS = 20
DAWDLE = 0.6  # seconds that a snapshot takes, so that it is hit
HELD = LEASE + 1  # seconds until a daemon asks again for a slot that another one had
TAKEN_WITHIN = HELD + STEP + DAWDLE + 2  # 2 for a busy machine


def live_a_while(scene: Stage, counted: Callable[[Stage], int], seconds: float) -> str:
    """Starts a daemon, and kills it some seconds after there was one more of what is counted; its log."""
    before = counted(scene)
    with hurried(scene, "--dawdle", str(DAWDLE)) as daemon:
        daemon.wait_for(lambda: counted(scene) > before)
        time.sleep(seconds)
        assert daemon.end(signal.SIGKILL) == -signal.SIGKILL
    return daemon.output


def kept(scene: Stage) -> int:
    return len(scene.slots())


def test_killed_twenty_times_it_leaves_nothing_half_done_and_goes_on(scene: Stage, tmp_path: Path) -> None:
    chance = random.Random(20)  # noqa: S311  when to kill is no secret
    looks = itertools.count()
    # At any time from the start on; in the middle of a snapshot; after one.
    start, middle, end = (lambda _: next(looks), 1.5), (Stage.leases, 0.9 * DAWDLE), (kept, 1.0)
    plan = [start, middle, start, middle, end]
    logs = []
    for kill in range(KILLS):
        counted, most = plan[kill % len(plan)]
        logs.append(live_a_while(scene, counted, chance.uniform(0, most)))
    hit = len(scene.left())
    with hurried(scene) as daemon:
        daemon.wait_for(lambda: "serving address=" in daemon.output)
        slot = Grid().current(datetime.now(UTC))
        eventually(lambda: scene.has_since(slot), TAKEN_WITHIN)
        daemon.end()

    assert hit >= KILLS // 4
    assert len(scene.slots()) >= KILLS // len(plan)
    assert scene.twins() == []
    assert [lacks(snapshot) for snapshot in scene.kept() if lacks(snapshot)] == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert "Traceback" not in "".join([*logs, daemon.output])


def test_two_daemons_take_each_slot_once_and_none_in_vain(scene: Stage) -> None:
    with hurried(scene) as one, hurried(scene) as other:
        eventually(lambda: len(scene.slots()) >= 16, 60)
        ended = [one.end(seconds=5), other.end(seconds=5)]

    slots = scene.slots()
    assert ended == [0, 0]
    assert (scene.twins(), absent(slots, Grid())) == ([], [])
    assert len(told(one, "snapshot stored")) + len(told(other, "snapshot stored")) == len(slots)
    assert told(one, "snapshot dropped") + told(other, "snapshot dropped") == []
    assert "Traceback" not in one.output + other.output


ALWAYS = "1000000000"  # seconds: a slot that is current all the time


@contextmanager
def half_way(scene: Stage, step: str, dawdle: str) -> Iterator[Running]:
    """A daemon that is taking its first slot."""
    with hurried(scene, "--step", step, "--dawdle", dawdle) as daemon:
        daemon.wait_for(lambda: scene.leases() == 1)
        yield daemon


def test_a_slot_whose_daemon_was_killed_half_way_is_taken_by_the_other_one(scene: Stage) -> None:
    with half_way(scene, ALWAYS, "60") as one, hurried(scene, "--step", ALWAYS) as other:
        other.wait_for(lambda: "serving address=" in other.output)
        time.sleep(HELD)
        assert scene.slots() == []  # the lease is renewed as long as its holder lives
        one.end(signal.SIGKILL)
        eventually(lambda: len(scene.slots()) == 1, HELD + 1)

    assert [lacks(snapshot) for snapshot in scene.kept() if lacks(snapshot)] == []
    assert "Traceback" not in one.output + other.output


def test_where_that_slot_is_over_the_other_one_takes_the_next(scene: Stage) -> None:
    with half_way(scene, str(STEP), "60") as one, hurried(scene) as other:
        lost = next(iter(scene.left()))
        other.wait_for(lambda: len(scene.slots()) >= 2)
        one.end(signal.SIGKILL)
        killed = datetime.now(UTC)
        eventually(lambda: scene.has_since(killed), HELD + STEP)

    assert lost not in scene.slots()
    assert absent(scene.slots(), Grid()) == []


def test_a_daemon_that_was_frozen_past_its_lease_does_not_keep_the_slot_twice(scene: Stage) -> None:
    with half_way(scene, ALWAYS, "3") as one, hurried(scene, "--step", ALWAYS) as other:
        one.process.send_signal(signal.SIGSTOP)
        eventually(lambda: len(scene.slots()) == 1, TAKEN_WITHIN)
        one.process.send_signal(signal.SIGCONT)
        one.wait_for(lambda: bool(told(one, "snapshot dropped")))

    assert len(told(other, "snapshot stored")) == len(scene.kept()) == 1
    assert "Traceback" not in one.output + other.output
