"""Log lines."""

import logging
from collections.abc import Iterator

import pytest

from collector import logs


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Leaves the log as it was."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


def test_a_person_sees_the_time_and_the_level(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    logs.to_stderr("info")
    logging.getLogger("rcstats").info("snapshot kept slot=%s", "none")
    logging.getLogger("rcstats").debug("unseen")

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("20")
    assert line.endswith(" INFO rcstats: snapshot kept slot=none")


def test_the_journal_gets_its_own_priorities_for_each_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1234")
    logs.to_stderr("debug")
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        logging.getLogger("rcstats").log(level, "first\nsecond")

    assert capsys.readouterr().err.splitlines() == [
        line for priority in (7, 6, 4, 3) for line in (f"<{priority}>rcstats: first", f"<{priority}>second")
    ]
