"""Snapshots that wait on disk."""

import os
from pathlib import Path
from typing import Any

import bson
import pytest

from collector.errors import DatabaseError, UnacceptableError
from collector.spool import Spool
from tests.factories import NOW, hours, snapshot


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
    assert "given up" in caplog.text


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_a_disk_that_takes_nothing_costs_the_snapshot_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")

    assert not Spool(blocked / "spool").keep(snapshot())
    assert "a snapshot is lost" in caplog.text


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
