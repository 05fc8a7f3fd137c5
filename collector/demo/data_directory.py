"""Owns the directories of the demo's data: which process uses one, and which ones may be deleted."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from collector.errors import RcstatsError

LOG = "mongod.log"  # also the sign that MongoDB's files in a directory are ours
LOCK = "rcstats.lock"
_PREFIX = "rcstats-"
_IN_USE = "{} is in use by another demo"
_LOCKS = (LOCK, "mongod.lock")  # of this process, and of its mongod; the kernel releases both if they are killed


@contextmanager
def temporary(among: Path | None = None) -> Iterator[Path]:
    """A new directory, deleted at the end; first, those that killed processes have left are deleted.

    It is made `among` this directory's, by default those of the system for temporary files.
    """
    among = among or Path(tempfile.gettempdir())
    _delete_leftovers(among)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=among))
    try:
        with _locked(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def kept(folder: Path) -> Iterator[Path]:
    """A directory that is new, empty, or contains the data of an earlier run, and is not in use.

    Raises:
        RcstatsError: the directory contains other files, is in use, or cannot be used.
    """
    folder = folder.absolute()
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _check(folder)
            stack.enter_context(_locked(folder))
        except BlockingIOError:
            raise RcstatsError(_IN_USE.format(folder)) from None
        except OSError as error:
            raise RcstatsError(f"{folder} cannot be used as data directory: {error.strerror}") from None
        yield folder


def _check(folder: Path) -> None:
    if any(folder.iterdir()) and not (folder / LOG).is_file():
        raise RcstatsError(
            f"{folder} contains files that are not those of a demo: expected a new or an empty directory"
        )
    if _is_in_use(folder):
        raise RcstatsError(_IN_USE.format(folder))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(lock)


def _is_in_use(folder: Path) -> bool:
    return any(_is_locked(folder / name) for name in _LOCKS)


def _is_locked(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _delete_leftovers(folder: Path) -> None:
    for found in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another user's, or gone meanwhile
            if _is_ours(found) and not _is_in_use(found):
                shutil.rmtree(found, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Whether this user's demo has made a directory; MongoDB's log comes after our lock is taken."""
    is_own = not folder.is_symlink() and folder.is_dir() and folder.stat().st_uid == os.geteuid()
    return is_own and (folder / LOCK).is_file() and (folder / LOG).is_file()
