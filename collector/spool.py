"""Finished snapshots that wait on disk while the store is away."""

import logging
import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import bson
from bson.codec_options import CodecOptions
from bson.errors import InvalidBSON

from collector.connection import Document
from collector.errors import UnacceptableError

log = logging.getLogger(__name__)

MOST_BYTES = 256 * 2**20

_SUFFIX, _UNFINISHED, _BROKEN = ".bson", ".part", ".broken"
_SURELY_LEFT = 600.0  # seconds: nothing is written for so long
_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)


class Spool:
    """A folder with one file a snapshot, each complete or not there. What can't be done is logged and stops nothing."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def __len__(self) -> int:
        return len(self._files())

    def keep(self, snapshot: Document) -> bool:
        """Writes a snapshot, wholly or not at all; False if the disk does not take it."""
        content = bson.encode(snapshot)
        path = self._path(snapshot["collector"]["workspace"], snapshot["collector"].get("slot"), snapshot["_id"])
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep()
            self._make_room(len(content))
            _write(path, content)
        except OSError as error:
            log.error("a snapshot is lost: it can't be written to %s: %s", path, error.strerror)  # noqa: TRY400  no traceback
            return False
        return True

    def has(self, workspace: str, slot: datetime) -> bool:
        """Whether the snapshot of a slot waits here."""
        prefix = self._path(workspace, slot, "").name.removesuffix(_SUFFIX)
        return any(path.name.startswith(prefix) for path in self._files())

    def deliver(self, add: Callable[[Document], object]) -> int:
        """Adds what waits to the store, the oldest first, and removes each; how many. What `add` raises ends it."""
        delivered = 0
        for path in self._files():
            snapshot = self._read(path)
            if snapshot is None:
                continue
            try:
                add(snapshot)
            except UnacceptableError as error:
                _set_aside(path, error)
            else:
                delivered += 1
                _remove(path)
        return delivered

    def _path(self, workspace: str, slot: datetime | None, snapshot_id: str) -> Path:
        """Names sort by slot; a workspace's id can hold anything, so it stands there in hexadecimal."""
        when = f"{slot:%Y%m%dT%H%M%SZ}" if slot else "on-demand"
        return self._folder / f"{when}-{workspace.encode().hex()[:64]}-{snapshot_id}{_SUFFIX}"

    def _files(self) -> list[Path]:
        try:
            return sorted(self._folder.glob(f"*{_SUFFIX}"))
        except OSError:
            return []

    def _read(self, path: Path) -> Document | None:
        """A waiting snapshot; one that can't be read is set aside."""
        try:
            found = bson.decode(path.read_bytes(), _AWARE)
            _check(found)
        except (InvalidBSON, OSError, ValueError) as error:
            _set_aside(path, error)
            return None
        return found

    def _sweep(self) -> None:
        """Removes what a killed process has left unfinished."""
        for path in self._folder.glob(f"*{_UNFINISHED}"):
            if time.time() - path.stat().st_mtime > _SURELY_LEFT:
                _remove(path)

    def _make_room(self, needed: int) -> None:
        """Gives up the oldest where the bound would be passed."""
        files = self._files()
        total = sum(path.stat().st_size for path in files) + needed
        while files and total > self._most_bytes:
            oldest = files.pop(0)
            total -= oldest.stat().st_size
            log.warning("%s is given up: more than %d bytes wait for the store", oldest, self._most_bytes)
            _remove(oldest)


def _write(path: Path, content: bytes) -> None:
    """Puts a file there whose content is safe on disk before it has its name."""
    unfinished = path.with_suffix(_UNFINISHED)
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        _remove(unfinished)
        raise


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s can't be removed: %s", path, error.strerror)


def _set_aside(path: Path, why: Exception) -> None:
    log.warning("%s is set aside: %s", path, why)
    try:
        path.replace(path.with_suffix(_BROKEN))
    except OSError as error:
        log.warning("%s can't be set aside: %s", path, error.strerror)


def _check(found: Document) -> None:
    """Passes a snapshot.

    Raises:
        ValueError: it is none.
    """
    own = found.get("collector")
    is_ours = isinstance(own, dict) and isinstance(own.get("workspace"), str)
    if not (is_ours and isinstance(found.get("_id"), str) and isinstance(found.get("createdAt"), datetime)):
        raise ValueError("it is no snapshot")
