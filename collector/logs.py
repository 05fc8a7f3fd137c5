"""Owns the format of log lines on stderr: with a timestamp for people, with a priority for the journal."""

import logging
import os
import traceback
from collections.abc import Callable
from pathlib import Path

from collector.errors import RcstatsError

_ROOT = Path(__file__).parents[1]
_PACKAGES = (_ROOT / "collector", _ROOT / "api")
_FOR_PEOPLE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_FOR_THE_JOURNAL = "<%(priority)d>%(name)s: %(message)s"

# syslog's, as sd-daemon(3) has them.
_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class _Journal(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        priority = record.__dict__["priority"] = _PRIORITIES.get(record.levelno, 6)
        # The journal treats each line as an entry of its own.
        return super().format(record).replace("\n", f"\n<{priority}>")


def to_stderr(level: str) -> None:
    """Logs from this level on; under systemd in the journal's format."""
    is_journal = bool(os.environ.get("JOURNAL_STREAM"))
    handler = logging.StreamHandler()
    handler.setFormatter(_Journal(_FOR_THE_JOURNAL) if is_journal else logging.Formatter(_FOR_PEOPLE))
    logging.basicConfig(handlers=[handler], force=True)
    from_level(level)


def from_level(level: str) -> None:
    """Logs from this level on."""
    lowest = logging.getLevelNamesMapping()[level.upper()]
    logging.getLogger().setLevel(lowest)
    # Its debug lines contain whole commands and replies: hashed tokens, user ids, settings.
    logging.getLogger("pymongo").setLevel(max(lowest, logging.INFO))


class Changes:
    """Logs the reason of a failure when it begins or changes, and not again while it stays the same."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._reasons: dict[str, str] = {}

    def tell(self, event: str, reason: str, error: Exception | None = None) -> None:
        """`event` is the failure, in the form `event key=value`; an empty `reason` ends it."""
        if reason and self._reasons.get(event) != reason:
            self._log.warning('%s reason="%s"', event, reason, exc_info=self._log.isEnabledFor(logging.DEBUG) and error)
        self._reasons[event] = reason

    def guard(self, step: str, act: Callable[[], None]) -> None:
        """Runs a step of a loop that must continue: any error is logged and ends only this run."""
        try:
            act()
        except Exception as error:  # noqa: BLE001  its purpose
            self.tell(f"step failed step={step}", described(error), error)
        else:
            self.tell(f"step failed step={step}", "")


def described(error: Exception) -> str:
    """An error's own text if it is meant for people, else that of `brief`."""
    return str(error) if isinstance(error, RcstatsError) else brief(error)


def brief(error: BaseException) -> str:
    """Type and place of an unforeseen error, such as "KeyError at collector/store/spool.py:97".

    Its own text is omitted, since it can hold data.
    """
    frames = traceback.extract_tb(error.__traceback__)
    ours = (frame for frame in reversed(frames) if any(Path(frame.filename).is_relative_to(one) for one in _PACKAGES))
    where = next((f" at {Path(frame.filename).relative_to(_ROOT)}:{frame.lineno}" for frame in ours), "")
    return f"{type(error).__name__}{where}"
