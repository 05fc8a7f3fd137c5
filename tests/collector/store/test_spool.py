"""Snapshots that wait on disk."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bson
import pytest
from bson.datetime_ms import DatetimeMS

from collector.errors import DatabaseError, UnacceptableError
from collector.store.spool import MOST_BYTES, Spool
from tests.factories import NOW, hours, snapshot
from tests.users import NOBODY, as_user, only_as_root, public_directory


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "spool"


def test_what_waits_is_delivered_the_oldest_first_and_once(folder: Path) -> None:
    waiting = [snapshot(slot=NOW + hours(age), _id=f"{age}") for age in (2, 0, 1)]
    for one in waiting:
        assert Spool(folder).keep(one)

    added: list[dict[str, Any]] = []
    spool = Spool(folder)  # as after a restart
    assert len(spool) == 3
    assert spool.deliver(added.append) == 3
    assert added == sorted(waiting, key=lambda one: str(one["_id"]))
    assert spool.deliver(added.append) == 0
    assert list(folder.iterdir()) == []


def test_it_knows_which_slots_wait(folder: Path) -> None:
    spool = Spool(folder)
    spool.keep(snapshot("one", slot=NOW))

    assert spool.has("one", NOW)
    assert not spool.has("one", NOW + hours(1))
    assert not spool.has("two", NOW)


@pytest.mark.parametrize("other", ["3f0c6d1e-8a52-4c3b-9d3a-52f1f0a7c9e4@paris", "x" * 256, "../@/\0"])
def test_it_knows_whose_slots_wait_however_long_or_alike_the_keys_are(folder: Path, other: str) -> None:
    spool = Spool(folder)
    spool.keep(snapshot("3f0c6d1e-8a52-4c3b-9d3a-52f1f0a7c9e4@berlin", slot=NOW))

    assert not spool.has(other, NOW)
    assert spool.keep(snapshot(other, slot=NOW))
    assert spool.has(other, NOW)


def test_what_the_store_does_not_take_goes_on_waiting(folder: Path) -> None:
    spool = Spool(folder)
    added: list[str] = []
    for age in range(3):
        spool.keep(snapshot(slot=NOW + hours(age), _id=f"{age}"))

    def add(one: dict[str, Any]) -> None:
        if added:
            raise DatabaseError("the store's MongoDB can't be reached")
        added.append(one["_id"])

    with pytest.raises(DatabaseError):
        spool.deliver(add)
    assert len(spool) == 2
    assert spool.deliver(lambda one: added.append(one["_id"])) == 2
    assert added == ["0", "1", "2"]


@pytest.mark.parametrize("content", [b"", b"half", b"\x10\x00\x00\x00"])
def test_a_broken_file_is_set_aside_and_the_others_are_delivered(folder: Path, content: bytes) -> None:
    spool, added = Spool(folder), []
    spool.keep(snapshot(slot=NOW, _id="whole"))
    (folder / "20000101T000000Z-00-broken.bson").write_bytes(content)

    assert spool.deliver(lambda one: added.append(one["_id"])) == 1
    assert added == ["whole"]
    assert [path.name for path in folder.iterdir()] == ["20000101T000000Z-00-broken.broken"]


def test_a_file_that_was_not_finished_is_none(folder: Path) -> None:
    spool = Spool(folder)
    spool.keep(snapshot())
    (folder / "20000101T000000Z-00-half.part").write_bytes(b"half")

    assert len(spool) == 1


def test_it_is_bounded_and_gives_up_the_oldest(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(folder, most_bytes=3000)
    for age in range(5):
        spool.keep(snapshot(slot=NOW + hours(age), _id=f"{age}", filling="x" * 1000))

    added: list[str] = []
    spool.deliver(lambda one: added.append(one["_id"]))
    assert added == ["3", "4"]
    assert "file given up" in caplog.text


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_a_disk_that_takes_nothing_costs_the_snapshot_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")

    assert not Spool(blocked / "spool").keep(snapshot())
    assert "snapshot lost" in caplog.text


def test_a_workspace_may_have_any_name(folder: Path) -> None:
    spool = Spool(folder)
    name = "../../etc/ÄÖ\x00 " * 20

    assert spool.keep(snapshot(name, slot=NOW))
    assert spool.has(name, NOW)
    assert [path.parent for path in folder.rglob("*")] == [folder]


def test_only_its_owner_can_read_it(folder: Path) -> None:
    Spool(folder).keep(snapshot())

    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("found", [{}, {"_id": 1, "collector": {}}, {"collector": {"workspace": "w"}, "_id": "a"}])
def test_a_document_that_is_no_snapshot_is_set_aside(folder: Path, found: dict[str, Any]) -> None:
    folder.mkdir(parents=True)
    (folder / "20000101T000000Z-00-strange.bson").write_bytes(bson.encode(found))

    assert Spool(folder).deliver(lambda _: pytest.fail("delivered")) == 0
    assert [path.suffix for path in folder.iterdir()] == [".broken"]


def test_what_the_store_will_never_take_is_set_aside_and_the_others_are_delivered(folder: Path) -> None:
    spool = Spool(folder)
    for age in range(2):
        spool.keep(snapshot(slot=NOW + hours(age), _id=f"{age}"))
    added: list[str] = []

    def add(one: dict[str, Any]) -> None:
        if one["_id"] == "0":
            raise UnacceptableError("too large")
        added.append(one["_id"])

    assert spool.deliver(add) == 1
    assert added == ["1"]
    assert sorted(path.suffix for path in folder.iterdir()) == [".broken"]


def test_what_a_killed_process_left_unfinished_is_swept_away(folder: Path) -> None:
    spool = Spool(folder)
    spool.keep(snapshot())
    left = folder / "20000101T000000Z-00-half.part"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    spool.keep(snapshot())

    assert not left.exists()


WRITES = """
import sys
from datetime import timedelta
from pathlib import Path
from collector.store.spool import MOST_BYTES, Spool
from tests.factories import NOW, snapshot
spool = Spool(Path(sys.argv[1]), int(sys.argv[3]))
lost = [n for n in range(400) if not spool.keep(snapshot(slot=NOW + timedelta(hours=n), _id=f"{sys.argv[2]}-{n}"))]
sys.exit(len(lost) > 0)
"""


def written_and_delivered(folder: Path, most_bytes: int) -> tuple[list[int | None], set[str]]:
    """The exit codes of two processes that write 400 snapshots each, and what this one has delivered meanwhile."""
    command = [sys.executable, "-c", WRITES, str(folder)]
    writers = [subprocess.Popen([*command, name, str(most_bytes)]) for name in ("one", "two")]
    delivered: set[str] = set()
    while any(writer.poll() is None for writer in writers):
        Spool(folder).deliver(lambda one: delivered.add(one["_id"]))
    Spool(folder).deliver(lambda one: delivered.add(one["_id"]))
    return [writer.returncode for writer in writers], delivered


def test_processes_that_share_a_folder_lose_nothing(folder: Path) -> None:
    codes, delivered = written_and_delivered(folder, MOST_BYTES)

    assert codes == [0, 0]
    assert len(delivered) == 800


def test_processes_that_share_a_folder_at_its_bound_take_none_of_it_for_a_full_disk(folder: Path) -> None:
    codes, delivered = written_and_delivered(folder, 700)  # room for two or three

    assert codes == [0, 0]
    assert delivered


def test_two_that_deliver_at_once_set_nothing_aside(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    for age in range(3):
        Spool(folder).keep(snapshot(slot=NOW + hours(age), _id=f"{age}"))
    added: list[str] = []

    def add_after_the_other(one: dict[str, Any]) -> None:
        Spool(folder).deliver(lambda other: added.append(other["_id"]))
        added.append(one["_id"])

    Spool(folder).deliver(add_after_the_other)

    assert sorted(added) == ["0", "0", "1", "2"]
    assert list(folder.iterdir()) == []
    assert caplog.messages == []


def strange(folder: Path) -> list[Path]:
    """What is no regular file, under names that the spool uses."""
    folder.mkdir(parents=True)
    made = [folder / f"20000101T000000Z-00-{name}" for name in ("fifo.bson", "folder.bson", "link.bson", "fifo.part")]
    os.mkfifo(made[0])
    made[1].mkdir()
    made[2].symlink_to("/dev/zero")
    os.mkfifo(made[3])
    os.utime(made[3], (0, 0))
    return made


def test_what_is_no_regular_file_is_left_alone_and_stops_nothing(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = strange(folder)
    spool, added = Spool(folder, most_bytes=3000), []
    for age in range(5):
        assert spool.keep(snapshot(slot=NOW + hours(age), _id=f"{age}", filling="x" * 1000))

    assert (len(spool), spool.has("workspace", NOW + hours(4))) == (2, True)
    assert spool.deliver(lambda one: added.append(one["_id"])) == 2
    assert sorted(folder.iterdir()) == sorted(made)
    assert all("file given up" in message for message in caplog.messages)


def test_files_set_aside_count_and_are_given_up_before_all_that_wait(folder: Path) -> None:
    spool = Spool(folder, most_bytes=5000)
    for age in range(2):
        spool.keep(snapshot(slot=NOW - hours(age), _id=f"refused{age}", filling="x" * 1000))
    spool.deliver(refuse)
    assert names(folder, ".broken") == {"refused0", "refused1"}

    for age in range(3):
        spool.keep(snapshot(slot=NOW - hours(9 + age), _id=f"{age}", filling="x" * 1000))
    assert (names(folder, ".broken"), names(folder, ".bson")) == ({"refused1"}, {"0", "1", "2"})

    for age in range(3, 5):
        spool.keep(snapshot(slot=NOW - hours(9 + age), _id=f"{age}", filling="x" * 1000))
    assert (names(folder, ".broken"), names(folder, ".bson")) == (set(), {"1", "2", "3", "4"})


def refuse(_: dict[str, Any]) -> None:
    raise UnacceptableError("too large")


def names(folder: Path, suffix: str) -> set[str]:
    """The ids of the snapshots in the files with this suffix."""
    return {path.stem.rpartition("-")[2] for path in folder.iterdir() if path.suffix == suffix}


NOT_STORABLE: dict[str, Any] = {
    "a key with NUL": {"a\0b": 1},
    "an integer of more than 64 bits": {"a": 2**63},
    "half of a surrogate pair": {"a": "\ud800"},
    "more than 16 MiB": {"a": "x" * (16 * 2**20)},
}


@pytest.mark.parametrize("over", NOT_STORABLE.values(), ids=NOT_STORABLE)
def test_what_no_store_takes_does_not_wait_and_pushes_nothing_out(folder: Path, over: dict[str, Any]) -> None:
    spool = Spool(folder, most_bytes=1000)
    spool.keep(snapshot())

    with pytest.raises(UnacceptableError, match=r"^the snapshot (takes|has) "):
        spool.keep(snapshot() | over)
    assert len(list(folder.iterdir())) == 1


def test_dates_and_texts_beyond_python_come_back_from_the_disk(folder: Path) -> None:
    spool, far = Spool(folder), DatetimeMS(9_000_000_000_000_000)
    spool.keep(snapshot(slot=NOW, _id="far", date=far))
    broken = bson.encode(snapshot(slot=NOW, _id="broken", text="abcdef")).replace(b"abcdef", b"ab\xff\xfeef")
    (folder / "20000101T000000Z-00-broken.bson").write_bytes(broken)

    added: list[dict[str, Any]] = []
    assert spool.deliver(added.append) == 2
    assert added[0]["text"] == "ab\ufffd\ufffdef"
    assert added[1]["date"] == far


def test_a_file_larger_than_any_snapshot_is_set_aside_unread(folder: Path) -> None:
    folder.mkdir(parents=True)
    with (folder / "20000101T000000Z-00-large.bson").open("wb") as file:
        file.truncate(2**40)  # sparse: whoever reads it runs out of memory

    assert Spool(folder).deliver(lambda _: pytest.fail("delivered")) == 0
    assert [path.suffix for path in folder.iterdir()] == [".broken"]


@only_as_root
def test_what_root_keeps_belongs_to_the_owner_of_the_state_directory_who_delivers_it() -> None:
    with public_directory() as state:
        os.chown(state, NOBODY, NOBODY)
        spool, added = Spool(state / "spool" / "one"), []

        assert spool.keep(snapshot(_id="roots"))
        assert {(path.lstat().st_uid, path.lstat().st_gid) for path in state.rglob("*")} == {(NOBODY, NOBODY)}
        with as_user(NOBODY):
            assert spool.deliver(lambda one: added.append(one["_id"])) == 1
        assert added == ["roots"]
        assert len(spool) == 0
