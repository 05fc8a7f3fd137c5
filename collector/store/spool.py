"""Finished snapshots that wait on disk while the store is away."""

import logging
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError, InvalidBSON

from collector.errors import UnacceptableError
from collector.key_paths import Document

log = logging.getLogger(__name__)

MOST_BYTES = 256 * 2**20
LARGEST = 16 * 2**20  # bytes of a document that MongoDB takes

_SUFFIX, _UNFINISHED, _BROKEN = ".bson", ".part", ".broken"
_SURELY_LEFT = 600.0  # seconds: nothing is written for so long
_READ_AS: CodecOptions[Document] = CodecOptions(
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO, unicode_decode_error_handler="replace"
)


@dataclass(frozen=True)
class _File:
    """A regular file of the folder, as it was a moment ago: other processes may have taken it away since."""

    path: Path
    size: int
    written: float

    @property
    def is_broken(self) -> bool:
        return self.path.suffix == _BROKEN


class Spool:
    """A folder with one file a snapshot, each complete or not there; any number of processes may share it.

    What the disk does not do is logged and stops nothing. What is no regular file is not looked at.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        """All files, those set aside too, take at most `most_bytes`; little more where processes write at once."""
        self._folder = folder
        self._most_bytes = most_bytes

    def __len__(self) -> int:
        return sum(1 for _ in self._files(_SUFFIX))

    def keep(self, snapshot: Document) -> bool:
        """Writes a snapshot, wholly or not at all; False if the disk does not take it.

        Raises:
            UnacceptableError: no store will ever take it, so nothing is written.
        """
        content = _encoded(snapshot)
        path = self._path(snapshot["collector"]["workspace"], snapshot["collector"].get("slot"), snapshot["_id"])
        try:
            _make(self._folder)
            self._sweep()
            self._make_room(len(content))
            _write(path, content)
        except OSError as error:
            log.error("snapshot lost path=%s reason=%s", path, error.strerror)  # noqa: TRY400  no traceback
            return False
        return True

    def has(self, workspace: str, slot: datetime) -> bool:
        """Whether the snapshot of a slot waits here."""
        prefix = self._path(workspace, slot, "").name.removesuffix(_SUFFIX)
        return any(file.path.name.startswith(prefix) for file in self._files(_SUFFIX))

    def deliver(self, add: Callable[[Document], object]) -> int:
        """Adds what waits to the store, in the order of the slots, and removes each; how many.

        What `add` refuses by an UnacceptableError is set aside; what else it raises ends the delivery.
        """
        delivered = 0
        for file in sorted(self._files(_SUFFIX), key=lambda file: file.path):
            snapshot = self._read(file)
            if snapshot is None:
                continue
            try:
                add(snapshot)
            except UnacceptableError as error:
                _set_aside(file.path, error)
            else:
                delivered += 1
                _remove(file.path)
        return delivered

    def _path(self, workspace: str, slot: datetime | None, snapshot_id: str) -> Path:
        """Names sort by slot; a workspace's key can be long and hold anything, so its hash stands there."""
        when = f"{slot:%Y%m%dT%H%M%SZ}" if slot else "on-demand"
        key = blake2b(workspace.encode(), digest_size=16).hexdigest()
        return self._folder / f"{when}-{key}-{snapshot_id}{_SUFFIX}"

    def _files(self, *suffixes: str) -> Iterator[_File]:
        """The regular files with one of these suffixes that are there now."""
        try:
            paths = [path for path in self._folder.iterdir() if path.suffix in suffixes]
        except OSError:
            return
        for path in paths:
            with suppress(FileNotFoundError):
                found = path.lstat()
                if stat.S_ISREG(found.st_mode):
                    yield _File(path, found.st_size, found.st_mtime)

    def _read(self, file: _File) -> Document | None:
        """A waiting snapshot, unless another process has delivered it; one that cannot be read is set aside."""
        try:
            found = _decoded(file)
        except FileNotFoundError:
            return None
        except (InvalidBSON, OSError, ValueError) as error:
            _set_aside(file.path, error)
            return None
        return found

    def _sweep(self) -> None:
        """Removes what a killed process has left unfinished."""
        for file in self._files(_UNFINISHED):
            if time.time() - file.written > _SURELY_LEFT:
                _remove(file.path)

    def _make_room(self, needed: int) -> None:
        """Gives up files where the bound would be passed: broken ones first, and of each kind the oldest first."""
        files = sorted(self._files(_SUFFIX, _BROKEN), key=lambda file: (not file.is_broken, file.written, file.path))
        total = sum(file.size for file in files) + needed
        for file in files:
            if total <= self._most_bytes:
                return
            total -= file.size
            log.warning("file given up path=%s bytes=%d most=%d", file.path, file.size, self._most_bytes)
            _remove(file.path)


def _encoded(snapshot: Document) -> bytes:
    """A snapshot as it is written.

    Raises:
        UnacceptableError: it is none that MongoDB takes.
    """
    try:
        content = bson.encode(snapshot)
    except (BSONError, OverflowError, ValueError) as error:
        raise UnacceptableError("the snapshot has a key or a value that MongoDB has no form for") from error
    if len(content) > LARGEST:
        raise UnacceptableError(f"the snapshot takes {len(content)} bytes, and MongoDB takes at most {LARGEST}")
    return content


def _decoded(file: _File) -> Document:
    """The snapshot in a file.

    Raises:
        InvalidBSON, ValueError: it is none.
        OSError: it cannot be read; FileNotFoundError if it is not there any more.
    """
    if file.size > LARGEST:
        raise ValueError("it is too large for a snapshot")
    found = bson.decode(file.path.read_bytes(), _READ_AS)
    own = found.get("collector")
    is_ours = isinstance(own, dict) and isinstance(own.get("workspace"), str)
    if not (is_ours and isinstance(found.get("_id"), str) and isinstance(found.get("createdAt"), datetime)):
        raise ValueError("it is not a snapshot")
    return found


def _write(path: Path, content: bytes) -> None:
    """Puts a file there whose content is safe on disk before it has its name."""
    unfinished = path.with_suffix(_UNFINISHED)
    try:
        with unfinished.open("wb") as file:
            _hand_over(file.fileno(), path.parent)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        _remove(unfinished)
        raise


def _make(folder: Path) -> None:
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    made = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW)  # a path could lead elsewhere by now
    try:
        _hand_over(made, folder.parent)
    finally:
        os.close(made)


def _hand_over(descriptor: int, folder: Path) -> None:
    """Gives what root makes to the owner of the folder, so that the daemon can deliver and remove it."""
    if os.geteuid() == 0:
        owner = folder.stat()
        with suppress(OSError):  # a root without this right; better a file of root's than none
            os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("file not removed path=%s reason=%s", path, error.strerror)


def _set_aside(path: Path, why: Exception) -> None:
    """Keeps a file from being tried again; nothing if another process has done so."""
    log.warning("file set aside path=%s reason=%s", path, why)
    try:
        path.replace(path.with_suffix(_BROKEN))
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning("file not set aside path=%s reason=%s", path, error.strerror)
