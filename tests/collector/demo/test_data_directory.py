"""The demo's data directories: foreign ones and those in use stay untouched, leftovers of our own are deleted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from collector.demo import data_directory
from collector.demo.data_directory import LOCK, LOG
from collector.errors import RcstatsError


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def leftover(folder: Path, *without: str) -> Path:
    """What a killed demo leaves, without some of its files."""
    left = folder / "rcstats-left"
    left.mkdir()
    for name in {LOCK, LOG, "mongod.lock", "WiredTiger.wt"} - set(without):
        (left / name).write_text("left")
    return left


def test_a_temporary_directory_is_deleted_at_the_end(temporary: Path) -> None:
    with data_directory.temporary(temporary) as folder:
        (folder / "file").write_text("ours")
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_is_deleted(temporary: Path) -> None:
    left = leftover(temporary)
    with data_directory.temporary(temporary) as folder:
        assert list(temporary.iterdir()) == [folder]
    assert not left.exists()


@pytest.mark.parametrize("without", [LOCK, LOG])
def test_a_directory_of_the_same_name_that_is_not_surely_ours_stays(without: str, temporary: Path) -> None:
    left = leftover(temporary, without)
    with data_directory.temporary(temporary):
        pass
    assert left.is_dir()


@pytest.mark.parametrize("change", [lambda left: left.rename(left.with_name("other-left")), None])
def test_a_directory_with_another_name_or_behind_a_link_stays(
    change: Callable[[Path], Path] | None, temporary: Path, tmp_path: Path
) -> None:
    left = change(leftover(temporary)) if change else leftover(tmp_path)
    if change is None:
        (temporary / "rcstats-link").symlink_to(left)
    with data_directory.temporary(temporary):
        pass
    assert (left / LOG).is_file()


def test_a_directory_that_a_running_demo_uses_stays(temporary: Path) -> None:
    with data_directory.temporary(temporary) as used:
        (used / LOG).write_text("ours")
        with data_directory.temporary(temporary):
            pass
        assert (used / LOG).is_file()


def test_a_kept_directory_stays_and_can_be_used_again(tmp_path: Path) -> None:
    data = tmp_path / "not" / "there yet"
    for _ in range(2):
        with data_directory.kept(data) as folder:
            assert folder == data
            (folder / LOG).write_text("ours")
    assert (data / LOG).is_file()


def test_a_kept_directory_is_used_by_one_process_at_a_time(tmp_path: Path) -> None:
    with data_directory.kept(tmp_path) as folder:
        (folder / LOG).write_text("ours")
        with pytest.raises(RcstatsError, match="is in use by another demo"), data_directory.kept(tmp_path):
            pass


def test_a_kept_directory_with_foreign_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with (
        pytest.raises(RcstatsError, match="contains files that are not those of a demo"),
        data_directory.kept(tmp_path),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
