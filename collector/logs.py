"""Log lines on standard error: for a person with the time, for the journal with the priority that it sorts by."""

import logging
import os

_FOR_PEOPLE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_FOR_THE_JOURNAL = "<%(priority)d>%(name)s: %(message)s"

# syslog's, as sd-daemon(3) has them.
_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class _Journal(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        priority = record.__dict__["priority"] = _PRIORITIES.get(record.levelno, 6)
        # The journal takes each line for an entry of its own.
        return super().format(record).replace("\n", f"\n<{priority}>")


def to_stderr(level: str) -> None:
    """Logs from this level on; under systemd in the journal's own form."""
    is_journal = bool(os.environ.get("JOURNAL_STREAM"))
    handler = logging.StreamHandler()
    handler.setFormatter(_Journal(_FOR_THE_JOURNAL) if is_journal else logging.Formatter(_FOR_PEOPLE))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
