"""A store on a server of its own that goes away and comes back, and a disk that does not take what waits for it."""

import random
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bson
import pytest

from collector.mongodb.connection import Client
from collector.settings import load
from tests.factories import NOW, snapshot
from tests.fault_injection.callers import HEALTH, LIST, READY, calling
from tests.fault_injection.daemon import STEP, Grid
from tests.fault_injection.replica_set import ReplicaSet, client, replica_set
from tests.fault_injection.stage import ADMIN, Stage, absent, hurried, lacks, stage, told
from tests.processes import Running
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]

PATIENCE = 300  # ms that the store may take: it is asked several times in a slot
SLOW = 2 * STEP  # seconds from slot to slot, so that none is over before a retry, on a busy machine too
STARTED_WITHIN = 8.0  # seconds from the start of a daemon to its first snapshot, the lease of a killed one included
BACK_WITHIN = 15.0  # seconds until a server that was killed has started again, and the driver has found it


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicaSet]:
    """The store's own server."""
    with replica_set(tmp_path_factory.mktemp("shelf"), 1) as found:
        yield found


@pytest.fixture(scope="module")
def on_shelf(shelf: ReplicaSet) -> Iterator[Client]:
    with client(shelf) as found:
        yield found


@pytest.fixture
def scene(sample: str, shelf: ReplicaSet, on_shelf: Client, tmp_path: Path) -> Stage:
    return stage(sample, shelf, on_shelf, tmp_path, timeoutMS=PATIENCE)


@contextmanager
def killed(shelf: ReplicaSet) -> Iterator[None]:
    shelf.nodes[0].kill()
    try:
        yield
    finally:
        shelf.start()
        shelf.whole()


@contextmanager
def frozen(shelf: ReplicaSet) -> Iterator[None]:
    shelf.nodes[0].freeze()
    try:
        yield
    finally:
        shelf.nodes[0].thaw()
        shelf.whole()


Away = Callable[[ReplicaSet], AbstractContextManager[None]]


@pytest.mark.parametrize("away", [killed, frozen])
def test_what_is_taken_while_the_store_is_away_waits_and_is_delivered(
    scene: Stage, shelf: ReplicaSet, away: Away
) -> None:
    with ExitStack() as stack:
        one = stack.enter_context(hurried(scene, "--step", str(SLOW)))
        one.wait_for(lambda: len(scene.slots()) >= 1)
        with away(shelf):
            one.wait_for(lambda: len(scene.waiting()) >= 2)
            one.end(signal.SIGKILL)
            died = datetime.now(UTC)
            other = stack.enter_context(hurried(scene, "--step", str(SLOW)))
            other.wait_for(lambda: len(scene.waiting()) >= 5)
        back = datetime.now(UTC)
        eventually(lambda: scene.has_since(back) and not scene.waiting(), BACK_WITHIN)
        assert other.end(seconds=5) == 0

    restart = (died - timedelta(seconds=SLOW), died + timedelta(seconds=STARTED_WITHIN))
    assert [slot for slot in absent(scene.slots(), Grid(SLOW)) if not restart[0] < slot < restart[1]] == []
    assert scene.twins() == []
    assert [lacks(kept) for kept in scene.kept() if lacks(kept)] == []
    assert [len(told(daemon, "snapshots failing")) for daemon in (one, other)] == [1, 1]
    assert len(told(other, "snapshots recovered")) == 1
    assert "Traceback" not in one.output + other.output


def test_killed_again_and_again_while_the_store_is_away_it_leaves_only_whole_files(
    scene: Stage, shelf: ReplicaSet
) -> None:
    chance = random.Random(8)  # noqa: S311  when to kill is no secret
    with hurried(scene) as daemon:
        daemon.wait_for(lambda: len(scene.slots()) >= 1)
    with killed(shelf):
        for kill in range(6):
            _killed_after(scene, chance.uniform(0, STEP), since=len(scene.waiting()) if kill % 2 else -1)
        waiting = [bson.decode(path.read_bytes()) for path in scene.waiting()]
    with hurried(scene) as daemon:
        eventually(lambda: not scene.waiting(), BACK_WITHIN)

    slots = [one["collector"]["slot"] for one in waiting]
    assert len(slots) == len(set(slots)) > 0
    assert [lacks(one) for one in (*waiting, *scene.kept()) if lacks(one)] == []
    assert {one["_id"] for one in waiting} <= {one["_id"] for one in scene.kept()}


