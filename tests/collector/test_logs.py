"""Log lines."""

import logging
import re
from collections.abc import Iterator

import pytest
from pymongo.database import Database

from collector import logs
from collector.errors import RcstatsError
from collector.key_paths import Document


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Leaves the log as it was."""
    root, driver = logging.getLogger(), logging.getLogger("pymongo")
    before, levels = list(root.handlers), (root.level, driver.level)
    yield
    root.handlers[:] = before
    root.setLevel(levels[0])
    driver.setLevel(levels[1])


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


def test_at_the_level_debug_the_driver_logs_no_commands_which_have_hashed_tokens_in_them(
    capsys: pytest.CaptureFixture[str], real_database: Database[Document]
) -> None:
    logs.to_stderr("debug")
    real_database["users"].find_one({"services.resume.loginTokens.hashedToken": "hidden-word"})
    logs.from_level("warning")
    logs.from_level("debug")
    real_database["users"].find_one({"services.resume.loginTokens.hashedToken": "hidden-word"})
    logging.getLogger("rcstats").debug("seen")

    told = capsys.readouterr().err
    assert "seen" in told
    assert "hidden-word" not in told


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_the_driver_logs_at_the_configured_level(level: str) -> None:
    logs.to_stderr(level)

    assert logging.getLogger("pymongo").isEnabledFor(logging.INFO) == (level in {"debug", "info"})
    assert not logging.getLogger("pymongo").isEnabledFor(logging.DEBUG)


def test_a_failure_is_logged_when_it_begins_and_when_its_reason_changes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    changes = logs.Changes(logging.getLogger("rcstats"))
    for reason in ("full", "full", "away", "", "away"):
        changes.tell("delivery refused", reason)

    assert caplog.messages == [f'delivery refused reason="{reason}"' for reason in ("full", "away", "away")]


def test_an_unforeseen_error_is_described_by_type_and_place_without_its_text() -> None:
    with pytest.raises(KeyError) as raised:
        logs.from_level("hidden-word")

    assert re.fullmatch(r"KeyError at collector/logs.py:\d+", logs.described(raised.value))
    assert logs.described(RcstatsError("a sentence")) == "a sentence"