def _killed_after(scene: Stage, seconds: float, since: int) -> None:
    """A daemon that lives some seconds, once it serves and more snapshots wait."""
    with hurried(scene) as daemon:
        daemon.wait_for(lambda: "serving address=" in daemon.output and len(scene.waiting()) > since)
        time.sleep(seconds)
        daemon.end(signal.SIGKILL)


NEVER_READ = {"empty": b"", "noise": b"\xff" * 400, "cut off": bson.encode(snapshot())[:-7]}


@pytest.mark.parametrize("content", NEVER_READ.values(), ids=NEVER_READ)
def test_a_broken_file_is_set_aside_and_stops_nothing(scene: Stage, content: bytes) -> None:
    folder = _with_files(scene, content)
    _works_with_what_waits(scene)

    assert [path.suffix for path in folder.iterdir()] == [".broken"]


def test_a_file_with_a_document_that_is_no_snapshot_is_not_kept(scene: Stage) -> None:
    _with_files(scene, bson.encode({}))
    _works_with_what_waits(scene)

    assert scene.strangers() == 0


def test_a_file_that_the_store_refuses_does_not_hold_up_the_others(scene: Stage) -> None:
    refused = snapshot(_id=["MongoDB takes no list for an id"])
    _with_files(scene, bson.encode(refused))
    _works_with_what_waits(scene)


def _with_files(scene: Stage, broken: bytes) -> Path:
    """Something broken waits before a good one."""
    folder = load(**scene.settings).spool
    folder.mkdir(parents=True)
    (folder / "20240101T000000Z-00-broken.bson").write_bytes(broken)
    (folder / "20240315T123000Z-00-good.bson").write_bytes(bson.encode(snapshot(slot=NOW, _id="good")))
    return folder


def _works_with_what_waits(scene: Stage) -> None:
    begun = datetime.now(UTC) - timedelta(seconds=STEP)
    with hurried(scene) as daemon:
        daemon.wait_for(lambda: scene.has_since(begun))
        eventually(lambda: "good" in {kept["_id"] for kept in scene.kept()}, 2 * STEP)
        assert daemon.end(seconds=5) == 0
    assert told(daemon, "Traceback") == []


def no_folder(scene: Stage, _: Running) -> None:
    Path(scene.settings["state_directory"], "spool").write_bytes(b"")


def no_room(_: Stage, daemon: Running) -> None:
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (100, 100))


@pytest.mark.parametrize("trouble", [no_folder, no_room])
def test_a_disk_that_takes_nothing_costs_only_what_would_have_waited(
    scene: Stage, shelf: ReplicaSet, trouble: Callable[[Stage, Running], None]
) -> None:
    with hurried(scene) as daemon:
        daemon.wait_for(lambda: len(scene.slots()) >= 1)
        trouble(scene, daemon)
        with killed(shelf), calling(daemon.address, ADMIN) as callers:
            begun = datetime.now(UTC)
            daemon.wait_for(lambda: len(told(daemon, "snapshot lost")) >= 2)
        back = datetime.now(UTC)
        eventually(lambda: scene.has_since(back), BACK_WITHIN)
        assert daemon.end(seconds=5) == 0

    lost = absent(scene.slots(), Grid())
    assert len(lost) >= 1
    assert all(begun - timedelta(seconds=STEP) < slot < back + timedelta(seconds=STEP) for slot in lost)
    assert (callers.statuses(HEALTH), callers.statuses(LIST, READY) <= {200, 503}) == ({200}, True)
    assert (scene.waiting(), told(daemon, "Traceback")) == ([], [])
    assert len(told(daemon, "snapshots failing")) == len(told(daemon, "snapshots recovered")) == 1
